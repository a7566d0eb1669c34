-- Operating systems
--
-- On which operating systems nodes run, by major release.
--
-- os: The system, as in the fact os.name.
-- release: Its release, as in the fact os.release.major; null where the system has none, or it is not known.
-- sites: Distinct sites with at least one node of this release.
-- contributions: 10
-- share: 3
SELECT
  o.name AS os,
  o.release AS release,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(operating_systems) AS o
GROUP BY os, release
