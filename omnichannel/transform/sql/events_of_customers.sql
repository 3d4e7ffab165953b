SELECT
  *
FROM (
  SELECT
    "t15".*
    EXCLUDE ("_customer0", "_customer1")
  FROM (
    SELECT
      "t14"."message_id",
      "t14"."event",
      "t14"."user_id",
      "t14"."anonymous_id",
      "t14"."timestamp",
      "t14"."session_id",
      "t14"."product_id",
      "t14"."order_id",
      "t14"."products",
      "t14"."_customer0",
      "t14"."_customer1",
      COALESCE("t14"."_customer0", "t14"."_customer1") AS "customer_id"
    FROM (
      SELECT
        "t13".*
        EXCLUDE ("_value1", "_value1_right")
      FROM (
        SELECT
          "t12"."message_id",
          "t12"."event",
          "t12"."user_id",
          "t12"."anonymous_id",
          "t12"."timestamp",
          "t12"."session_id",
          "t12"."product_id",
          "t12"."order_id",
          "t12"."products",
          "t12"."_value1",
          "t12"."_customer0",
          "t6"."_value1" AS "_value1_right",
          "t6"."_customer1"
        FROM (
          SELECT
            "t10".*
            EXCLUDE ("_value0", "_value0_right")
          FROM (
            SELECT
              "t9"."message_id",
              "t9"."event",
              "t9"."user_id",
              "t9"."anonymous_id",
              "t9"."timestamp",
              "t9"."session_id",
              "t9"."product_id",
              "t9"."order_id",
              "t9"."products",
              "t9"."_value0",
              "t9"."_value1",
              "t7"."_value0" AS "_value0_right",
              "t7"."_customer0"
            FROM (
              SELECT
                "t1"."message_id",
                "t1"."event",
                "t1"."user_id",
                "t1"."anonymous_id",
                "t1"."timestamp",
                "t1"."session_id",
                "t1"."product_id",
                "t1"."order_id",
                "t1"."products",
                CASE
                  WHEN LOWER(
                    REPLACE(REPLACE(TRIM("t1"."user_id", ' 	
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
                  OR REGEXP_MATCHES(TRIM("t1"."user_id", ' 	
'), '^[0-]*$')
                  THEN CAST(NULL AS TEXT)
                  ELSE TRIM("t1"."user_id", ' 	
')
                END AS "_value0",
                CASE
                  WHEN LOWER(
                    REPLACE(REPLACE(TRIM("t1"."anonymous_id", ' 	
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
                  OR REGEXP_MATCHES(TRIM("t1"."anonymous_id", ' 	
'), '^[0-]*$')
                  THEN CAST(NULL AS TEXT)
                  ELSE TRIM("t1"."anonymous_id", ' 	
')
                END AS "_value1"
              FROM "events_once" AS "t1"
              WHERE
                "t1"."timestamp" < GETVARIABLE('as_of')
            ) AS "t9"
            LEFT OUTER JOIN (
              SELECT
                "t0"."id_value" AS "_value0",
                "t0"."customer_id" AS "_customer0"
              FROM "links_now" AS "t0"
              WHERE
                "t0"."id_type" = 'customer_ref'
            ) AS "t7"
              ON "t9"."_value0" = "t7"."_value0"
          ) AS "t10"
        ) AS "t12"
        LEFT OUTER JOIN (
          SELECT
            "t0"."id_value" AS "_value1",
            "t0"."customer_id" AS "_customer1"
          FROM "links_now" AS "t0"
          WHERE
            "t0"."id_type" = 'anonymous_id'
        ) AS "t6"
          ON "t12"."_value1" = "t6"."_value1"
      ) AS "t13"
    ) AS "t14"
  ) AS "t15"
) AS "t16"
WHERE
  NOT "t16"."customer_id" IS NULL
