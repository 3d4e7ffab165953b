SELECT
  "t6"."customer_id",
  "t6"."category",
  "t6"."share",
  "t6"."rank"
FROM (
  SELECT
    "t5"."customer_id",
    "t5"."category",
    "t5"."weight",
    "t5"."share",
    (
      ROW_NUMBER() OVER (
        PARTITION BY "t5"."customer_id"
        ORDER BY "t5"."share" DESC, "t5"."category" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1
    ) + 1 AS "rank"
  FROM (
    SELECT
      "t4"."customer_id",
      "t4"."category",
      "t4"."weight",
      CAST(ROUND(
        "t4"."weight" / SUM("t4"."weight") OVER (
          PARTITION BY "t4"."customer_id"
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        2
      ) AS DOUBLE) AS "share"
    FROM (
      SELECT
        "t3"."customer_id",
        "t3"."category",
        SUM("t3"."weight") AS "weight"
      FROM (
        SELECT
          "t0"."customer_id",
          "t0"."category",
          "t0"."at",
          "t0"."strength",
          "t0"."strength" * (
            POWER(
              0.5,
              (
                (
                  CAST(EPOCH(CAST(DATE_TRUNC('SECOND', GETVARIABLE('as_of')) AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."at") AS TIMESTAMP)) AS DOUBLE) / 86400.0
                ) / 30
              )
            )
          ) AS "weight"
        FROM "interest_signals" AS "t0"
      ) AS "t3"
      GROUP BY
        1,
        2
    ) AS "t4"
  ) AS "t5"
) AS "t6"
WHERE
  "t6"."rank" <= 5
