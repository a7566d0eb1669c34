-- Modules and their versions
--
-- How many sites have each release of each public module. A site with two releases of a module, in two
-- environments, counts for both.
--
-- module: The module's author and name on the Forge.
-- version: The installed release; null where the Forge can have none of that form.
-- sites: Distinct sites that have this release.
-- contributions: 100
-- module_contributions: 2
-- share: 12
-- among: module module_usage
SELECT
  m.slug AS module,
  m.version AS version,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m
GROUP BY m.slug, m.version
