SELECT
  "t27"."customer_id",
  COUNT(*) AS "tickets",
  MAX("t27"."opened_at") AS "last_ticket_at",
  CAST(ROUND(AVG("t27"."csat"), 2) AS DOUBLE) AS "average_csat"
FROM (
  SELECT
    "t26"."customer_ref",
    "t26"."email",
    "t26"."opened_at",
    "t26"."csat",
    COALESCE("t26"."_customer0", "t26"."_customer1") AS "customer_id"
  FROM (
    SELECT
      "t25".*
      EXCLUDE ("spelt")
    FROM (
      SELECT
        "t24"."customer_ref",
        "t24"."email",
        "t24"."opened_at",
        "t24"."csat",
        "t24"."_customer0",
        "t21"."spelt",
        "t21"."_customer1"
      FROM (
        SELECT
          "t22".*
          EXCLUDE ("spelt")
        FROM (
          SELECT
            "t11"."customer_ref",
            "t11"."email",
            "t11"."opened_at",
            "t11"."csat",
            "t18"."spelt",
            "t18"."_customer0"
          FROM (
            SELECT
              "t0"."customer_ref",
              "t0"."email",
              "t0"."opened_at",
              "t0"."csat"
            FROM "tickets_once" AS "t0"
            WHERE
              "t0"."opened_at" < GETVARIABLE('as_of')
          ) AS "t11"
          LEFT OUTER JOIN (
            SELECT
              "t16"."spelt",
              "t16"."owner" AS "_customer0"
            FROM (
              SELECT
                "t13"."spelt",
                "t7"."owner"
              FROM (
                SELECT
                  "t10"."spelt",
                  CASE
                    WHEN LOWER(
                      REPLACE(REPLACE(TRIM("t10"."spelt", ' 	
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
                    OR REGEXP_MATCHES(TRIM("t10"."spelt", ' 	
'), '^[0-]*$')
                    THEN CAST(NULL AS TEXT)
                    ELSE TRIM("t10"."spelt", ' 	
')
                  END AS "id_value"
                FROM (
                  SELECT DISTINCT
                    "t0"."customer_ref" AS "spelt"
                  FROM "tickets_once" AS "t0"
                  WHERE
                    "t0"."opened_at" < GETVARIABLE('as_of')
                ) AS "t10"
              ) AS "t13"
              INNER JOIN (
                SELECT
                  "t1"."id_value",
                  "t1"."customer_id" AS "owner"
                FROM "links_now" AS "t1"
                WHERE
                  "t1"."id_type" = 'customer_ref'
              ) AS "t7"
                ON "t13"."id_value" = "t7"."id_value"
            ) AS "t16"
          ) AS "t18"
            ON "t11"."customer_ref" = "t18"."spelt"
        ) AS "t22"
      ) AS "t24"
      LEFT OUTER JOIN (
        SELECT
          "t19"."spelt",
          "t19"."owner" AS "_customer1"
        FROM (
          SELECT
            "t15"."spelt",
            "t6"."owner"
          FROM (
            SELECT
              "t9"."spelt",
              SHA256(
                CASE
                  WHEN REGEXP_MATCHES(
                    NFC_NORMALIZE(
                      LOWER(
                        REPLACE(
                          REPLACE(NFC_NORMALIZE(TRIM("t9"."spelt", ' 	
')), 'İ', 'i'),
                          'Σ',
                          'σ'
                        )
                      )
                    ),
                    '^[^@ \t\n\r\f]+@[^@ \t\n\r\f]+\.[^@ \t\n\r\f]+$'
                  )
                  AND NOT (
                    REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t9"."spelt", ' 	
')), 'İ', 'i'),
                            'Σ',
                            'σ'
                          )
                        )
                      ),
                      '^(test|noreply|no-reply|donotreply|do-not-reply|null|none|unknown|undefined|anonymous|guest|na|n/a)@'
                    )
                  )
                  THEN NFC_NORMALIZE(
                    LOWER(
                      REPLACE(
                        REPLACE(NFC_NORMALIZE(TRIM("t9"."spelt", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  )
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "id_value"
            FROM (
              SELECT DISTINCT
                "t0"."email" AS "spelt"
              FROM "tickets_once" AS "t0"
              WHERE
                "t0"."opened_at" < GETVARIABLE('as_of')
            ) AS "t9"
          ) AS "t15"
          INNER JOIN (
            SELECT
              "t1"."id_value",
              "t1"."customer_id" AS "owner"
            FROM "links_now" AS "t1"
            WHERE
              "t1"."id_type" = 'email_sha256'
          ) AS "t6"
            ON "t15"."id_value" = "t6"."id_value"
        ) AS "t19"
      ) AS "t21"
        ON "t24"."email" = "t21"."spelt"
    ) AS "t25"
  ) AS "t26"
  WHERE
    NOT COALESCE("t26"."_customer0", "t26"."_customer1") IS NULL
) AS "t27"
GROUP BY
  1
