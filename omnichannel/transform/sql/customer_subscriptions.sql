SELECT
  "t12"."customer_id",
  COUNT(*) AS "subscriptions",
  MIN("t12"."renews_at") AS "renews_at"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t10".*
      EXCLUDE ("_customer0")
    FROM (
      SELECT
        "t9"."customer_ref",
        "t9"."status",
        "t9"."started_at",
        "t9"."renews_at",
        "t9"."ends_at",
        "t9"."_customer0",
        COALESCE("t9"."_customer0") AS "customer_id"
      FROM (
        SELECT
          "t8".*
          EXCLUDE ("_value0", "_value0_right")
        FROM (
          SELECT
            "t7"."customer_ref",
            "t7"."status",
            "t7"."started_at",
            "t7"."renews_at",
            "t7"."ends_at",
            "t7"."_value0",
            "t5"."_value0" AS "_value0_right",
            "t5"."_customer0"
          FROM (
            SELECT
              "t0"."customer_ref",
              "t0"."status",
              "t0"."started_at",
              "t0"."renews_at",
              "t0"."ends_at",
              CASE
                WHEN LOWER(
                  REPLACE(REPLACE(TRIM("t0"."customer_ref", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
                ) IN (
                  '-1',
                  'null',
                  'none',
                  'nil',
                  'nan',
                  'n/a',
                  'na',
                  'undefined',
                  'unknown',
                  'anonymous',
                  'anon',
                  'void',
                  'empty',
                  'test',
                  'guest',
                  'true',
                  'false',
                  'abc123',
                  'deleted',
                  '(not set)',
                  '[object object]'
                )
                OR REGEXP_MATCHES(TRIM("t0"."customer_ref", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t0"."customer_ref", ' 	
')
              END AS "_value0"
            FROM "subscriptions" AS "t0"
            WHERE
              "t0"."status" = 'active'
              AND "t0"."started_at" < GETVARIABLE('as_of')
              AND (
                (
                  "t0"."ends_at" IS NULL
                ) OR (
                  "t0"."ends_at" >= GETVARIABLE('as_of')
                )
              )
          ) AS "t7"
          LEFT OUTER JOIN (
            SELECT
              "t1"."id_value" AS "_value0",
              "t1"."customer_id" AS "_customer0"
            FROM "links_now" AS "t1"
            WHERE
              "t1"."id_type" = 'customer_ref'
          ) AS "t5"
            ON "t7"."_value0" = "t5"."_value0"
        ) AS "t8"
      ) AS "t9"
    ) AS "t10"
  ) AS "t11"
  WHERE
    NOT "t11"."customer_id" IS NULL
) AS "t12"
GROUP BY
  1
