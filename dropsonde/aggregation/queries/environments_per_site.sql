-- Environments of a site
--
-- How many environments the servers of sites have.
--
-- environments: The number of environments; 50 means 50 or more.
-- sites: Distinct sites with so many environments.
-- contributions: 1
-- share: 1
SELECT
  LEAST(environment_count, 50) AS environments,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics
WHERE LEAST(environment_count, 50) > 0
GROUP BY environments
