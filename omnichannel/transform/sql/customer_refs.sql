SELECT
  "t2"."customer_id",
  "t2"."customer_ref",
  "t2"."rank"
FROM (
  SELECT
    "t1"."customer_id",
    "t1"."valid_from",
    "t1"."customer_ref",
    ROW_NUMBER() OVER (
      PARTITION BY "t1"."customer_id"
      ORDER BY "t1"."valid_from" DESC, "t1"."customer_ref" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "rank"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."valid_from",
      "t0"."id_value" AS "customer_ref"
    FROM "links_now" AS "t0"
    WHERE
      "t0"."id_type" = 'customer_ref'
  ) AS "t1"
) AS "t2"
