SELECT
  "t5"."customer_id",
  COUNT(*) AS "references",
  FIRST("t5"."email" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."email" IS NULL) AS "email",
  FIRST("t5"."phone" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."phone" IS NULL) AS "phone",
  FIRST("t5"."first_name" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."first_name" IS NULL) AS "first_name",
  FIRST("t5"."birth_date" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."birth_date" IS NULL) AS "birth_date",
  FIRST("t5"."country" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."country" IS NULL) AS "country",
  FIRST("t5"."region" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."region" IS NULL) AS "region",
  FIRST("t5"."timezone" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."timezone" IS NULL) AS "timezone",
  FIRST("t5"."language" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."language" IS NULL) AS "language",
  FIRST("t5"."created_at" ORDER BY "t5"."rank") FILTER(WHERE
    NOT "t5"."created_at" IS NULL) AS "created_at"
FROM (
  SELECT
    "t2"."customer_id",
    "t2"."customer_ref",
    "t2"."rank",
    "t4"."email",
    "t4"."phone",
    "t4"."first_name",
    "t4"."birth_date",
    "t4"."country",
    "t4"."region",
    "t4"."timezone",
    "t4"."language",
    "t4"."created_at"
  FROM "customer_refs" AS "t2"
  INNER JOIN (
    SELECT
      "t1"."customer_ref",
      "t1"."email",
      "t1"."phone",
      "t1"."first_name",
      "t1"."birth_date",
      "t1"."country",
      "t1"."region",
      "t1"."timezone",
      "t1"."language",
      "t1"."created_at"
    FROM "customers" AS "t1"
  ) AS "t4"
    ON "t2"."customer_ref" = "t4"."customer_ref"
) AS "t5"
GROUP BY
  1
