SELECT
  "t3"."customer_id",
  COUNT(*) FILTER(WHERE
    COALESCE(
      (
        "t3"."timestamp" >= (
          GETVARIABLE('as_of') - INTERVAL '365' DAY
        )
      )
      AND (
        "t3"."event" = 'Product Viewed'
      ),
      FALSE
    )) AS "views",
  COUNT(*) FILTER(WHERE
    COALESCE(
      (
        "t3"."timestamp" >= (
          GETVARIABLE('as_of') - INTERVAL '365' DAY
        )
      )
      AND (
        "t3"."event" = 'Product Added'
      ),
      FALSE
    )) AS "carts",
  COUNT(*) FILTER(WHERE
    COALESCE(
      (
        "t3"."timestamp" >= (
          GETVARIABLE('as_of') - INTERVAL '365' DAY
        )
      )
      AND (
        "t3"."event" = 'Product Added to Wishlist'
      ),
      FALSE
    )) AS "wishes",
  COUNT(*) FILTER(WHERE
    COALESCE(
      (
        "t3"."timestamp" >= (
          GETVARIABLE('as_of') - INTERVAL '365' DAY
        )
      )
      AND (
        "t3"."event" = 'Products Searched'
      ),
      FALSE
    )) AS "searches",
  COUNT(DISTINCT "t3"."session_id") FILTER(WHERE
    "t3"."timestamp" >= (
      GETVARIABLE('as_of') - INTERVAL '365' DAY
    )) AS "visits",
  MAX("t3"."timestamp") AS "last_seen_at"
FROM (
  SELECT
    *
  FROM "events_of_customers" AS "t0"
  WHERE
    "t0"."type" IN ('track', 'page', 'screen')
    AND (
      (
        "t0"."event" IS NULL
      )
      OR NOT (
        "t0"."event" IN (
          'Email Delivered',
          'Email Opened',
          'Email Link Clicked',
          'Email Bounced',
          'Email Marked as Spam',
          'Unsubscribed',
          'Push Notification Received',
          'Push Notification Tapped',
          'Push Notification Bounced'
        )
      )
    )
) AS "t3"
GROUP BY
  1
