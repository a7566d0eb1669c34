-- Puppet Servers
--
-- Which implementation and version of Puppet Server sites run.
--
-- implementation: puppet, openvox or pe (Puppet Enterprise); null where it is not known.
-- server_version: The server's version, major and minor; null where it is not known.
-- sites: Distinct sites whose server has this version.
-- contributions: 1
-- share: 2
SELECT
  s.implementation AS implementation,
  s.version AS server_version,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(servers) AS s
GROUP BY implementation, server_version
