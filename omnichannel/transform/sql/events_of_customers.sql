SELECT
  *
FROM (
  SELECT
    "t27".*
    EXCLUDE ("_customer0", "_customer1")
  FROM (
    SELECT
      "t26"."message_id",
      "t26"."type",
      "t26"."event",
      "t26"."user_id",
      "t26"."anonymous_id",
      "t26"."timestamp",
      "t26"."session_id",
      "t26"."product_id",
      "t26"."order_id",
      "t26"."products",
      "t26"."_customer0",
      "t26"."_customer1",
      COALESCE("t26"."_customer0", "t26"."_customer1") AS "customer_id"
    FROM (
      SELECT
        "t25".*
        EXCLUDE ("spelt")
      FROM (
        SELECT
          "t24"."message_id",
          "t24"."type",
          "t24"."event",
          "t24"."user_id",
          "t24"."anonymous_id",
          "t24"."timestamp",
          "t24"."session_id",
          "t24"."product_id",
          "t24"."order_id",
          "t24"."products",
          "t24"."_customer0",
          "t20"."spelt",
          "t20"."_customer1"
        FROM (
          SELECT
            "t22".*
            EXCLUDE ("spelt")
          FROM (
            SELECT
              "t11"."message_id",
              "t11"."type",
              "t11"."event",
              "t11"."user_id",
              "t11"."anonymous_id",
              "t11"."timestamp",
              "t11"."session_id",
              "t11"."product_id",
              "t11"."order_id",
              "t11"."products",
              "t21"."spelt",
              "t21"."_customer0"
            FROM (
              SELECT
                "t0"."message_id",
                "t0"."type",
                "t0"."event",
                "t0"."user_id",
                "t0"."anonymous_id",
                "t0"."timestamp",
                "t0"."session_id",
                "t0"."product_id",
                "t0"."order_id",
                "t0"."products"
              FROM "events_once" AS "t0"
              WHERE
                "t0"."timestamp" < GETVARIABLE('as_of')
            ) AS "t11"
            LEFT OUTER JOIN (
              SELECT
                "t17"."spelt",
                "t17"."owner" AS "_customer0"
              FROM (
                SELECT
                  "t15"."spelt",
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
                      "t0"."user_id" AS "spelt"
                    FROM "events_once" AS "t0"
                    WHERE
                      "t0"."timestamp" < GETVARIABLE('as_of')
                  ) AS "t10"
                ) AS "t15"
                INNER JOIN (
                  SELECT
                    "t1"."id_value",
                    "t1"."customer_id" AS "owner"
                  FROM "links_now" AS "t1"
                  WHERE
                    "t1"."id_type" = 'customer_ref'
                ) AS "t7"
                  ON "t15"."id_value" = "t7"."id_value"
              ) AS "t17"
            ) AS "t21"
              ON "t11"."user_id" = "t21"."spelt"
          ) AS "t22"
        ) AS "t24"
        LEFT OUTER JOIN (
          SELECT
            "t16"."spelt",
            "t16"."owner" AS "_customer1"
          FROM (
            SELECT
              "t14"."spelt",
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
                END AS "id_value"
              FROM (
                SELECT DISTINCT
                  "t0"."anonymous_id" AS "spelt"
                FROM "events_once" AS "t0"
                WHERE
                  "t0"."timestamp" < GETVARIABLE('as_of')
              ) AS "t9"
            ) AS "t14"
            INNER JOIN (
              SELECT
                "t1"."id_value",
                "t1"."customer_id" AS "owner"
              FROM "links_now" AS "t1"
              WHERE
                "t1"."id_type" = 'anonymous_id'
            ) AS "t6"
              ON "t14"."id_value" = "t6"."id_value"
          ) AS "t16"
        ) AS "t20"
          ON "t24"."anonymous_id" = "t20"."spelt"
      ) AS "t25"
    ) AS "t26"
  ) AS "t27"
) AS "t28"
WHERE
  NOT "t28"."customer_id" IS NULL
