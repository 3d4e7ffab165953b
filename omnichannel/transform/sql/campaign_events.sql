SELECT
  "t35"."message_id" AS "event_id",
  "t35"."customer_id",
  CASE "t35"."event"
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
  CASE "t35"."event"
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
  "t35"."timestamp" AS "at",
  "t35"."named" AS "campaign",
  CAST(NULL AS TEXT) AS "run",
  CAST(NULL AS TEXT) AS "message_id",
  'segment' AS "sink"
FROM (
  SELECT
    "t34".*
    EXCLUDE ("_customer0", "_customer1", "_customer2")
  FROM (
    SELECT
      "t33"."message_id",
      "t33"."event",
      "t33"."timestamp",
      "t33"."user_id",
      "t33"."recipient_email",
      "t33"."email",
      "t33"."named",
      "t33"."_customer0",
      "t33"."_customer1",
      "t33"."_customer2",
      COALESCE("t33"."_customer0", "t33"."_customer1", "t33"."_customer2") AS "customer_id"
    FROM (
      SELECT
        "t32".*
        EXCLUDE ("spelt")
      FROM (
        SELECT
          "t31"."message_id",
          "t31"."event",
          "t31"."timestamp",
          "t31"."user_id",
          "t31"."recipient_email",
          "t31"."email",
          "t31"."named",
          "t31"."_customer0",
          "t31"."_customer1",
          "t24"."spelt",
          "t24"."_customer2"
        FROM (
          SELECT
            "t29".*
            EXCLUDE ("spelt")
          FROM (
            SELECT
              "t28"."message_id",
              "t28"."event",
              "t28"."timestamp",
              "t28"."user_id",
              "t28"."recipient_email",
              "t28"."email",
              "t28"."named",
              "t28"."_customer0",
              "t25"."spelt",
              "t25"."_customer1"
            FROM (
              SELECT
                "t26".*
                EXCLUDE ("spelt")
              FROM (
                SELECT
                  "t8"."message_id",
                  "t8"."event",
                  "t8"."timestamp",
                  "t8"."user_id",
                  "t8"."recipient_email",
                  "t8"."email",
                  "t8"."named",
                  "t19"."spelt",
                  "t19"."_customer0"
                FROM (
                  SELECT
                    "t0"."message_id",
                    "t0"."event",
                    "t0"."timestamp",
                    "t0"."user_id",
                    "t0"."recipient_email",
                    "t0"."email",
                    COALESCE("t0"."campaign", "t0"."campaign_id") AS "named"
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
                    "t17"."spelt",
                    "t17"."owner" AS "_customer0"
                  FROM (
                    SELECT
                      "t12"."spelt",
                      "t10"."owner"
                    FROM (
                      SELECT
                        "t4"."spelt",
                        CASE
                          WHEN LOWER(REPLACE(REPLACE(TRIM("t4"."spelt", ' 	
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
                          OR REGEXP_MATCHES(TRIM("t4"."spelt", ' 	
'), '^[0-]*$')
                          THEN CAST(NULL AS TEXT)
                          ELSE TRIM("t4"."spelt", ' 	
')
                        END AS "id_value"
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
                      ) AS "t4"
                    ) AS "t12"
                    INNER JOIN (
                      SELECT
                        "t1"."id_value",
                        "t1"."customer_id" AS "owner"
                      FROM "links_now" AS "t1"
                      WHERE
                        "t1"."id_type" = 'customer_ref'
                    ) AS "t10"
                      ON "t12"."id_value" = "t10"."id_value"
                  ) AS "t17"
                ) AS "t19"
                  ON "t8"."user_id" = "t19"."spelt"
              ) AS "t26"
            ) AS "t28"
            LEFT OUTER JOIN (
              SELECT
                "t21"."spelt",
                "t21"."owner" AS "_customer1"
              FROM (
                SELECT
                  "t16"."spelt",
                  "t9"."owner"
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
                    ) AS "id_value"
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
                INNER JOIN (
                  SELECT
                    "t1"."id_value",
                    "t1"."customer_id" AS "owner"
                  FROM "links_now" AS "t1"
                  WHERE
                    "t1"."id_type" = 'email_sha256'
                ) AS "t9"
                  ON "t16"."id_value" = "t9"."id_value"
              ) AS "t21"
            ) AS "t25"
              ON "t28"."recipient_email" = "t25"."spelt"
          ) AS "t29"
        ) AS "t31"
        LEFT OUTER JOIN (
          SELECT
            "t20"."spelt",
            "t20"."owner" AS "_customer2"
          FROM (
            SELECT
              "t15"."spelt",
              "t9"."owner"
            FROM (
              SELECT
                "t2"."spelt",
                SHA256(
                  CASE
                    WHEN REGEXP_MATCHES(
                      NFC_NORMALIZE(
                        LOWER(
                          REPLACE(
                            REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
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
                              REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
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
                          REPLACE(NFC_NORMALIZE(TRIM("t2"."spelt", ' 	
')), 'İ', 'i'),
                          'Σ',
                          'σ'
                        )
                      )
                    )
                    ELSE CAST(NULL AS TEXT)
                  END
                ) AS "id_value"
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
              ) AS "t2"
            ) AS "t15"
            INNER JOIN (
              SELECT
                "t1"."id_value",
                "t1"."customer_id" AS "owner"
              FROM "links_now" AS "t1"
              WHERE
                "t1"."id_type" = 'email_sha256'
            ) AS "t9"
              ON "t15"."id_value" = "t9"."id_value"
          ) AS "t20"
        ) AS "t24"
          ON "t31"."email" = "t24"."spelt"
      ) AS "t32"
    ) AS "t33"
  ) AS "t34"
) AS "t35"
WHERE
  NOT "t35"."customer_id" IS NULL
