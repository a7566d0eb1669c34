-- Modules and their sites
--
-- How many sites have each public module in any environment, whatever its version.
--
-- module: The module's author and name on the Forge.
-- sites: Distinct sites that have the module.
-- contributions: 100
-- share: 32
SELECT
  m.slug AS module,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m
GROUP BY module
