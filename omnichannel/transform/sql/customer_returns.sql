SELECT
  "t20"."customer_id",
  COUNT(*) AS "returns",
  MAX("t20"."returned_at") AS "last_return_at"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t15"."customer_id",
      "t15"."returned_at"
    FROM (
      SELECT
        "t14".*
        EXCLUDE ("_customer0")
      FROM (
        SELECT
          "t13"."return_id",
          "t13"."order_id",
          "t13"."customer_ref",
          "t13"."returned_at",
          "t13"."_customer0",
          COALESCE("t13"."_customer0") AS "customer_id"
        FROM (
          SELECT
            "t12"."return_id",
            "t12"."order_id",
            "t12"."customer_ref",
            "t12"."returned_at",
            "t12"."_value0",
            "t8"."_value0" AS "_value0_right",
            "t8"."_customer0"
          FROM (
            SELECT
              "t0"."return_id",
              "t0"."order_id",
              "t0"."customer_ref",
              "t0"."returned_at",
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
            FROM "returns" AS "t0"
            WHERE
              "t0"."returned_at" < GETVARIABLE('as_of')
          ) AS "t12"
          LEFT OUTER JOIN (
            SELECT
              "t3"."id_value" AS "_value0",
              "t3"."customer_id" AS "_customer0"
            FROM "links_now" AS "t3"
            WHERE
              "t3"."id_type" = 'customer_ref'
          ) AS "t8"
            ON "t12"."_value0" = "t8"."_value0"
        ) AS "t13"
      ) AS "t14"
    ) AS "t15"
    WHERE
      NOT "t15"."customer_id" IS NULL
  ) AS "t16"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t6"."customer_id",
      "t10"."returned_at"
    FROM (
      SELECT
        "t0"."return_id",
        "t0"."order_id",
        "t0"."customer_ref",
        "t0"."returned_at"
      FROM "returns" AS "t0"
      WHERE
        "t0"."returned_at" < GETVARIABLE('as_of')
    ) AS "t10"
    ANTI JOIN (
      SELECT
        *
      FROM (
        SELECT
          "t14".*
          EXCLUDE ("_customer0")
        FROM (
          SELECT
            "t13"."return_id",
            "t13"."order_id",
            "t13"."customer_ref",
            "t13"."returned_at",
            "t13"."_customer0",
            COALESCE("t13"."_customer0") AS "customer_id"
          FROM (
            SELECT
              "t12"."return_id",
              "t12"."order_id",
              "t12"."customer_ref",
              "t12"."returned_at",
              "t12"."_value0",
              "t8"."_value0" AS "_value0_right",
              "t8"."_customer0"
            FROM (
              SELECT
                "t0"."return_id",
                "t0"."order_id",
                "t0"."customer_ref",
                "t0"."returned_at",
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
              FROM "returns" AS "t0"
              WHERE
                "t0"."returned_at" < GETVARIABLE('as_of')
            ) AS "t12"
            LEFT OUTER JOIN (
              SELECT
                "t3"."id_value" AS "_value0",
                "t3"."customer_id" AS "_customer0"
              FROM "links_now" AS "t3"
              WHERE
                "t3"."id_type" = 'customer_ref'
            ) AS "t8"
              ON "t12"."_value0" = "t8"."_value0"
          ) AS "t13"
        ) AS "t14"
      ) AS "t15"
      WHERE
        NOT "t15"."customer_id" IS NULL
    ) AS "t18"
      ON "t10"."return_id" = "t18"."return_id"
    INNER JOIN (
      SELECT
        "t1"."order_id",
        "t1"."customer_id"
      FROM "orders_of_customers" AS "t1"
    ) AS "t6"
      ON "t10"."order_id" = "t6"."order_id"
  ) AS "t19"
) AS "t20"
GROUP BY
  1
