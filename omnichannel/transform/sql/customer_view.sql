SELECT
  "t0"."customer_id",
  SHA256(
    CASE
      WHEN REGEXP_MATCHES(
        NFC_NORMALIZE(
          LOWER(
            REPLACE(
              REPLACE(NFC_NORMALIZE(TRIM("t0"."email", ' 	
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
                REPLACE(NFC_NORMALIZE(TRIM("t0"."email", ' 	
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
            REPLACE(NFC_NORMALIZE(TRIM("t0"."email", ' 	
')), 'İ', 'i'),
            'Σ',
            'σ'
          )
        )
      )
      ELSE CAST(NULL AS TEXT)
    END
  ) AS "email_sha256",
  SHA256(
    CASE
      WHEN REGEXP_MATCHES(
        REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
        '^(\+|00)?[0-9]+$'
      )
      AND REGEXP_MATCHES(
        CASE
          WHEN STARTS_WITH(
            REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '+'
          )
          THEN REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          WHEN STARTS_WITH(
            REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '00'
          )
          THEN '+' || SUBSTRING(
            REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            CASE
              WHEN (
                2 + 1
              ) >= 1
              THEN 2 + 1
              ELSE 2 + 1 + LENGTH(
                REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              )
            END
          )
          ELSE CASE
            WHEN (
              NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
                WHEN 'AT'
                THEN '43'
                WHEN 'AU'
                THEN '61'
                WHEN 'BE'
                THEN '32'
                WHEN 'BG'
                THEN '359'
                WHEN 'CH'
                THEN '41'
                WHEN 'DE'
                THEN '49'
                WHEN 'FI'
                THEN '358'
                WHEN 'FR'
                THEN '33'
                WHEN 'GB'
                THEN '44'
                WHEN 'HR'
                THEN '385'
                WHEN 'IE'
                THEN '353'
                WHEN 'JP'
                THEN '81'
                WHEN 'NL'
                THEN '31'
                WHEN 'NZ'
                THEN '64'
                WHEN 'RO'
                THEN '40'
                WHEN 'SE'
                THEN '46'
                WHEN 'SI'
                THEN '386'
                WHEN 'SK'
                THEN '421'
                WHEN 'TR'
                THEN '90'
                WHEN 'ZA'
                THEN '27'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
            )
            AND STARTS_WITH(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '0'
            )
            THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
              WHEN 'AT'
              THEN '43'
              WHEN 'AU'
              THEN '61'
              WHEN 'BE'
              THEN '32'
              WHEN 'BG'
              THEN '359'
              WHEN 'CH'
              THEN '41'
              WHEN 'DE'
              THEN '49'
              WHEN 'FI'
              THEN '358'
              WHEN 'FR'
              THEN '33'
              WHEN 'GB'
              THEN '44'
              WHEN 'HR'
              THEN '385'
              WHEN 'IE'
              THEN '353'
              WHEN 'JP'
              THEN '81'
              WHEN 'NL'
              THEN '31'
              WHEN 'NZ'
              THEN '64'
              WHEN 'RO'
              THEN '40'
              WHEN 'SE'
              THEN '46'
              WHEN 'SI'
              THEN '386'
              WHEN 'SK'
              THEN '421'
              WHEN 'TR'
              THEN '90'
              WHEN 'ZA'
              THEN '27'
              ELSE CAST(NULL AS TEXT)
            END || SUBSTRING(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              CASE
                WHEN (
                  1 + 1
                ) >= 1
                THEN 1 + 1
                ELSE 1 + 1 + LENGTH(
                  REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                )
              END
            )
            WHEN NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
              WHEN 'CY'
              THEN '357'
              WHEN 'CZ'
              THEN '420'
              WHEN 'DK'
              THEN '45'
              WHEN 'EE'
              THEN '372'
              WHEN 'ES'
              THEN '34'
              WHEN 'GR'
              THEN '30'
              WHEN 'IS'
              THEN '354'
              WHEN 'IT'
              THEN '39'
              WHEN 'LU'
              THEN '352'
              WHEN 'LV'
              THEN '371'
              WHEN 'MT'
              THEN '356'
              WHEN 'NO'
              THEN '47'
              WHEN 'PL'
              THEN '48'
              WHEN 'PT'
              THEN '351'
              WHEN 'SG'
              THEN '65'
              ELSE CAST(NULL AS TEXT)
            END IS NULL
            THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
              WHEN 'CY'
              THEN '357'
              WHEN 'CZ'
              THEN '420'
              WHEN 'DK'
              THEN '45'
              WHEN 'EE'
              THEN '372'
              WHEN 'ES'
              THEN '34'
              WHEN 'GR'
              THEN '30'
              WHEN 'IS'
              THEN '354'
              WHEN 'IT'
              THEN '39'
              WHEN 'LU'
              THEN '352'
              WHEN 'LV'
              THEN '371'
              WHEN 'MT'
              THEN '356'
              WHEN 'NO'
              THEN '47'
              WHEN 'PL'
              THEN '48'
              WHEN 'PT'
              THEN '351'
              WHEN 'SG'
              THEN '65'
              ELSE CAST(NULL AS TEXT)
            END || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            WHEN UPPER(TRIM("t0"."country", ' 	
')) IN ('US', 'CA')
            AND (
              LENGTH(
                REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              ) = 10
            )
            THEN '+1' || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            ELSE CAST(NULL AS TEXT)
          END
        END,
        '^\+[1-9][0-9]{6,14}$'
      )
      AND NOT (
        REGEXP_MATCHES(
          CASE
            WHEN STARTS_WITH(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '+'
            )
            THEN REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            WHEN STARTS_WITH(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '00'
            )
            THEN '+' || SUBSTRING(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              CASE
                WHEN (
                  2 + 1
                ) >= 1
                THEN 2 + 1
                ELSE 2 + 1 + LENGTH(
                  REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                )
              END
            )
            ELSE CASE
              WHEN (
                NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
                  WHEN 'AT'
                  THEN '43'
                  WHEN 'AU'
                  THEN '61'
                  WHEN 'BE'
                  THEN '32'
                  WHEN 'BG'
                  THEN '359'
                  WHEN 'CH'
                  THEN '41'
                  WHEN 'DE'
                  THEN '49'
                  WHEN 'FI'
                  THEN '358'
                  WHEN 'FR'
                  THEN '33'
                  WHEN 'GB'
                  THEN '44'
                  WHEN 'HR'
                  THEN '385'
                  WHEN 'IE'
                  THEN '353'
                  WHEN 'JP'
                  THEN '81'
                  WHEN 'NL'
                  THEN '31'
                  WHEN 'NZ'
                  THEN '64'
                  WHEN 'RO'
                  THEN '40'
                  WHEN 'SE'
                  THEN '46'
                  WHEN 'SI'
                  THEN '386'
                  WHEN 'SK'
                  THEN '421'
                  WHEN 'TR'
                  THEN '90'
                  WHEN 'ZA'
                  THEN '27'
                  ELSE CAST(NULL AS TEXT)
                END IS NULL
              )
              AND STARTS_WITH(
                REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
                '0'
              )
              THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
                WHEN 'AT'
                THEN '43'
                WHEN 'AU'
                THEN '61'
                WHEN 'BE'
                THEN '32'
                WHEN 'BG'
                THEN '359'
                WHEN 'CH'
                THEN '41'
                WHEN 'DE'
                THEN '49'
                WHEN 'FI'
                THEN '358'
                WHEN 'FR'
                THEN '33'
                WHEN 'GB'
                THEN '44'
                WHEN 'HR'
                THEN '385'
                WHEN 'IE'
                THEN '353'
                WHEN 'JP'
                THEN '81'
                WHEN 'NL'
                THEN '31'
                WHEN 'NZ'
                THEN '64'
                WHEN 'RO'
                THEN '40'
                WHEN 'SE'
                THEN '46'
                WHEN 'SI'
                THEN '386'
                WHEN 'SK'
                THEN '421'
                WHEN 'TR'
                THEN '90'
                WHEN 'ZA'
                THEN '27'
                ELSE CAST(NULL AS TEXT)
              END || SUBSTRING(
                REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
                CASE
                  WHEN (
                    1 + 1
                  ) >= 1
                  THEN 1 + 1
                  ELSE 1 + 1 + LENGTH(
                    REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                  )
                END
              )
              WHEN NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
                WHEN 'CY'
                THEN '357'
                WHEN 'CZ'
                THEN '420'
                WHEN 'DK'
                THEN '45'
                WHEN 'EE'
                THEN '372'
                WHEN 'ES'
                THEN '34'
                WHEN 'GR'
                THEN '30'
                WHEN 'IS'
                THEN '354'
                WHEN 'IT'
                THEN '39'
                WHEN 'LU'
                THEN '352'
                WHEN 'LV'
                THEN '371'
                WHEN 'MT'
                THEN '356'
                WHEN 'NO'
                THEN '47'
                WHEN 'PL'
                THEN '48'
                WHEN 'PT'
                THEN '351'
                WHEN 'SG'
                THEN '65'
                ELSE CAST(NULL AS TEXT)
              END IS NULL
              THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
                WHEN 'CY'
                THEN '357'
                WHEN 'CZ'
                THEN '420'
                WHEN 'DK'
                THEN '45'
                WHEN 'EE'
                THEN '372'
                WHEN 'ES'
                THEN '34'
                WHEN 'GR'
                THEN '30'
                WHEN 'IS'
                THEN '354'
                WHEN 'IT'
                THEN '39'
                WHEN 'LU'
                THEN '352'
                WHEN 'LV'
                THEN '371'
                WHEN 'MT'
                THEN '356'
                WHEN 'NO'
                THEN '47'
                WHEN 'PL'
                THEN '48'
                WHEN 'PT'
                THEN '351'
                WHEN 'SG'
                THEN '65'
                ELSE CAST(NULL AS TEXT)
              END || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              WHEN UPPER(TRIM("t0"."country", ' 	
')) IN ('US', 'CA')
              AND (
                LENGTH(
                  REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                ) = 10
              )
              THEN '+1' || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              ELSE CAST(NULL AS TEXT)
            END
          END,
          '^\+[0-9]{1,3}(0+|1+|9+|123456789?0?)$'
        )
      )
      THEN CASE
        WHEN STARTS_WITH(
          REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          '+'
        )
        THEN REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
        WHEN STARTS_WITH(
          REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          '00'
        )
        THEN '+' || SUBSTRING(
          REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          CASE
            WHEN (
              2 + 1
            ) >= 1
            THEN 2 + 1
            ELSE 2 + 1 + LENGTH(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            )
          END
        )
        ELSE CASE
          WHEN (
            NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
              WHEN 'AT'
              THEN '43'
              WHEN 'AU'
              THEN '61'
              WHEN 'BE'
              THEN '32'
              WHEN 'BG'
              THEN '359'
              WHEN 'CH'
              THEN '41'
              WHEN 'DE'
              THEN '49'
              WHEN 'FI'
              THEN '358'
              WHEN 'FR'
              THEN '33'
              WHEN 'GB'
              THEN '44'
              WHEN 'HR'
              THEN '385'
              WHEN 'IE'
              THEN '353'
              WHEN 'JP'
              THEN '81'
              WHEN 'NL'
              THEN '31'
              WHEN 'NZ'
              THEN '64'
              WHEN 'RO'
              THEN '40'
              WHEN 'SE'
              THEN '46'
              WHEN 'SI'
              THEN '386'
              WHEN 'SK'
              THEN '421'
              WHEN 'TR'
              THEN '90'
              WHEN 'ZA'
              THEN '27'
              ELSE CAST(NULL AS TEXT)
            END IS NULL
          )
          AND STARTS_WITH(
            REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '0'
          )
          THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
            WHEN 'AT'
            THEN '43'
            WHEN 'AU'
            THEN '61'
            WHEN 'BE'
            THEN '32'
            WHEN 'BG'
            THEN '359'
            WHEN 'CH'
            THEN '41'
            WHEN 'DE'
            THEN '49'
            WHEN 'FI'
            THEN '358'
            WHEN 'FR'
            THEN '33'
            WHEN 'GB'
            THEN '44'
            WHEN 'HR'
            THEN '385'
            WHEN 'IE'
            THEN '353'
            WHEN 'JP'
            THEN '81'
            WHEN 'NL'
            THEN '31'
            WHEN 'NZ'
            THEN '64'
            WHEN 'RO'
            THEN '40'
            WHEN 'SE'
            THEN '46'
            WHEN 'SI'
            THEN '386'
            WHEN 'SK'
            THEN '421'
            WHEN 'TR'
            THEN '90'
            WHEN 'ZA'
            THEN '27'
            ELSE CAST(NULL AS TEXT)
          END || SUBSTRING(
            REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            CASE
              WHEN (
                1 + 1
              ) >= 1
              THEN 1 + 1
              ELSE 1 + 1 + LENGTH(
                REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              )
            END
          )
          WHEN NOT CASE UPPER(TRIM("t0"."country", ' 	
'))
            WHEN 'CY'
            THEN '357'
            WHEN 'CZ'
            THEN '420'
            WHEN 'DK'
            THEN '45'
            WHEN 'EE'
            THEN '372'
            WHEN 'ES'
            THEN '34'
            WHEN 'GR'
            THEN '30'
            WHEN 'IS'
            THEN '354'
            WHEN 'IT'
            THEN '39'
            WHEN 'LU'
            THEN '352'
            WHEN 'LV'
            THEN '371'
            WHEN 'MT'
            THEN '356'
            WHEN 'NO'
            THEN '47'
            WHEN 'PL'
            THEN '48'
            WHEN 'PT'
            THEN '351'
            WHEN 'SG'
            THEN '65'
            ELSE CAST(NULL AS TEXT)
          END IS NULL
          THEN '+' || CASE UPPER(TRIM("t0"."country", ' 	
'))
            WHEN 'CY'
            THEN '357'
            WHEN 'CZ'
            THEN '420'
            WHEN 'DK'
            THEN '45'
            WHEN 'EE'
            THEN '372'
            WHEN 'ES'
            THEN '34'
            WHEN 'GR'
            THEN '30'
            WHEN 'IS'
            THEN '354'
            WHEN 'IT'
            THEN '39'
            WHEN 'LU'
            THEN '352'
            WHEN 'LV'
            THEN '371'
            WHEN 'MT'
            THEN '356'
            WHEN 'NO'
            THEN '47'
            WHEN 'PL'
            THEN '48'
            WHEN 'PT'
            THEN '351'
            WHEN 'SG'
            THEN '65'
            ELSE CAST(NULL AS TEXT)
          END || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          WHEN UPPER(TRIM("t0"."country", ' 	
')) IN ('US', 'CA')
          AND (
            LENGTH(
              REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            ) = 10
          )
          THEN '+1' || REGEXP_REPLACE(TRIM("t0"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          ELSE CAST(NULL AS TEXT)
        END
      END
      ELSE CAST(NULL AS TEXT)
    END
  ) AS "phone_sha256",
  "t0"."country",
  "t0"."region",
  "t0"."language",
  "t0"."timezone",
  "t0"."age_band",
  "t0"."created_at",
  "t0"."orders",
  "t0"."recent_orders",
  "t0"."first_order_at",
  "t0"."last_order_at",
  "t0"."discount_share",
  "t0"."returns",
  "t0"."last_return_at",
  "t0"."subscriptions",
  "t0"."renews_at",
  "t0"."views",
  "t0"."carts",
  "t0"."wishes",
  "t0"."searches",
  "t0"."visits",
  "t0"."last_seen_at",
  "t0"."tickets",
  "t0"."last_ticket_at",
  "t0"."average_csat",
  "t0"."delivered",
  "t0"."opened",
  "t0"."clicked",
  "t0"."frequency",
  "t0"."lifecycle",
  "t0"."demographic",
  "t0"."without_crm",
  "t0"."without_address",
  "t0"."without_country",
  "t0"."odd_birth_date",
  "t0"."address_bounced"
FROM "customer_profiles" AS "t0"
