-- Modules used together
--
-- How many sites have both modules of a pair. Each pair stands once, the module that comes first in the
-- alphabet first. Of a site with more pairs than the bound, some are chosen by lot.
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
