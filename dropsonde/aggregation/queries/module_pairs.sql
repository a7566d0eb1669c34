-- Modules used together
--
-- How many sites have both modules of a pair. Each pair stands once, the module that comes first in the
-- alphabet first. Of a site with more pairs than the bound, some are chosen by lot.
--
-- module: The first module's author and name on the Forge.
-- other: The second module's.
-- sites: Distinct sites that have both.
-- contributions: 500
SELECT
  a.slug AS module,
  b.slug AS other,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b
WHERE a.slug < b.slug
GROUP BY module, other
