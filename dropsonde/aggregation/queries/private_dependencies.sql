-- What private modules depend on
--
-- How many sites have private modules that depend on each public module, and on which range of major versions.
--
-- dependency: The public module's author and name on the Forge.
-- requirement: The range asked for, by major versions alone; null where it is no plain one.
-- sites: Distinct sites with such a private module.
-- contributions: 50
SELECT
  d.name AS dependency,
  d.version_requirement AS requirement,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(dependencies) AS d
GROUP BY dependency, requirement
