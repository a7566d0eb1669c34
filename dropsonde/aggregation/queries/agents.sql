-- Agents
--
-- Which versions the agents of nodes have.
--
-- agent: puppet or openvox; null for the versions of both whose agents do not tell.
-- agent_version: The agent's version, major and minor.
-- sites: Distinct sites with at least one such agent.
-- nodes: Nodes with such an agent, at most 1,000 of each site.
-- contributions: 20
SELECT
  a.implementation AS agent,
  a.version AS agent_version,
  COUNT(DISTINCT site_id) AS sites,
  SUM(LEAST(GREATEST(a.count, 0), 1000)) AS nodes
FROM community_metrics, UNNEST(agents) AS a
GROUP BY agent, agent_version
