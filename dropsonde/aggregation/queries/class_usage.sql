-- Classes in use
--
-- How many sites declare each public class, and on how many nodes. A site counts at most 1,000 nodes
-- for a class, so that one large site does not show.
--
-- class: The class's name.
-- sites: Distinct sites with at least one node that declares the class.
-- nodes: Nodes that declare the class, at most 1,000 of each site.
-- contributions: 200
SELECT
  c.name AS class,
  COUNT(DISTINCT site_id) AS sites,
  SUM(LEAST(GREATEST(c.count, 0), 1000)) AS nodes
FROM community_metrics, UNNEST(classes) AS c
GROUP BY class
