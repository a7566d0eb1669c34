-- Ruby in Puppetfiles
--
-- How many sites call each method of Ruby in their Puppetfiles.
--
-- method: The method's name.
-- sites: Distinct sites that call the method.
-- contributions: 4
-- share: 1
SELECT
  p.name AS method,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(puppetfile_ruby_methods) AS p
GROUP BY method
