SELECT
  "t5".*
  EXCLUDE ("product_id_right")
FROM (
  SELECT
    "t4"."product_id",
    "t4"."name",
    "t4"."category_l1",
    "t4"."brand",
    "t4"."price",
    "t4"."currency",
    "t4"."image_url",
    "t4"."active",
    "t4"."min_age",
    "t2"."product_id" AS "product_id_right",
    "t2"."stock"
  FROM (
    SELECT
      "t0"."product_id",
      "t0"."name",
      "t0"."category_l1",
      "t0"."brand",
      "t0"."price",
      "t0"."currency",
      "t0"."image_url",
      "t0"."active",
      "t0"."min_age"
    FROM "products" AS "t0"
  ) AS "t4"
  LEFT OUTER JOIN "product_stock" AS "t2"
    ON "t4"."product_id" = "t2"."product_id"
) AS "t5"
