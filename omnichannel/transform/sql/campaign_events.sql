SELECT
  "t26"."message_id" AS "event_id",
  CASE
    WHEN NOT "t26"."_owner0" IS NULL
    THEN "t26"."_owner0"
    WHEN NOT "t26"."_owner1" IS NULL
    THEN "t26"."_owner1"
    WHEN NOT "t26"."_owner2" IS NULL
    THEN "t26"."_owner2"
    ELSE NULL
  END AS "customer_id",
  CASE "t26"."event"
    WHEN 'Email Delivered'
    THEN 'email'
    WHEN 'Email Opened'
    THEN 'email'
    WHEN 'Email Link Clicked'
    THEN 'email'
    WHEN 'Email Bounced'
    THEN 'email'
    WHEN 'Email Marked as Spam'
    THEN 'email'
    WHEN 'Unsubscribed'
    THEN 'email'
    WHEN 'Push Notification Received'
    THEN 'push'
    WHEN 'Push Notification Tapped'
    THEN 'push'
    WHEN 'Push Notification Bounced'
    THEN 'push'
    ELSE NULL
  END AS "channel",
  CASE "t26"."event"
    WHEN 'Email Delivered'
    THEN 'delivered'
    WHEN 'Email Opened'
    THEN 'open'
    WHEN 'Email Link Clicked'
    THEN 'click'
    WHEN 'Email Bounced'
    THEN 'bounce'
    WHEN 'Email Marked as Spam'
    THEN 'complaint'
    WHEN 'Unsubscribed'
    THEN 'unsubscribe'
    WHEN 'Push Notification Received'
    THEN 'delivered'
    WHEN 'Push Notification Tapped'
    THEN 'click'
    WHEN 'Push Notification Bounced'
    THEN 'bounce'
    ELSE NULL
  END AS "type",
  "t26"."timestamp" AS "at",
  "t26"."named" AS "campaign",
  CAST(NULL AS TEXT) AS "run",
  CAST(NULL AS TEXT) AS "message_id",
  'segment' AS "sink"
