SELECT
  *
FROM "reported_items" AS "t0"
UNION ALL
SELECT
  *
FROM (
  SELECT
    *
  FROM "browsed_items" AS "t1"
  UNION ALL
  SELECT
    *
  FROM "sold_items" AS "t2"
) AS "t3"
