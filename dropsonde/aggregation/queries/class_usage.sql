-- Classes in use
--
-- How many sites declare each public class of each public module.
--
-- module: The module's author and name on the Forge.
-- class: The class's name.
-- sites: Distinct sites that have the module, and at least one node that declares the class.
-- contributions: 200
-- module_contributions: 10
-- share: 15
-- among: module module_usage
SELECT
  m.slug AS module,
  c.name AS class,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c
WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)]
GROUP BY module, class
