-- Modules and operating systems
--
-- Of the sites that have a module, how many have nodes of each operating system and major release. The
-- module itself need not be in use on those nodes.
--
-- module: The module's author and name on the Forge.
-- os: The system, as in the fact os.name.
-- release: Its release, as in the fact os.release.major; null where the system has none, or it is not known.
-- sites: Distinct sites that have the module and at least one node of this release.
-- contributions: 100
-- module_contributions: 4
-- modules_beside: 10
-- share: 4
-- among: module module_usage, os operating_systems, release operating_systems
SELECT
  m.slug AS module,
  o.name AS os,
  o.release AS release,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m, UNNEST(operating_systems) AS o
GROUP BY module, os, release
