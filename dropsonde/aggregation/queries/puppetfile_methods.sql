-- Ruby in Puppetfiles
--
-- How many sites call each method of Ruby in their Puppetfiles, and how often.
--
-- method: The method's name.
-- sites: Distinct sites that call the method.
-- calls: Calls in all Puppetfiles, at most 100 of each site.
-- contributions: 50
SELECT
  p.name AS method,
  COUNT(DISTINCT site_id) AS sites,
  SUM(LEAST(GREATEST(p.count, 0), 100)) AS calls
FROM community_metrics, UNNEST(puppetfile_ruby_methods) AS p
GROUP BY method
