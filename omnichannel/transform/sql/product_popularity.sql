SELECT
  "t7"."product_id",
  COUNT(*) AS "ever",
  COUNT(*) FILTER(WHERE
    COALESCE("t7"."ordered_at" >= (
      "t7"."last" - INTERVAL '90' DAY
    ), FALSE)) AS "recent"
FROM (
  SELECT
    "t6"."order_id",
    "t6"."product_id",
    "t6"."ordered_at",
    MAX("t6"."ordered_at") OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "last"
  FROM (
    SELECT
      "t4"."order_id",
      "t4"."product_id",
      "t5"."ordered_at"
    FROM (
      SELECT
        "t0"."order_id",
        "t0"."product_id"
      FROM "order_lines" AS "t0"
    ) AS "t4"
    INNER JOIN (
      SELECT
        "t1"."order_id",
        "t1"."ordered_at"
      FROM "bought" AS "t1"
    ) AS "t5"
      ON "t4"."order_id" = "t5"."order_id"
  ) AS "t6"
) AS "t7"
GROUP BY
  1
