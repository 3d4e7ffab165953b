SELECT
  "t6"."product_id" AS "ITEM_ID",
  CAST("t6"."price" AS DOUBLE) AS "PRICE",
  "t6"."category_l1" AS "CATEGORY_L1",
  "t6"."category_l2" AS "CATEGORY_L2",
  "t6"."brand" AS "BRAND",
  CAST(EPOCH(CAST("t6"."created_at" AS TIMESTAMP)) AS BIGINT) AS "CREATION_TIMESTAMP",
  CASE
    WHEN "t6"."active" AND NOT (
      COALESCE("t6"."stock" <= 0, FALSE)
    )
    THEN 'yes'
    ELSE 'no'
  END AS "AVAILABLE"
FROM (
  SELECT
    "t3"."op",
    "t3"."source_ts",
    "t3"."product_id",
    "t3"."name",
    "t3"."category_l1",
    "t3"."category_l2",
    "t3"."brand",
    "t3"."price",
    "t3"."currency",
    "t3"."image_url",
    "t3"."min_age",
    "t3"."active",
    "t3"."_content_id",
    "t3"."_line",
    "t3"."_sequence",
    "t4"."created_at",
    "t5"."product_id" AS "product_id_right",
    "t5"."stock"
  FROM "products" AS "t3"
  INNER JOIN "product_births" AS "t4"
    ON "t3"."product_id" = "t4"."product_id"
  LEFT OUTER JOIN "product_stock" AS "t5"
    ON "t3"."product_id" = "t5"."product_id"
) AS "t6"
WHERE
  LENGTH("t6"."product_id") <= 256
