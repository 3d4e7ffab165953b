SELECT
  "t2"."customer_id",
  "t2"."email" AS "order_email"
FROM (
  SELECT
    "t1"."customer_id",
    "t1"."order_id",
    "t1"."ordered_at",
    "t1"."email",
    ROW_NUMBER() OVER (
      PARTITION BY "t1"."customer_id"
      ORDER BY "t1"."ordered_at" DESC, "t1"."order_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "last"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."order_id",
      "t0"."ordered_at",
      "t0"."email"
    FROM "orders_of_customers" AS "t0"
    WHERE
      NOT "t0"."email" IS NULL
  ) AS "t1"
) AS "t2"
WHERE
  "t2"."last" = 0
