SELECT
  "t7"."product_id" AS "item_id",
  CAST("t7"."price" AS DOUBLE) AS "price",
  "t7"."category_l1",
  "t7"."category_l2",
  "t7"."brand",
  CAST(EPOCH(CAST(DATE_TRUNC('SECOND', "t7"."created_at") AS TIMESTAMP)) AS BIGINT) AS "creation_timestamp",
  CASE
    WHEN "t7"."active" AND NOT (
      COALESCE("t7"."stock" <= 0, FALSE)
    )
    THEN 'yes'
    ELSE 'no'
  END AS "available"
FROM (
  SELECT
    "t6"."product_id",
    "t6"."price",
    "t6"."category_l1",
    "t6"."category_l2",
    "t6"."brand",
    "t6"."active",
    "t3"."created_at",
    "t4"."product_id" AS "product_id_right",
    "t4"."stock"
  FROM (
    SELECT
      "t0"."product_id",
      "t0"."price",
      "t0"."category_l1",
      "t0"."category_l2",
      "t0"."brand",
      "t0"."active"
    FROM "products" AS "t0"
  ) AS "t6"
  INNER JOIN "product_births" AS "t3"
    ON "t6"."product_id" = "t3"."product_id"
  LEFT OUTER JOIN "product_stock" AS "t4"
    ON "t6"."product_id" = "t4"."product_id"
) AS "t7"
WHERE
  LENGTH("t7"."product_id") <= 256
