-- Modules of a site
--
-- How many public modules sites have, in steps of ten.
--
-- modules: The upper end of the step: 10 means 1 to 10 modules, 20 for 11 to 20.
-- sites: Distinct sites with so many modules.
-- contributions: 1
-- share: 1
SELECT
  DIV(LEAST(ARRAY_LENGTH(modules), 1000) + 9, 10) * 10 AS modules,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics
WHERE DIV(LEAST(ARRAY_LENGTH(modules), 1000) + 9, 10) * 10 > 0
GROUP BY 1
