-- Adoption of major versions
--
-- How many sites have each major version of each public module in the week. Week after week, this shows
-- how fast a new major version is taken up and how long an old one stays.
--
-- module: The module's author and name on the Forge.
-- major: The first number of the version; null where the version is not known.
-- sites: Distinct sites that have a release of this major version.
-- contributions: 100
-- module_contributions: 2
-- share: 15
-- among: module module_usage
SELECT
  m.slug AS module,
  SPLIT(m.version, '.')[OFFSET(0)] AS major,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m
GROUP BY module, major