FROM (
  SELECT
    "t8"."message_id",
    "t8"."event",
    "t8"."timestamp",
    "t8"."user_id",
    "t8"."recipient_email",
    "t8"."email",
    "t8"."named",
    "t19"."_spelt0",
    "t19"."_normal0",
    "t19"."_owner0",
    "t24"."_spelt1",
    "t24"."_normal1",
    "t24"."_owner1",
    "t25"."_spelt2",
    "t25"."_normal2",
    "t25"."_owner2"
  FROM (
    SELECT
      "t0"."message_id",
      "t0"."event",
      "t0"."timestamp",
      "t0"."user_id",
      "t0"."recipient_email",
      "t0"."email",
      COALESCE("t0"."push_campaign", "t0"."campaign", "t0"."campaign_id") AS "named"
    FROM "events_once" AS "t0"
    WHERE
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
  ) AS "t8"
  LEFT OUTER JOIN (
    SELECT
      "t15"."spelt" AS "_spelt0",
      "t15"."normal" AS "_normal0",
      "t15"."owner" AS "_owner0"
    FROM (
      SELECT
        "t12"."spelt",
        "t12"."normal",
        "t9"."owner"
      FROM (
        SELECT
          "t2"."spelt",
          CASE
            WHEN LOWER(REPLACE(REPLACE(TRIM("t2"."spelt", ' 	
'), 'İ', 'i'), 'Σ', 'σ')) IN (
              '-1',
              'null',
              'none',
              'nil',
              'nan',
              'n/a',
              'na',
              'undefined',
              'unknown',
              'anonymous',
              'anon',
              'void',
              'empty',
              'test',
              'guest',
              'true',
              'false',
              'abc123',
              'deleted',
              '(not set)',
              '[object object]'
            )
            OR REGEXP_MATCHES(TRIM("t2"."spelt", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t2"."spelt", ' 	
')
          END AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."user_id" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
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
        ) AS "t2"
      ) AS "t12"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'customer_ref'
      ) AS "t9"
        ON "t12"."normal" = "t9"."id_value"
    ) AS "t15"
  ) AS "t19"
    ON "t8"."user_id" = "t19"."_spelt0"
  LEFT OUTER JOIN (
    SELECT
      "t20"."spelt" AS "_spelt1",
      "t20"."normal" AS "_normal1",
      "t20"."owner" AS "_owner1"
    FROM (
      SELECT
        "t16"."spelt",
        "t16"."normal",
        "t10"."owner"
      FROM (
        SELECT
          "t3"."spelt",
          SHA256(
            CASE
              WHEN REGEXP_MATCHES(
                NFC_NORMALIZE(
                  LOWER(
                    REPLACE(
                      REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
')), 'İ', 'i'),
                      'Σ',
                      'σ'
                    )
                  )
                ),
                '^[^@ \t\n\r\f]+@[^@ \t\n\r\f]+\.[^@ \t\n\r\f]+$'
              )
              AND NOT (
                REGEXP_MATCHES(
                  NFC_NORMALIZE(
                    LOWER(
                      REPLACE(
                        REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  ),
                  '^(test|noreply|no-reply|donotreply|do-not-reply|null|none|unknown|undefined|anonymous|guest|na|n/a)@'
                )
              )
              THEN NFC_NORMALIZE(
                LOWER(
                  REPLACE(
                    REPLACE(NFC_NORMALIZE(TRIM("t3"."spelt", ' 	
')), 'İ', 'i'),
                    'Σ',
                    'σ'
                  )
                )
              )
              ELSE CAST(NULL AS TEXT)
            END
          ) AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."recipient_email" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
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
        ) AS "t3"
      ) AS "t16"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t10"
        ON "t16"."normal" = "t10"."id_value"
    ) AS "t20"
  ) AS "t24"
    ON "t8"."recipient_email" = "t24"."_spelt1"
  LEFT OUTER JOIN (
    SELECT
      "t21"."spelt" AS "_spelt2",
      "t21"."normal" AS "_normal2",
      "t21"."owner" AS "_owner2"
    FROM (
      SELECT
        "t17"."spelt",
        "t17"."normal",
        "t10"."owner"
      FROM (
        SELECT
          "t4"."spelt",
          SHA256(
            CASE
              WHEN REGEXP_MATCHES(
                NFC_NORMALIZE(
                  LOWER(
                    REPLACE(
                      REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
')), 'İ', 'i'),
                      'Σ',
                      'σ'
                    )
                  )
                ),
                '^[^@ \t\n\r\f]+@[^@ \t\n\r\f]+\.[^@ \t\n\r\f]+$'
              )
              AND NOT (
                REGEXP_MATCHES(
                  NFC_NORMALIZE(
                    LOWER(
                      REPLACE(
                        REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
')), 'İ', 'i'),
                        'Σ',
                        'σ'
                      )
                    )
                  ),
                  '^(test|noreply|no-reply|donotreply|do-not-reply|null|none|unknown|undefined|anonymous|guest|na|n/a)@'
                )
              )
              THEN NFC_NORMALIZE(
                LOWER(
                  REPLACE(
                    REPLACE(NFC_NORMALIZE(TRIM("t4"."spelt", ' 	
')), 'İ', 'i'),
                    'Σ',
                    'σ'
                  )
                )
              )
              ELSE CAST(NULL AS TEXT)
            END
          ) AS "normal"
        FROM (
          SELECT DISTINCT
            "t0"."email" AS "spelt"
          FROM "events_once" AS "t0"
          WHERE
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
        ) AS "t4"
      ) AS "t17"
      LEFT OUTER JOIN (
        SELECT
          "t1"."id_value",
          "t1"."customer_id" AS "owner"
        FROM "links_now" AS "t1"
        WHERE
          "t1"."id_type" = 'email_sha256'
      ) AS "t10"
        ON "t17"."normal" = "t10"."id_value"
    ) AS "t21"
  ) AS "t25"
    ON "t8"."email" = "t25"."_spelt2"
) AS "t26"
WHERE
  NOT CASE
    WHEN NOT "t26"."_owner0" IS NULL
    THEN "t26"."_owner0"
    WHEN NOT "t26"."_owner1" IS NULL
    THEN "t26"."_owner1"
    WHEN NOT "t26"."_owner2" IS NULL
    THEN "t26"."_owner2"
    ELSE NULL
  END IS NULL
