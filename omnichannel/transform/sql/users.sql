SELECT
  "t0"."customer_id" AS "USER_ID",
  "t0"."country" AS "COUNTRY",
  "t0"."age_band" AS "AGE_BAND",
  "t0"."frequency" AS "FREQUENCY",
  "t0"."lifecycle" AS "LIFECYCLE"
FROM "customer_profiles" AS "t0"
