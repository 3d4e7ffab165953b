SELECT
  "t2"."customer_id",
  "t2"."channel",
  "t2"."type",
  "t2"."at"
FROM (
  SELECT
    "t1"."event_id",
    "t1"."customer_id",
    "t1"."channel",
    "t1"."type",
    "t1"."at",
    ROW_NUMBER() OVER (
      PARTITION BY "t1"."customer_id", "t1"."channel"
      ORDER BY "t1"."at" DESC, "t1"."type" ASC, "t1"."event_id" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "last"
  FROM (
    SELECT
      "t0"."event_id",
      "t0"."customer_id",
      "t0"."channel",
      "t0"."type",
      "t0"."at"
    FROM "messages_said" AS "t0"
    WHERE
      "t0"."type" IN ('bounce', 'complaint', 'suppress')
  ) AS "t1"
) AS "t2"
WHERE
  "t2"."last" = 0
