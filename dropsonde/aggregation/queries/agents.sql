-- Agents
--
-- Which versions the agents of nodes have.
--
-- agent: puppet or openvox; null for the versions of both whose agents do not tell.
-- major: The first number of the agent's version.
-- agent_version: The agent's version, major and minor.
-- sites: Distinct sites with at least one such agent.
-- contributions: 10
-- share: 3
SELECT
  a.implementation AS agent,
  SPLIT(a.version, '.')[OFFSET(0)] AS major,
  a.version AS agent_version,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(agents) AS a
GROUP BY agent, major, agent_version
