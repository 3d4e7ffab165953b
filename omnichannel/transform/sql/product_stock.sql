SELECT
  "t0"."product_id",
  SUM(
    CASE
      WHEN CASE
        WHEN "t0"."quantity" IS NULL
        THEN "t0"."quantity"
        ELSE LEAST(1000000000000, "t0"."quantity")
      END IS NULL
      THEN CASE
        WHEN "t0"."quantity" IS NULL
        THEN "t0"."quantity"
        ELSE LEAST(1000000000000, "t0"."quantity")
      END
      ELSE GREATEST(
        -1000000000000,
        CASE
          WHEN "t0"."quantity" IS NULL
          THEN "t0"."quantity"
          ELSE LEAST(1000000000000, "t0"."quantity")
        END
      )
    END
  ) AS "stock"
FROM "stock_levels" AS "t0"
GROUP BY
  1
