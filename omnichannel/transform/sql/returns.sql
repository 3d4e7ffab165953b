WITH "last_changes" AS (
  SELECT
    "t2"."op",
    "t2"."source_ts",
    "t2"."return_id",
    "t2"."order_id",
    "t2"."customer_ref",
    "t2"."product_id",
    "t2"."quantity",
    "t2"."returned_at",
    "t2"."amount",
    "t2"."reason",
    "t2"."_content_id",
    "t2"."_line",
    "t2"."_sequence"
  FROM "returns_changes" AS "t2"
  SEMI JOIN (
    SELECT
      "t4"."return_id",
      MAX("t4"."source_ts") AS "source_ts"
    FROM (
      SELECT
        *
      FROM "returns_changes" AS "t0"
      WHERE
        "t0"."source_ts" < GETVARIABLE('as_of')
    ) AS "t4"
    GROUP BY
      1
  ) AS "t6"
    ON "t2"."return_id" = "t6"."return_id" AND "t2"."source_ts" = "t6"."source_ts"
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."return_id",
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
      "t9"."return_id",
      "t9"."order_id",
      "t9"."customer_ref",
      "t9"."product_id",
      "t9"."quantity",
      "t9"."returned_at",
      "t9"."amount",
      "t9"."reason",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."return_id" = "t13"."return_id"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."return_id",
      "t16"."order_id",
      "t16"."customer_ref",
      "t16"."product_id",
      "t16"."quantity",
      "t16"."returned_at",
      "t16"."amount",
      "t16"."reason",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."return_id",
        "t15"."order_id",
        "t15"."customer_ref",
        "t15"."product_id",
        "t15"."quantity",
        "t15"."returned_at",
        "t15"."amount",
        "t15"."reason",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."return_id"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."return_id",
          "t9"."order_id",
          "t9"."customer_ref",
          "t9"."product_id",
          "t9"."quantity",
          "t9"."returned_at",
          "t9"."amount",
          "t9"."reason",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."return_id" = "t13"."return_id"
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
