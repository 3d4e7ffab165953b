SELECT
  "t0"."customer_id" AS "user_id",
  "t0"."country",
  "t0"."age_band",
  "t0"."frequency",
  "t0"."lifecycle"
FROM "customer_profiles" AS "t0"
