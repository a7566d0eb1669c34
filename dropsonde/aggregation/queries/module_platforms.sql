-- Modules by platform
--
-- On which families of operating systems the classes of each public module are declared.
--
-- module: The module's author and name on the Forge.
-- platform: The family, as in the fact os.family.
-- sites: Distinct sites that declare a class of the module on at least one node of that family.
-- contributions: 100
-- module_contributions: 3
-- share: 8
-- among: module module_usage
SELECT
  m.slug AS module,
  c.platform AS platform,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m, UNNEST(class_platforms) AS c
WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)]
GROUP BY module, platform
