SELECT
  "t25"."customer_id",
  COUNT(*) AS "tickets",
  MAX("t25"."opened_at") AS "last_ticket_at",
  CAST(ROUND(AVG("t25"."csat"), 2) AS DOUBLE) AS "average_csat"
FROM (
  SELECT
    "t24"."customer_ref",
    "t24"."email",
    "t24"."opened_at",
    "t24"."csat",
    CASE
      WHEN NOT "t24"."_owner0" IS NULL
      THEN "t24"."_owner0"
      WHEN NOT "t24"."_owner1" IS NULL
      THEN "t24"."_owner1"
      ELSE NULL
    END AS "customer_id"
  FROM (
    SELECT
      "t11"."customer_ref",
      "t11"."email",
      "t11"."opened_at",
      "t11"."csat",
      "t20"."_spelt0",
      "t20"."_owner0",
      "t23"."_spelt1",
      "t23"."_owner1"
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
        "t17"."spelt" AS "_spelt0",
        "t17"."owner" AS "_owner0"
      FROM (
        SELECT
          "t14"."spelt",
          "t6"."owner"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t9"."spelt",
              CASE
                WHEN LOWER(REPLACE(REPLACE(TRIM("t9"."spelt", ' 	
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
                OR REGEXP_MATCHES(TRIM("t9"."spelt", ' 	
'), '^[0-]*$')
                THEN CAST(NULL AS TEXT)
                ELSE TRIM("t9"."spelt", ' 	
')
              END AS "normal"
            FROM (
              SELECT DISTINCT
                "t0"."customer_ref" AS "spelt"
              FROM "tickets_once" AS "t0"
              WHERE
                "t0"."opened_at" < GETVARIABLE('as_of')
            ) AS "t9"
          ) AS "t12"
          WHERE
            NOT "t12"."normal" IS NULL
        ) AS "t14"
        LEFT OUTER JOIN (
          SELECT
            "t2"."id_value",
            "t2"."customer_id" AS "owner"
          FROM "links_now" AS "t2"
          WHERE
            "t2"."id_type" = 'customer_ref'
        ) AS "t6"
          ON "t14"."normal" = "t6"."id_value"
      ) AS "t17"
    ) AS "t20"
      ON "t11"."customer_ref" = "t20"."_spelt0"
    LEFT OUTER JOIN (
      SELECT
        "t21"."spelt" AS "_spelt1",
        "t21"."owner" AS "_owner1"
      FROM (
        SELECT
          "t18"."spelt",
          "t7"."owner"
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t10"."spelt",
              SHA256(
                CASE
                  WHEN REGEXP_MATCHES(
                    NFC_NORMALIZE(
                      LOWER(
                        REPLACE(
                          REPLACE(NFC_NORMALIZE(TRIM("t10"."spelt", ' 	
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
                            REPLACE(NFC_NORMALIZE(TRIM("t10"."spelt", ' 	
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
                        REPLACE(NFC_NORMALIZE(TRIM("t10"."spelt", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  )
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "normal"
            FROM (
              SELECT DISTINCT
                "t0"."email" AS "spelt"
              FROM "tickets_once" AS "t0"
              WHERE
                "t0"."opened_at" < GETVARIABLE('as_of')
            ) AS "t10"
          ) AS "t15"
          WHERE
            NOT "t15"."normal" IS NULL
        ) AS "t18"
        LEFT OUTER JOIN (
          SELECT
            "t2"."id_value",
            "t2"."customer_id" AS "owner"
          FROM "links_now" AS "t2"
          WHERE
            "t2"."id_type" = 'email_sha256'
        ) AS "t7"
          ON "t18"."normal" = "t7"."id_value"
      ) AS "t21"
    ) AS "t23"
      ON "t11"."email" = "t23"."_spelt1"
  ) AS "t24"
  WHERE
    NOT CASE
      WHEN NOT "t24"."_owner0" IS NULL
      THEN "t24"."_owner0"
      WHEN NOT "t24"."_owner1" IS NULL
      THEN "t24"."_owner1"
      ELSE NULL
    END IS NULL
) AS "t25"
GROUP BY
  1
