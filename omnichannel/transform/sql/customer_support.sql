SELECT
  "t23"."customer_id",
  COUNT(*) AS "tickets",
  MAX("t23"."opened_at") AS "last_ticket_at",
  CAST(ROUND(AVG("t23"."csat"), 2) AS DOUBLE) AS "average_csat"
FROM (
  SELECT
    "t22"."customer_ref",
    "t22"."email",
    "t22"."opened_at",
    "t22"."csat",
    CASE
      WHEN NOT "t22"."_owner0" IS NULL
      THEN "t22"."_owner0"
      WHEN NOT "t22"."_owner1" IS NULL
      THEN "t22"."_owner1"
      ELSE NULL
    END AS "customer_id"
  FROM (
    SELECT
      "t11"."customer_ref",
      "t11"."email",
      "t11"."opened_at",
      "t11"."csat",
      "t18"."_spelt0",
      "t18"."_normal0",
      "t18"."_owner0",
      "t21"."_spelt1",
      "t21"."_normal1",
      "t21"."_owner1"
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
        "t15"."spelt" AS "_spelt0",
        "t15"."normal" AS "_normal0",
        "t15"."owner" AS "_owner0"
      FROM (
        SELECT
          "t13"."spelt",
          "t13"."normal",
          "t6"."owner"
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
        ) AS "t13"
        LEFT OUTER JOIN (
          SELECT
            "t2"."id_value",
            "t2"."customer_id" AS "owner"
          FROM "links_now" AS "t2"
          WHERE
            "t2"."id_type" = 'customer_ref'
        ) AS "t6"
          ON "t13"."normal" = "t6"."id_value"
      ) AS "t15"
    ) AS "t18"
      ON "t11"."customer_ref" = "t18"."_spelt0"
    LEFT OUTER JOIN (
      SELECT
        "t19"."spelt" AS "_spelt1",
        "t19"."normal" AS "_normal1",
        "t19"."owner" AS "_owner1"
      FROM (
        SELECT
          "t16"."spelt",
          "t16"."normal",
          "t7"."owner"
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
        ) AS "t16"
        LEFT OUTER JOIN (
          SELECT
            "t2"."id_value",
            "t2"."customer_id" AS "owner"
          FROM "links_now" AS "t2"
          WHERE
            "t2"."id_type" = 'email_sha256'
        ) AS "t7"
          ON "t16"."normal" = "t7"."id_value"
      ) AS "t19"
    ) AS "t21"
      ON "t11"."email" = "t21"."_spelt1"
  ) AS "t22"
  WHERE
    NOT CASE
      WHEN NOT "t22"."_owner0" IS NULL
      THEN "t22"."_owner0"
      WHEN NOT "t22"."_owner1" IS NULL
      THEN "t22"."_owner1"
      ELSE NULL
    END IS NULL
) AS "t23"
GROUP BY
  1
