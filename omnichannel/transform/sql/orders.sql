WITH "last_changes" AS (
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
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."order_id",
      COUNT(*) AS "_times"
    FROM "last_changes" AS "t8"
    GROUP BY
      1
  ) AS "t10"
  WHERE
    "t10"."_times" > 1
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t9"."op",
      "t9"."source_ts",
      "t9"."order_id",
      "t9"."customer_ref",
      "t9"."loyalty_card",
      "t9"."email",
      "t9"."ordered_at",
      "t9"."channel",
      "t9"."store_id",
      "t9"."status",
      "t9"."total",
      "t9"."discount",
      "t9"."currency",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."order_id" = "t13"."order_id"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."order_id",
      "t16"."customer_ref",
      "t16"."loyalty_card",
      "t16"."email",
      "t16"."ordered_at",
      "t16"."channel",
      "t16"."store_id",
      "t16"."status",
      "t16"."total",
      "t16"."discount",
      "t16"."currency",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."order_id",
        "t15"."customer_ref",
        "t15"."loyalty_card",
        "t15"."email",
        "t15"."ordered_at",
        "t15"."channel",
        "t15"."store_id",
        "t15"."status",
        "t15"."total",
        "t15"."discount",
        "t15"."currency",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."order_id"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."order_id",
          "t9"."customer_ref",
          "t9"."loyalty_card",
          "t9"."email",
          "t9"."ordered_at",
          "t9"."channel",
          "t9"."store_id",
          "t9"."status",
          "t9"."total",
          "t9"."discount",
          "t9"."currency",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."order_id" = "t13"."order_id"
      ) AS "t15"
    ) AS "t16"
    WHERE
      "t16"."_rank" = 0
  ) AS "t17"
) AS "t18"
WHERE
  (
    "t18"."op" IS NULL
  ) OR (
    "t18"."op" <> 'D'
  )
