SELECT
  *
FROM "orders_of_customers" AS "t0"
WHERE
  "t0"."status" = 'completed' AND "t0"."ordered_at" < GETVARIABLE('as_of')
