SELECT
  "t8"."op",
  "t8"."source_ts",
  "t8"."return_id",
  "t8"."order_id",
  "t8"."customer_ref",
  "t8"."product_id",
  "t8"."quantity",
  "t8"."returned_at",
  "t8"."amount",
  "t8"."reason",
  "t8"."_content_id",
  "t8"."_line",
  "t8"."_sequence"
FROM (
  SELECT
    "t7"."op",
    "t7"."source_ts",
    "t7"."return_id",
    "t7"."order_id",
    "t7"."customer_ref",
    "t7"."product_id",
    "t7"."quantity",
    "t7"."returned_at",
    "t7"."amount",
    "t7"."reason",
    "t7"."_content_id",
    "t7"."_line",
    "t7"."_sequence",
    ROW_NUMBER() OVER (
      PARTITION BY "t7"."return_id"
      ORDER BY COALESCE("t7"."_sequence", 0) DESC, "t7"."_line" DESC, "t7"."_content_id" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
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
