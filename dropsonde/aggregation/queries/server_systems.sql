-- Operating systems of servers
--
-- On which operating systems Puppet Server runs, by major release.
--
-- server_os: The system, as in the fact os.name; null where it is not known.
-- server_release: Its major release; null where the system has none, or it is not known.
-- sites: Distinct sites whose server runs on it.
-- contributions: 1
-- share: 2
SELECT
  s.os AS server_os,
  s.release AS server_release,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(servers) AS s
GROUP BY server_os, server_release
