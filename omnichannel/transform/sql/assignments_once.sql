SELECT
  "t4"."experiment",
  "t4"."customer_id",
  "t4"."arm",
  "t4"."run",
  "t4"."at",
  "t4"."_content_id",
  "t4"."_line"
FROM (
  SELECT
    "t3"."experiment",
    "t3"."customer_id",
    "t3"."arm",
    "t3"."run",
    "t3"."at",
    "t3"."_content_id",
    "t3"."_line",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."experiment", "t3"."customer_id", "t3"."arm"
      ORDER BY "t3"."at" ASC, "t3"."_content_id" ASC, "t3"."_line" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "_rank"
  FROM (
    SELECT
      *
    FROM "assignments" AS "t0"
    WHERE
      "t0"."at" < GETVARIABLE('as_of')
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."_rank" = 0
