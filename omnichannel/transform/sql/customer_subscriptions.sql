SELECT
  "t18"."customer_id",
  COUNT(*) AS "subscriptions",
  MIN("t18"."renews_at") AS "renews_at"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t16".*
      EXCLUDE ("_customer0")
    FROM (
      SELECT
        "t15"."customer_ref",
        "t15"."status",
        "t15"."started_at",
        "t15"."renews_at",
        "t15"."ends_at",
        "t15"."_customer0",
        COALESCE("t15"."_customer0") AS "customer_id"
      FROM (
        SELECT
          "t14".*
          EXCLUDE ("spelt")
        FROM (
          SELECT
            "t8"."customer_ref",
            "t8"."status",
            "t8"."started_at",
            "t8"."renews_at",
            "t8"."ends_at",
            "t13"."spelt",
            "t13"."_customer0"
          FROM (
            SELECT
              "t0"."customer_ref",
              "t0"."status",
              "t0"."started_at",
              "t0"."renews_at",
              "t0"."ends_at"
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
          ) AS "t8"
          LEFT OUTER JOIN (
            SELECT
              "t11"."spelt",
              "t11"."owner" AS "_customer0"
            FROM (
              SELECT
                "t10"."spelt",
                "t5"."owner"
              FROM (
                SELECT
                  "t7"."spelt",
                  CASE
                    WHEN LOWER(REPLACE(REPLACE(TRIM("t7"."spelt", ' 	
'), 'İ', 'i'), 'Σ', 'σ')) IN (
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
                    OR REGEXP_MATCHES(TRIM("t7"."spelt", ' 	
'), '^[0-]*$')
                    THEN CAST(NULL AS TEXT)
                    ELSE TRIM("t7"."spelt", ' 	
')
                  END AS "id_value"
                FROM (
                  SELECT DISTINCT
                    "t0"."customer_ref" AS "spelt"
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
              ) AS "t10"
              INNER JOIN (
                SELECT
                  "t2"."id_value",
                  "t2"."customer_id" AS "owner"
                FROM "links_now" AS "t2"
                WHERE
                  "t2"."id_type" = 'customer_ref'
              ) AS "t5"
                ON "t10"."id_value" = "t5"."id_value"
            ) AS "t11"
          ) AS "t13"
            ON "t8"."customer_ref" = "t13"."spelt"
        ) AS "t14"
      ) AS "t15"
    ) AS "t16"
  ) AS "t17"
  WHERE
    NOT "t17"."customer_id" IS NULL
) AS "t18"
GROUP BY
  1
