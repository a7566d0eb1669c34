-- Agents
--
-- Which versions the agents of nodes have.
--
-- agent: puppet or openvox; null for the versions of both whose agents do not tell.
-- agent_version: The agent's version, major and minor.
-- sites: Distinct sites with at least one such agent.
-- contributions: 10
-- share: 3
SELECT
  a.implementation AS agent,
  a.version AS agent_version,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(agents) AS a
GROUP BY agent, agent_version
