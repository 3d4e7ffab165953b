WITH "last_changes" AS (
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
), "tied_keys" AS (
  SELECT
    *
  FROM (
    SELECT
      "t8"."customer_ref",
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
      "t9"."customer_ref",
      "t9"."email",
      "t9"."phone",
      "t9"."loyalty_card",
      "t9"."first_name",
      "t9"."last_name",
      "t9"."birth_date",
      "t9"."country",
      "t9"."region",
      "t9"."timezone",
      "t9"."language",
      "t9"."created_at",
      "t9"."_content_id",
      "t9"."_line",
      "t9"."_sequence"
    FROM "last_changes" AS "t9"
    ANTI JOIN "tied_keys" AS "t13"
      ON "t9"."customer_ref" = "t13"."customer_ref"
  ) AS "t14"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t16"."op",
      "t16"."source_ts",
      "t16"."customer_ref",
      "t16"."email",
      "t16"."phone",
      "t16"."loyalty_card",
      "t16"."first_name",
      "t16"."last_name",
      "t16"."birth_date",
      "t16"."country",
      "t16"."region",
      "t16"."timezone",
      "t16"."language",
      "t16"."created_at",
      "t16"."_content_id",
      "t16"."_line",
      "t16"."_sequence"
    FROM (
      SELECT
        "t15"."op",
        "t15"."source_ts",
        "t15"."customer_ref",
        "t15"."email",
        "t15"."phone",
        "t15"."loyalty_card",
        "t15"."first_name",
        "t15"."last_name",
        "t15"."birth_date",
        "t15"."country",
        "t15"."region",
        "t15"."timezone",
        "t15"."language",
        "t15"."created_at",
        "t15"."_content_id",
        "t15"."_line",
        "t15"."_sequence",
        ROW_NUMBER() OVER (
          PARTITION BY "t15"."customer_ref"
          ORDER BY COALESCE("t15"."_sequence", 0) DESC, "t15"."_line" DESC, "t15"."_content_id" DESC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) - 1 AS "_rank"
      FROM (
        SELECT
          "t9"."op",
          "t9"."source_ts",
          "t9"."customer_ref",
          "t9"."email",
          "t9"."phone",
          "t9"."loyalty_card",
          "t9"."first_name",
          "t9"."last_name",
          "t9"."birth_date",
          "t9"."country",
          "t9"."region",
          "t9"."timezone",
          "t9"."language",
          "t9"."created_at",
          "t9"."_content_id",
          "t9"."_line",
          "t9"."_sequence"
        FROM "last_changes" AS "t9"
        SEMI JOIN "tied_keys" AS "t13"
          ON "t9"."customer_ref" = "t13"."customer_ref"
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
