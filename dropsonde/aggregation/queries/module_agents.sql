-- Modules and agents
--
-- Of the sites that have a module, how many have nodes whose agents are of each major version. The module
-- itself need not be in use on those nodes.
--
-- module: The module's author and name on the Forge.
-- agent: puppet or openvox; null for the versions of both whose agents do not tell.
-- major: The first number of the agent's version.
-- sites: Distinct sites that have the module and at least one such agent.
-- contributions: 100
-- module_contributions: 3
-- modules_beside: 10
-- share: 4
-- among: module module_usage, agent agents, major agents
SELECT
  m.slug AS module,
  a.implementation AS agent,
  SPLIT(a.version, '.')[OFFSET(0)] AS major,
  COUNT(DISTINCT site_id) AS sites
FROM community_metrics, UNNEST(modules) AS m, UNNEST(agents) AS a
GROUP BY module, agent, major
