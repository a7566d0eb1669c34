-- Modules that lie unused
--
-- How many sites have a public module that defines classes, none of which any node declares.
--
-- unused: The module's author and name on the Forge.
-- sites: Distinct sites where the module lies unused.
-- contributions: 50
-- share: 4
-- among: unused module_usage
SELECT
  u.slug AS unused,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(unused_modules) AS u
GROUP BY unused
