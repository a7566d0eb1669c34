-- Each of these must be refused. Queries are parted by a semicolon at a line's end; what follows the
-- two dashes above each is part of the reason.

-- a query is one SELECT
SELECT c.name AS class, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c GROUP BY class UNION ALL SELECT c.name AS class, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c GROUP BY class;
-- a query is one SELECT
(SELECT environment_count AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY n) EXCEPT DISTINCT (SELECT environment_count AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY n);
-- a query is one SELECT
DROP TABLE community_metrics;
-- a query is one SELECT
DELETE FROM community_metrics WHERE TRUE;
-- a query is one SELECT
INSERT INTO community_metrics (version) VALUES ('1.0.0');
-- a query is one SELECT
UPDATE community_metrics SET version = '2' WHERE TRUE;
-- a query is one SELECT
CREATE TABLE mine AS SELECT site_id FROM community_metrics;
-- a query is one SELECT
CREATE TEMP FUNCTION f(x STRING) AS (x); SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- a query is one SELECT
EXPORT DATA OPTIONS (uri = 'gs://mine/x') AS SELECT site_id FROM community_metrics;
-- a query is one SELECT
DECLARE x INT64 DEFAULT 1;
-- a query is one SELECT
BEGIN TRANSACTION;
-- a query is one SELECT
EXECUTE IMMEDIATE 'SELECT 1';
-- a query is one SELECT
MERGE community_metrics USING community_metrics AS t ON FALSE WHEN NOT MATCHED THEN INSERT ROW;
-- a query is one SELECT
TRUNCATE TABLE community_metrics;
-- a query is one SELECT
VALUES (1);
-- WITH cannot be used
WITH t AS (SELECT * FROM community_metrics) SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- WITH cannot be used
WITH RECURSIVE t AS (SELECT 1 AS n) SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- only the table community_metrics can be read
SELECT n AS n, COUNT(DISTINCT site_id) AS sites FROM other GROUP BY n;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM project.dataset.community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM `dataset.community_metrics` GROUP BY v;
-- only the table community_metrics can be read
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM INFORMATION_SCHEMA.TABLES GROUP BY v;
-- community_metrics
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM `community_*` GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics FOR SYSTEM_TIME AS OF '2026-01-01' GROUP BY v;
-- TABLESAMPLE cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics TABLESAMPLE SYSTEM (1 PERCENT) GROUP BY v;
-- only
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM (SELECT * FROM community_metrics) GROUP BY v;
-- only UNNEST
SELECT a.version AS v, COUNT(DISTINCT a.site_id) AS sites FROM community_metrics AS a JOIN community_metrics AS b ON a.site_id = b.site_id GROUP BY v;
-- only UNNEST
SELECT a.version AS v, COUNT(DISTINCT a.site_id) AS sites FROM community_metrics AS a CROSS JOIN community_metrics AS b GROUP BY v;
-- only UNNEST
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, other GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics LEFT JOIN UNNEST(modules) AS m GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics CROSS JOIN UNNEST(modules) AS m WITH OFFSET AS o GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics JOIN UNNEST(modules) AS m ON m.slug = 'a-b' GROUP BY v;
-- ARRAY cannot be used
SELECT m AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST([1, 2]) AS m GROUP BY v;
-- GENERATE
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(GENERATE_ARRAY(1, 1000000)) AS m GROUP BY v;
-- too many
SELECT a.slug AS a1, b.slug AS b1, c.slug AS c1, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b, UNNEST(modules) AS c GROUP BY a1, b1, c1;
-- the name is taken
SELECT site_id.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS site_id GROUP BY v;
-- the name is taken
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS m GROUP BY v;
-- tells one report from another
SELECT site_id AS s, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY s;
-- tells one report from another
SELECT ip AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT message_id AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT timestamp AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT week AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT SITE_ID AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT `site_id` AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- tells one report from another
SELECT t.site_id AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics AS t GROUP BY v;
-- tells one report from another
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE site_id = 'x' GROUP BY v;
-- tells one report from another
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE ip = '10.0.0.1' GROUP BY v;
-- tells one report from another
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE timestamp > 5 GROUP BY v;
-- tells one report from another
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v, site_id;
-- SUBSTR cannot be used
SELECT SUBSTR(site_id, 1, 1) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT TO_HEX(site_id) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT FARM_FINGERPRINT(site_id) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT CAST(site_id AS STRING) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT CONCAT(version, message_id) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version || ip AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT COALESCE(ip, version) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT IF(site_id IS NULL, 1, 2) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT CASE WHEN ip = 'x' THEN 1 ELSE 2 END AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT EXTRACT(DAY FROM timestamp) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT RAND() AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT SESSION_USER() AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT CURRENT_TIMESTAMP() AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT MIN(environment_count) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, MAX(environment_count) AS most, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, ANY_VALUE(site_id) AS any1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, ARRAY_AGG(site_id) AS all1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, STRING_AGG(ip) AS all1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, APPROX_TOP_COUNT(ip, 5) AS top, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, APPROX_COUNT_DISTINCT(site_id) AS about, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, COUNTIF(ip = 'x') AS some, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, STDDEV(environment_count) AS s, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, BIT_XOR(environment_count) AS s, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT version AS v, COUNT(*) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT version AS v, COUNT(ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT version AS v, COUNT(DISTINCT ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT version AS v, COUNT(DISTINCT environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT version AS v, COUNT(DISTINCT site_id, ip) AS sites FROM community_metrics GROUP BY v;
-- one output is COUNT(DISTINCT site_id)
SELECT version AS v FROM community_metrics GROUP BY v;
-- one output is COUNT(DISTINCT site_id)
SELECT version AS v, COUNT(DISTINCT site_id) AS sites, COUNT(DISTINCT site_id) AS others FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, SUM(environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, AVG(environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, SUM(LEAST(environment_count, 10)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, SUM(LEAST(LEAST(environment_count, 10), 20)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- the wrong way round
SELECT version AS v, SUM(LEAST(GREATEST(environment_count, 10), 5)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- only whole numbers
SELECT version AS v, SUM(LEAST(GREATEST(environment_count, 0), 99999999999)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, SUM(LEAST(GREATEST(environment_count, 0), environment_count)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT version AS v, SUM(DISTINCT LEAST(GREATEST(environment_count, 0), 5)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) OVER () AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, ROW_NUMBER() OVER (ORDER BY version) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, LAG(version) OVER (ORDER BY ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- HAVING cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v HAVING COUNT(DISTINCT site_id) = 1;
-- QUALIFY cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v QUALIFY TRUE;
-- LIMIT cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v LIMIT 1;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v ORDER BY MIN(ip);
-- DISTINCT cannot be used
SELECT DISTINCT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT AS STRUCT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT *, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ALL;
-- cannot be used
SELECT * EXCEPT (ip) FROM community_metrics;
-- cannot be used
SELECT community_metrics.*, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1;
-- cannot be used
SELECT (SELECT MAX(ip) FROM community_metrics) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE EXISTS (SELECT 1) GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version IN (SELECT ip FROM community_metrics) GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version LIKE '1%' GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE REGEXP_CONTAINS(version, '1') GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE ERROR(ip) IS NULL GROUP BY v;
-- a filter picks groups
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE environment_count = 3 GROUP BY v;
-- a filter picks groups
SELECT c.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c WHERE c.count = 4711 GROUP BY v;
-- a filter picks groups
SELECT c.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c, UNNEST(modules) AS m WHERE m.slug = 'a-b' GROUP BY v;
-- a condition is about a key
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE 1 = 1 GROUP BY v;
-- a string is compared with a string
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version = 1 GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version = @p GROUP BY v;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version = ? GROUP BY v;
-- there is no key
SELECT COUNT(DISTINCT site_id) AS sites FROM community_metrics;
-- a constant names no group
SELECT 1 AS one, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY one;
-- there is no key
SELECT COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ();
-- GROUP BY it, once
SELECT version AS v, product AS p, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- GROUP BY names outputs alone
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v, product;
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ROLLUP (v);
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY CUBE (v);
-- cannot be used
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY GROUPING SETS (v, ());
-- no key has this position
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 2;
-- each output has a name
SELECT version, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY version;
-- two outputs are called v
SELECT version AS v, product AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1, 2;
-- an output cannot be called
SELECT version AS site_id, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1;
-- an output cannot be called
SELECT version AS `v; DROP TABLE x`, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1;
-- is a table
SELECT classes AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- there is no column
SELECT nothing AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- there is no
SELECT x.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- is a row
SELECT c AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c GROUP BY v;
-- only the first part of a version
SELECT SPLIT(m.slug, '-')[OFFSET(0)] AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- only the first part of a version
SELECT SPLIT(m.version, '.')[OFFSET(1)] AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- may overflow
SELECT environment_count * 1000000 AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- is a number
SELECT environment_count + environment_count AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT environment_count / 2 AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- DIV takes
SELECT DIV(LEAST(GREATEST(environment_count, 0), 100), 0) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- expected a table's name
SELECT ML.PREDICT(version) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT NET.HOST(ip) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT EXTERNAL_QUERY('c', 'SELECT 1') AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- more than 4 LEAST and GREATEST in one another
SELECT LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(LEAST(environment_count, 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9), 9) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY n;
-- more than 4 LEAST and GREATEST in one another
SELECT GREATEST(LEAST(GREATEST(LEAST(GREATEST(ARRAY_LENGTH(modules), 0) + 1, 9) * 2, 0), 9), 1) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY n;
