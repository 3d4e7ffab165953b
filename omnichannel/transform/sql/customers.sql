SELECT
  "t8"."op",
  "t8"."source_ts",
  "t8"."customer_ref",
  "t8"."email",
  "t8"."phone",
  "t8"."loyalty_card",
  "t8"."first_name",
  "t8"."last_name",
  "t8"."birth_date",
  "t8"."country",
  "t8"."region",
  "t8"."timezone",
  "t8"."language",
  "t8"."created_at",
  "t8"."_content_id",
  "t8"."_line",
  "t8"."_sequence"
FROM (
  SELECT
    "t7"."op",
    "t7"."source_ts",
    "t7"."customer_ref",
    "t7"."email",
    "t7"."phone",
    "t7"."loyalty_card",
    "t7"."first_name",
    "t7"."last_name",
    "t7"."birth_date",
    "t7"."country",
    "t7"."region",
    "t7"."timezone",
    "t7"."language",
    "t7"."created_at",
    "t7"."_content_id",
    "t7"."_line",
    "t7"."_sequence",
    ROW_NUMBER() OVER (
      PARTITION BY "t7"."customer_ref"
      ORDER BY COALESCE("t7"."_sequence", 0) DESC, "t7"."_line" DESC, "t7"."_content_id" DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      "t2"."op",
      "t2"."source_ts",
      "t2"."customer_ref",
      "t2"."email",
      "t2"."phone",
      "t2"."loyalty_card",
      "t2"."first_name",
      "t2"."last_name",
      "t2"."birth_date",
      "t2"."country",
      "t2"."region",
      "t2"."timezone",
      "t2"."language",
      "t2"."created_at",
      "t2"."_content_id",
      "t2"."_line",
      "t2"."_sequence"
    FROM "customers_changes" AS "t2"
    SEMI JOIN (
      SELECT
        "t4"."customer_ref",
        MAX("t4"."source_ts") AS "source_ts"
      FROM (
        SELECT
          *
        FROM "customers_changes" AS "t0"
        WHERE
          "t0"."source_ts" < GETVARIABLE('as_of')
      ) AS "t4"
      GROUP BY
        1
    ) AS "t6"
      ON "t2"."customer_ref" = "t6"."customer_ref" AND "t2"."source_ts" = "t6"."source_ts"
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
