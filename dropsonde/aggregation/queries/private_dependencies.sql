-- What private modules depend on
--
-- How many sites have private modules that depend on each public module, and which of its major versions
-- they admit.
--
-- dependency: The public module's author and name on the Forge.
-- major: The first number of a version that the private module's range admits.
-- sites: Distinct sites with such a private module.
-- contributions: 50
-- module_contributions: 5
-- share: 3
-- among: dependency module_usage
SELECT
  d.name AS dependency,
  MAJORS(d.version_requirement) AS major,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(dependencies) AS d
GROUP BY dependency, major
