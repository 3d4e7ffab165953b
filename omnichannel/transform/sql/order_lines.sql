WITH "last_changes" AS (
  SELECT
    "t2"."op",
    "t2"."source_ts",
    "t2"."order_id",
    "t2"."line",
    "t2"."product_id",
    "t2"."quantity",
    "t2"."unit_price",
    "t2"."_content_id",
    "t2"."_line",
    "t2"."_sequence"
  FROM "order_lines_changes" AS "t2"
  SEMI JOIN (
    SELECT
      "t4"."order_id",
      "t4"."line",
      MAX("t4"."source_ts") AS "source_ts"
    FROM (
      SELECT
        *
      FROM "order_lines_changes" AS "t0"
      WHERE
        "t0"."source_ts" < GETVARIABLE('as_of')
    ) AS "t4"
    GROUP BY
      1,
      2
  ) AS "t6"
    ON "t2"."order_id" = "t6"."order_id"
    AND "t2"."line" = "t6"."line"
    AND "t2"."source_ts" = "t6"."source_ts"
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."order_id",
      "t8"."line",
      COUNT(*) AS "_times"
    FROM "last_changes" AS "t8"
    GROUP BY
      1,
      2
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
      "t9"."line",
      "t9"."product_id",
      "t9"."quantity",
      "t9"."unit_price",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."order_id" = "t13"."order_id" AND "t9"."line" = "t13"."line"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."order_id",
      "t16"."line",
      "t16"."product_id",
      "t16"."quantity",
      "t16"."unit_price",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."order_id",
        "t15"."line",
        "t15"."product_id",
        "t15"."quantity",
        "t15"."unit_price",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."order_id", "t15"."line"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."order_id",
          "t9"."line",
          "t9"."product_id",
          "t9"."quantity",
          "t9"."unit_price",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."order_id" = "t13"."order_id" AND "t9"."line" = "t13"."line"
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
