-- Modules used together
--
-- How many sites have both modules of a pair. Each pair is listed once, in alphabetical order. Of a site
-- with more pairs than the bound, a sample is counted.
--
-- first: The first module's author and name on the Forge.
-- second: The second module's.
-- sites: Distinct sites that have both.
-- contributions: 1000
SELECT
  a.slug AS first,
  b.slug AS second,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b
WHERE a.slug < b.slug
GROUP BY first, second
