-- Classes by platform
--
-- On which families of operating systems each public class is declared.
--
-- class: The class's name.
-- platform: The family, as in the fact os.family.
-- sites: Distinct sites that declare the class on at least one node of that family.
-- nodes: Nodes of that family that declare the class, at most 1,000 of each site.
-- contributions: 300
SELECT
  c.name AS class,
  c.platform AS platform,
  COUNT(DISTINCT site_id) AS sites,
  SUM(LEAST(GREATEST(c.count, 0), 1000)) AS nodes
FROM community_metrics, UNNEST(class_platforms) AS c
GROUP BY class, platform
