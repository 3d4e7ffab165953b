SELECT
  "t8"."op",
  "t8"."source_ts",
  "t8"."order_id",
  "t8"."customer_ref",
  "t8"."loyalty_card",
  "t8"."email",
  "t8"."ordered_at",
  "t8"."channel",
  "t8"."store_id",
  "t8"."status",
  "t8"."total",
  "t8"."discount",
  "t8"."currency",
  "t8"."_content_id",
  "t8"."_line",
  "t8"."_sequence"
FROM (
  SELECT
    "t7"."op",
    "t7"."source_ts",
    "t7"."order_id",
    "t7"."customer_ref",
    "t7"."loyalty_card",
    "t7"."email",
    "t7"."ordered_at",
    "t7"."channel",
    "t7"."store_id",
    "t7"."status",
    "t7"."total",
    "t7"."discount",
    "t7"."currency",
    "t7"."_content_id",
    "t7"."_line",
    "t7"."_sequence",
    ROW_NUMBER() OVER (
      PARTITION BY "t7"."order_id"
      ORDER BY COALESCE("t7"."_sequence", 0) DESC, "t7"."_line" DESC, "t7"."_content_id" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      "t2"."op",
      "t2"."source_ts",
      "t2"."order_id",
      "t2"."customer_ref",
      "t2"."loyalty_card",
      "t2"."email",
      "t2"."ordered_at",
      "t2"."channel",
      "t2"."store_id",
      "t2"."status",
      "t2"."total",
      "t2"."discount",
      "t2"."currency",
      "t2"."_content_id",
      "t2"."_line",
      "t2"."_sequence"
    FROM "orders_changes" AS "t2"
    SEMI JOIN (
      SELECT
        "t4"."order_id",
        MAX("t4"."source_ts") AS "source_ts"
      FROM (
        SELECT
          *
        FROM "orders_changes" AS "t0"
        WHERE
          "t0"."source_ts" < GETVARIABLE('as_of')
      ) AS "t4"
      GROUP BY
        1
    ) AS "t6"
      ON "t2"."order_id" = "t6"."order_id" AND "t2"."source_ts" = "t6"."source_ts"
  ) AS "t7"
) AS "t8"
WHERE
  "t8"."_rank" = 0
  AND (
    (
      "t8"."op" IS NULL
    ) OR (
      "t8"."op" <> 'D'
    )
  )
