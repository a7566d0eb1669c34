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
CREATE TEMP FUNCTION f(x STRING) AS (x); SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
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
WITH t AS (SELECT * FROM community_metrics) SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- WITH cannot be used
WITH RECURSIVE t AS (SELECT 1 AS n) SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- only the table community_metrics can be read
SELECT n AS n, COUNT(DISTINCT site_id) AS sites FROM other GROUP BY n;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM project.dataset.community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM `dataset.community_metrics` GROUP BY v;
-- only the table community_metrics can be read
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM INFORMATION_SCHEMA.TABLES GROUP BY v;
-- community_metrics
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM `community_*` GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics FOR SYSTEM_TIME AS OF '2026-01-01' GROUP BY v;
-- TABLESAMPLE cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics TABLESAMPLE SYSTEM (1 PERCENT) GROUP BY v;
-- only
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM (SELECT * FROM community_metrics) GROUP BY v;
-- only UNNEST
SELECT a.version AS v, COUNT(DISTINCT a.site_id) AS sites FROM community_metrics AS a JOIN community_metrics AS b ON a.site_id = b.site_id GROUP BY v;
-- only UNNEST
SELECT a.version AS v, COUNT(DISTINCT a.site_id) AS sites FROM community_metrics AS a CROSS JOIN community_metrics AS b GROUP BY v;
-- only UNNEST
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, other GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics LEFT JOIN UNNEST(modules) AS m GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics CROSS JOIN UNNEST(modules) AS m WITH OFFSET AS o GROUP BY v;
-- cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics JOIN UNNEST(modules) AS m ON m.slug = 'a-b' GROUP BY v;
-- ARRAY cannot be used
SELECT m AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST([1, 2]) AS m GROUP BY v;
-- GENERATE
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(GENERATE_ARRAY(1, 1000000)) AS m GROUP BY v;
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
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE site_id = 'x' GROUP BY v;
-- tells one report from another
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE ip = '10.0.0.1' GROUP BY v;
-- tells one report from another
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE timestamp > 5 GROUP BY v;
-- tells one report from another
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v, site_id;
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
SELECT LEAST(environment_count, 9) AS v, MAX(environment_count) AS most, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, ANY_VALUE(site_id) AS any1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, ARRAY_AGG(site_id) AS all1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, STRING_AGG(ip) AS all1, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, APPROX_TOP_COUNT(ip, 5) AS top, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, APPROX_COUNT_DISTINCT(site_id) AS about, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNTIF(ip = 'x') AS some, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, STDDEV(environment_count) AS s, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, BIT_XOR(environment_count) AS s, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT LEAST(environment_count, 9) AS v, COUNT(*) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT LEAST(environment_count, 9) AS v, COUNT(ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- COUNT(DISTINCT site_id) alone is counted
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id, ip) AS sites FROM community_metrics GROUP BY v;
-- one output is COUNT(DISTINCT site_id)
SELECT LEAST(environment_count, 9) AS v FROM community_metrics GROUP BY v;
-- one output is COUNT(DISTINCT site_id)
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites, COUNT(DISTINCT site_id) AS others FROM community_metrics GROUP BY v;
-- within bounds
SELECT LEAST(environment_count, 9) AS v, SUM(environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- AVG cannot be used
SELECT LEAST(environment_count, 9) AS v, AVG(environment_count) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(environment_count, 10)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(LEAST(environment_count, 10), 20)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- the wrong way round
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(GREATEST(environment_count, 10), 5)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- only whole numbers
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(GREATEST(environment_count, 0), 99999999999)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(GREATEST(environment_count, 0), environment_count)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- within bounds
SELECT LEAST(environment_count, 9) AS v, SUM(DISTINCT LEAST(GREATEST(environment_count, 0), 5)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) OVER () AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, ROW_NUMBER() OVER (ORDER BY version) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, LAG(version) OVER (ORDER BY ip) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- HAVING cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v HAVING COUNT(DISTINCT site_id) = 1;
-- QUALIFY cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v QUALIFY TRUE;
-- LIMIT cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v LIMIT 1;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v ORDER BY MIN(ip);
-- DISTINCT cannot be used
SELECT DISTINCT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT AS STRUCT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT *, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ALL;
-- cannot be used
SELECT * EXCEPT (ip) FROM community_metrics;
-- cannot be used
SELECT community_metrics.*, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1;
-- cannot be used
SELECT (SELECT MAX(ip) FROM community_metrics) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE EXISTS (SELECT 1) GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version IN (SELECT ip FROM community_metrics) GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version LIKE '1%' GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE REGEXP_CONTAINS(version, '1') GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE ERROR(ip) IS NULL GROUP BY v;
-- a filter picks groups
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE environment_count = 3 GROUP BY v;
-- a filter picks groups
SELECT c.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c WHERE c.count = 4711 GROUP BY v;
-- a filter picks groups
SELECT c.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c, UNNEST(modules) AS m WHERE m.slug = 'a-b' GROUP BY v;
-- a condition is about a key
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE 1 = 1 GROUP BY v;
-- a string is compared with a string
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE LEAST(environment_count, 9) = '1' GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version = @p GROUP BY v;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics WHERE version = ? GROUP BY v;
-- there is no key
SELECT COUNT(DISTINCT site_id) AS sites FROM community_metrics;
-- a constant names no group
SELECT 1 AS one, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY one;
-- there is no key
SELECT COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ();
-- GROUP BY it, once
SELECT LEAST(environment_count, 9) AS v, product AS p, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- GROUP BY names outputs alone
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v, product;
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY ROLLUP (v);
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY CUBE (v);
-- cannot be used
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY GROUPING SETS (v, ());
-- no key has this position
SELECT LEAST(environment_count, 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 2;
-- each output has a name
SELECT version, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY version;
-- two outputs are called v
SELECT LEAST(environment_count, 9) AS v, product AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY 1, 2;
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
-- version has no published vocabulary
SELECT version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- version has no published vocabulary
SELECT SPLIT(version, '.')[OFFSET(0)] AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- product has no published vocabulary
SELECT product AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- no more than 10,000 values
SELECT environment_count AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- no more than 10,000 values
SELECT GREATEST(ARRAY_LENGTH(modules), 2) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- no more than 10,000 values
SELECT LEAST(environment_count, 10001) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- has no known values
SELECT o.count AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(operating_systems) AS o GROUP BY v;
-- has no known values
SELECT LEAST(c.count, 9) AS v, c.name AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c GROUP BY v, n;
-- write MAJORS(...) of it
SELECT d.name AS v, d.version_requirement AS r, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(dependencies) AS d GROUP BY v, r;
-- only a number of modules or classes is a key
SELECT LEAST(ARRAY_LENGTH(agents), 9) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- groups are too many
SELECT s.implementation AS v, s.version AS w, s.os AS o, s.release AS r, LEAST(environment_count, 99) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(servers) AS s GROUP BY v, w, o, r, n;
-- groups are too many
SELECT LEAST(environment_count, 9999) AS v, LEAST(ARRAY_LENGTH(modules), 9999) AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v, w;
-- groups are too many
SELECT m.slug AS v, m.version AS w, c.name AS n, c.platform AS p, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(class_platforms) AS c WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)] GROUP BY v, w, n, p;
-- too many arguments of SPLIT
SELECT m.slug AS v, SPLIT(m.version, '.', '.')[OFFSET(0)] AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v, w;
-- too many arguments of DIV
SELECT DIV(LEAST(ARRAY_LENGTH(modules), 9), 2, 3) AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
-- SAFE_OFFSET cannot be used
SELECT m.slug AS v, SPLIT(m.version, '.')[SAFE_OFFSET(0)] AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v, w;
-- nothing before this semicolon
; SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- nothing before this semicolon
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;; SELECT 1;
-- MAJORS takes a range of versions
SELECT m.slug AS v, MAJORS(m.version) AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v, w;
-- this function cannot be used here
SELECT d.name AS v, MAJORS(d.version_requirement, 1) AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(dependencies) AS d GROUP BY v, w;
-- this function cannot be used here
SELECT d.name AS v, `MAJORS`(d.version_requirement) AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(dependencies) AS d GROUP BY v, w;
-- this function cannot be used here
SELECT d.name AS v, MINORS(d.version_requirement) AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(dependencies) AS d GROUP BY v, w;
-- an output cannot be called error
SELECT m.slug AS error, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY 1;
-- an output cannot be called week_sites
SELECT m.slug AS week_sites, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY 1;
-- an output cannot be called n_error
SELECT m.slug AS n_error, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY 1;
-- an output cannot be called share
SELECT m.slug AS share, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY 1;
-- two keys are the same
SELECT m.slug AS v, m.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- two lists are joined as
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c GROUP BY v;
-- two lists are joined as
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(unused_modules) AS u WHERE m.slug < u.slug GROUP BY v;
-- two lists are joined as
SELECT a.slug AS v, b.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(unused_modules) AS b WHERE a.slug < b.slug GROUP BY v, w;
-- two lists are joined as
SELECT b.slug AS v, a.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b WHERE b.slug < a.slug GROUP BY v, w;
-- two lists are joined as
SELECT a.slug AS v, b.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b WHERE a.slug <= b.slug GROUP BY v, w;
-- two lists are joined as
SELECT a.slug AS v, b.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b WHERE a.slug < b.slug AND a.slug <> 'a-b' GROUP BY v, w;
-- two lists are joined as
SELECT a.slug AS v, b.slug AS w, a.version AS x, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b WHERE a.slug < b.slug GROUP BY v, w, x;
-- two lists are joined as
SELECT a.slug AS v, b.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b GROUP BY v, w;
-- two lists are joined as
SELECT a.name AS v, b.name AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS a, UNNEST(classes) AS b WHERE a.name < b.name GROUP BY v, w;
-- two lists are joined as
SELECT o.name AS v, a.version AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(operating_systems) AS o, UNNEST(agents) AS a GROUP BY v, w;
-- two lists are joined as
SELECT o.name AS v, m.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(operating_systems) AS o, UNNEST(modules) AS m GROUP BY v, w;
-- two lists are joined as
SELECT c.name AS v, o.name AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(classes) AS c, UNNEST(operating_systems) AS o GROUP BY v, w;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::')[OFFSET(1)] GROUP BY v;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, ':')[OFFSET(0)] GROUP BY v;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name < SPLIT(c.name, '::')[OFFSET(0)] GROUP BY v;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE NOT (m.name = SPLIT(c.name, '::')[OFFSET(0)]) GROUP BY v;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.slug = 'a-b' OR m.name = SPLIT(c.name, '::')[OFFSET(0)] GROUP BY v;
-- SAFE_OFFSET cannot be used
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::')[SAFE_OFFSET(0)] GROUP BY v;
-- too many arguments of SPLIT
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::', '::')[OFFSET(0)] GROUP BY v;
-- a filter picks groups
SELECT m.slug AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.slug = c.name GROUP BY v;
-- a condition is on keys of one list
SELECT m.slug AS v, c.name AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)] AND m.slug < c.name GROUP BY v, w;
-- is a key by itself
SELECT m.version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- is a key by itself
SELECT m.name AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- is a key by itself
SELECT c.platform AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(class_platforms) AS c GROUP BY v;
-- is a key by itself
SELECT m.version AS v, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)] GROUP BY v;
-- is no key beside its modules
SELECT m.slug AS v, LEAST(environment_count, 9) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v, n;
-- the slug is the module's only key
SELECT m.slug AS v, m.version AS w, o.name AS o, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(operating_systems) AS o GROUP BY v, w, o;
-- pairs are of modules that are shown
SELECT a.slug AS v, b.slug AS w, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS a, UNNEST(modules) AS b WHERE a.slug < b.slug GROUP BY v, w;
-- counted among groups that are shown
SELECT m.slug AS v, o.name AS o, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(operating_systems) AS o GROUP BY v, o;
-- too many beside each module
SELECT m.slug AS v, p.name AS p, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(puppetfile_ruby_methods) AS p GROUP BY v, p;
-- too many beside each module
SELECT m.slug AS v, a.version AS w, a.implementation AS i, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(agents) AS a GROUP BY v, w, i;
-- one UNNEST, or none
SELECT m.slug AS v, SUM(LEAST(GREATEST(c.count, 0), 9)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m, UNNEST(classes) AS c WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)] GROUP BY v;
-- a number of the site is no sum of modules
SELECT m.slug AS v, SUM(LEAST(GREATEST(environment_count, 0), 9)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- a number of the site is no sum of modules
SELECT m.slug AS v, SUM(LEAST(GREATEST(ARRAY_LENGTH(agents), 0), 9)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics, UNNEST(modules) AS m GROUP BY v;
-- depends on each module of a site
SELECT LEAST(environment_count, 9) AS v, SUM(LEAST(GREATEST(ARRAY_LENGTH(modules), 0), 9)) AS n, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY v;
