SELECT
  "t4".*
  EXCLUDE ("birth_date")
FROM (
  SELECT
    "t3"."customer_id",
    "t3"."customer_ref",
    "t3"."references",
    "t3"."email",
    "t3"."phone",
    "t3"."first_name",
    "t3"."birth_date",
    "t3"."country",
    "t3"."region",
    "t3"."timezone",
    "t3"."language",
    "t3"."created_at",
    "t3"."orders",
    "t3"."recent_orders",
    "t3"."first_order_at",
    "t3"."last_order_at",
    "t3"."discount_share",
    "t3"."returns",
    "t3"."last_return_at",
    "t3"."subscriptions",
    "t3"."renews_at",
    "t3"."views",
    "t3"."carts",
    "t3"."wishes",
    "t3"."searches",
    "t3"."visits",
    "t3"."last_seen_at",
    "t3"."tickets",
    "t3"."last_ticket_at",
    "t3"."average_csat",
    "t3"."delivered",
    "t3"."opened",
    "t3"."clicked",
    "t3"."bounced",
    "t3"."age_band",
    "t3"."frequency",
    "t3"."lifecycle",
    COALESCE("t3"."country", '?') || '/' || COALESCE("t3"."age_band", '?') AS "demographic",
    "t3"."references" = 0 AS "without_crm",
    (
      "t3"."email" IS NULL
    ) AND (
      "t3"."phone" IS NULL
    ) AS "without_address",
    "t3"."country" IS NULL AS "without_country",
    (
      NOT "t3"."birth_date" IS NULL
    ) AND (
      "t3"."age_band" IS NULL
    ) AS "odd_birth_date",
    "t3"."bounced" > 0 AS "address_bounced"
  FROM (
    SELECT
      "t0"."customer_id",
      "t0"."customer_ref",
      "t0"."references",
      "t0"."email",
      "t0"."phone",
      "t0"."first_name",
      "t0"."birth_date",
      "t0"."country",
      "t0"."region",
      "t0"."timezone",
      "t0"."language",
      "t0"."created_at",
      "t0"."orders",
      "t0"."recent_orders",
      "t0"."first_order_at",
      "t0"."last_order_at",
      "t0"."discount_share",
      "t0"."returns",
      "t0"."last_return_at",
      "t0"."subscriptions",
      "t0"."renews_at",
      "t0"."views",
      "t0"."carts",
      "t0"."wishes",
      "t0"."searches",
      "t0"."visits",
      "t0"."last_seen_at",
      "t0"."tickets",
      "t0"."last_ticket_at",
      "t0"."average_csat",
      "t0"."delivered",
      "t0"."opened",
      "t0"."clicked",
      "t0"."bounced",
      CASE
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 18
        )
        THEN 'under-18'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 25
        )
        THEN '18-24'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 35
        )
        THEN '25-34'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 45
        )
        THEN '35-44'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 55
        )
        THEN '45-54'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) < 65
        )
        THEN '55-64'
        WHEN (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) >= 0
        )
        AND (
          CAST(FLOOR(
            (
              (
                (
                  EXTRACT(YEAR FROM GETVARIABLE('as_of')) * 10000
                ) + (
                  EXTRACT(MONTH FROM GETVARIABLE('as_of')) * 100
                ) + EXTRACT(DAY FROM GETVARIABLE('as_of'))
              ) - (
                (
                  EXTRACT(YEAR FROM "t0"."birth_date") * 10000
                ) + (
                  EXTRACT(MONTH FROM "t0"."birth_date") * 100
                ) + EXTRACT(DAY FROM "t0"."birth_date")
              )
            ) / (
              10000
            )
          ) AS BIGINT) <= 120
        )
        THEN '65-plus'
        ELSE NULL
      END AS "age_band",
      CASE
        WHEN "t0"."recent_orders" >= 4
        THEN 'frequent'
        WHEN "t0"."orders" >= 2
        THEN 'occasional'
        WHEN "t0"."orders" = 1
        THEN 'one-time'
        ELSE 'none'
      END AS "frequency",
      CASE
        WHEN "t0"."orders" = 0
        THEN 'prospect'
        WHEN "t0"."first_order_at" >= (
          GETVARIABLE('as_of') - INTERVAL '60' DAY
        )
        THEN 'new'
        WHEN GREATEST("t0"."last_order_at", COALESCE("t0"."last_seen_at", "t0"."last_order_at")) >= (
          GETVARIABLE('as_of') - INTERVAL '120' DAY
        )
        THEN 'active'
        WHEN GREATEST("t0"."last_order_at", COALESCE("t0"."last_seen_at", "t0"."last_order_at")) >= (
          GETVARIABLE('as_of') - INTERVAL '365' DAY
        )
        THEN 'dormant'
        ELSE 'churned'
      END AS "lifecycle"
    FROM "customer_facts" AS "t0"
  ) AS "t3"
) AS "t4"
