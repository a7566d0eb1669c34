-- Modules used together
--
-- How many sites have both modules of a pair. Each pair is listed once, in alphabetical order. Only the
-- most shown modules are paired.
--
-- first: The first module's author and name on the Forge.
-- second: The second module's.
-- sites: Distinct sites that have both.
-- contributions: 100
-- module_contributions: 20
-- share: 5
-- among: first module_usage, second module_usage
SELECT
  a.slug AS first,
  b.slug AS second,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b
WHERE a.slug < b.slug
GROUP BY first, second
