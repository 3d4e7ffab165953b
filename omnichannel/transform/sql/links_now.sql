SELECT
  "t2"."id_type",
  "t2"."id_value",
  "t2"."customer_id",
  "t2"."valid_from"
FROM (
  SELECT
    "t1"."customer_id",
    "t1"."id_type",
    "t1"."id_value",
    "t1"."valid_from",
    "t1"."valid_to",
    ROW_NUMBER() OVER (
      PARTITION BY "t1"."id_type", "t1"."id_value"
      ORDER BY "t1"."valid_from" DESC, "t1"."customer_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "newest"
  FROM (
    SELECT
      *
    FROM "identity_links" AS "t0"
    WHERE
      "t0"."valid_to" IS NULL
  ) AS "t1"
) AS "t2"
WHERE
  "t2"."newest" = 0
