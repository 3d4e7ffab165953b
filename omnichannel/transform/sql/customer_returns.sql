WITH "t18" AS (
  SELECT
    "t11"."return_id",
    "t11"."order_id",
    "t11"."customer_ref",
    "t11"."returned_at",
    "t17"."_spelt0",
    "t17"."_owner0"
  FROM (
    SELECT
      "t0"."return_id",
      "t0"."order_id",
      "t0"."customer_ref",
      "t0"."returned_at"
    FROM "returns" AS "t0"
    WHERE
      "t0"."returned_at" < GETVARIABLE('as_of')
  ) AS "t11"
  LEFT OUTER JOIN (
    SELECT
      "t15"."spelt" AS "_spelt0",
      "t15"."owner" AS "_owner0"
    FROM (
      SELECT
        "t14"."spelt",
        "t8"."owner"
      FROM (
        SELECT
          *
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
            END AS "normal"
          FROM (
            SELECT DISTINCT
              "t0"."customer_ref" AS "spelt"
            FROM "returns" AS "t0"
            WHERE
              "t0"."returned_at" < GETVARIABLE('as_of')
          ) AS "t10"
        ) AS "t12"
        WHERE
          NOT "t12"."normal" IS NULL
      ) AS "t14"
      LEFT OUTER JOIN (
        SELECT
          "t3"."id_value",
          "t3"."customer_id" AS "owner"
        FROM "links_now" AS "t3"
        WHERE
          "t3"."id_type" = 'customer_ref'
      ) AS "t8"
        ON "t14"."normal" = "t8"."id_value"
    ) AS "t15"
  ) AS "t17"
    ON "t11"."customer_ref" = "t17"."_spelt0"
)
SELECT
  "t24"."customer_id",
  COUNT(*) AS "returns",
  MAX("t24"."returned_at") AS "last_return_at"
FROM (
  SELECT
    *
  FROM (
    SELECT
      CASE WHEN NOT "t19"."_owner0" IS NULL THEN "t19"."_owner0" ELSE NULL END AS "customer_id",
      "t19"."returned_at"
    FROM "t18" AS "t19"
    WHERE
      NOT CASE WHEN NOT "t19"."_owner0" IS NULL THEN "t19"."_owner0" ELSE NULL END IS NULL
  ) AS "t20"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      "t6"."customer_id",
      "t11"."returned_at"
    FROM (
      SELECT
        "t0"."return_id",
        "t0"."order_id",
        "t0"."customer_ref",
        "t0"."returned_at"
      FROM "returns" AS "t0"
      WHERE
        "t0"."returned_at" < GETVARIABLE('as_of')
    ) AS "t11"
    ANTI JOIN (
      SELECT
        "t19"."return_id",
        "t19"."order_id",
        "t19"."customer_ref",
        "t19"."returned_at",
        CASE WHEN NOT "t19"."_owner0" IS NULL THEN "t19"."_owner0" ELSE NULL END AS "customer_id"
      FROM "t18" AS "t19"
      WHERE
        NOT CASE WHEN NOT "t19"."_owner0" IS NULL THEN "t19"."_owner0" ELSE NULL END IS NULL
    ) AS "t22"
      ON "t11"."return_id" = "t22"."return_id"
    INNER JOIN (
      SELECT
        "t1"."order_id",
        "t1"."customer_id"
      FROM "orders_of_customers" AS "t1"
    ) AS "t6"
      ON "t11"."order_id" = "t6"."order_id"
  ) AS "t23"
) AS "t24"
GROUP BY
  1
