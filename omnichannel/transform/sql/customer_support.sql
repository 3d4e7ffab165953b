SELECT
  "t16"."customer_id",
  COUNT(*) AS "tickets",
  MAX("t16"."opened_at") AS "last_ticket_at",
  CAST(ROUND(AVG("t16"."csat"), 2) AS DOUBLE) AS "average_csat"
FROM (
  SELECT
    "t15"."customer_ref",
    "t15"."email",
    "t15"."opened_at",
    "t15"."csat",
    COALESCE("t15"."_customer0", "t15"."_customer1") AS "customer_id"
  FROM (
    SELECT
      "t14".*
      EXCLUDE ("_value1", "_value1_right")
    FROM (
      SELECT
        "t13"."customer_ref",
        "t13"."email",
        "t13"."opened_at",
        "t13"."csat",
        "t13"."_value1",
        "t13"."_customer0",
        "t6"."_value1" AS "_value1_right",
        "t6"."_customer1"
      FROM (
        SELECT
          "t11".*
          EXCLUDE ("_value0", "_value0_right")
        FROM (
          SELECT
            "t10"."customer_ref",
            "t10"."email",
            "t10"."opened_at",
            "t10"."csat",
            "t10"."_value0",
            "t10"."_value1",
            "t7"."_value0" AS "_value0_right",
            "t7"."_customer0"
          FROM (
            SELECT
              "t8"."customer_ref",
              "t8"."email",
              "t8"."opened_at",
              "t8"."csat",
              CASE
                WHEN LOWER(
                  REPLACE(REPLACE(TRIM("t8"."customer_ref", ' 	
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
                OR REGEXP_MATCHES(TRIM("t8"."customer_ref", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t8"."customer_ref", ' 	
')
              END AS "_value0",
              SHA256(
                CASE
                  WHEN REGEXP_MATCHES(
                    NFC_NORMALIZE(
                      LOWER(
                        REPLACE(
                          REPLACE(NFC_NORMALIZE(TRIM("t8"."email", ' 	
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
                            REPLACE(NFC_NORMALIZE(TRIM("t8"."email", ' 	
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
                        REPLACE(NFC_NORMALIZE(TRIM("t8"."email", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  )
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "_value1"
            FROM (
              SELECT
                "t1"."customer_ref",
                "t1"."email",
                "t1"."opened_at",
                "t1"."csat"
              FROM "tickets_once" AS "t1"
              WHERE
                "t1"."opened_at" < GETVARIABLE('as_of')
            ) AS "t8"
          ) AS "t10"
          LEFT OUTER JOIN (
            SELECT
              "t0"."id_value" AS "_value0",
              "t0"."customer_id" AS "_customer0"
            FROM "links_now" AS "t0"
            WHERE
              "t0"."id_type" = 'customer_ref'
          ) AS "t7"
            ON "t10"."_value0" = "t7"."_value0"
        ) AS "t11"
      ) AS "t13"
      LEFT OUTER JOIN (
        SELECT
          "t0"."id_value" AS "_value1",
          "t0"."customer_id" AS "_customer1"
        FROM "links_now" AS "t0"
        WHERE
          "t0"."id_type" = 'email_sha256'
      ) AS "t6"
        ON "t13"."_value1" = "t6"."_value1"
    ) AS "t14"
  ) AS "t15"
  WHERE
    NOT COALESCE("t15"."_customer0", "t15"."_customer1") IS NULL
) AS "t16"
GROUP BY
  1
