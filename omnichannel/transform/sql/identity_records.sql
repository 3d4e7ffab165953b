SELECT
  "t44"."source",
  "t44"."first_seen",
  "t44"."last_seen",
  "t44"."seen",
  CASE
    WHEN LOWER(
      REPLACE(REPLACE(TRIM("t44"."customer_ref", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
    ) IN (
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
    OR REGEXP_MATCHES(TRIM("t44"."customer_ref", ' 	
'), '^[0-]*$')
    THEN CAST(NULL AS TEXT)
    ELSE TRIM("t44"."customer_ref", ' 	
')
  END AS "customer_ref",
  CASE
    WHEN LOWER(
      REPLACE(
        REPLACE(
          TRIM(
            UPPER(
              REGEXP_REPLACE(
                CASE
                  WHEN LOWER(
                    REPLACE(REPLACE(TRIM("t44"."loyalty_card", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
                  ) IN (
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
                  OR REGEXP_MATCHES(TRIM("t44"."loyalty_card", ' 	
'), '^[0-]*$')
                  THEN CAST(NULL AS TEXT)
                  ELSE TRIM("t44"."loyalty_card", ' 	
')
                END,
                '[^0-9A-Za-z]',
                '',
                'g'
              )
            ),
            ' 	
'
          ),
          'İ',
          'i'
        ),
        'Σ',
        'σ'
      )
    ) IN (
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
    OR REGEXP_MATCHES(
      TRIM(
        UPPER(
          REGEXP_REPLACE(
            CASE
              WHEN LOWER(
                REPLACE(REPLACE(TRIM("t44"."loyalty_card", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
              ) IN (
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
              OR REGEXP_MATCHES(TRIM("t44"."loyalty_card", ' 	
'), '^[0-]*$')
              THEN CAST(NULL AS TEXT)
              ELSE TRIM("t44"."loyalty_card", ' 	
')
            END,
            '[^0-9A-Za-z]',
            '',
            'g'
          )
        ),
        ' 	
'
      ),
      '^[0-]*$'
    )
    THEN CAST(NULL AS TEXT)
    ELSE TRIM(
      UPPER(
        REGEXP_REPLACE(
          CASE
            WHEN LOWER(
              REPLACE(REPLACE(TRIM("t44"."loyalty_card", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
            ) IN (
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
            OR REGEXP_MATCHES(TRIM("t44"."loyalty_card", ' 	
'), '^[0-]*$')
            THEN CAST(NULL AS TEXT)
            ELSE TRIM("t44"."loyalty_card", ' 	
')
          END,
          '[^0-9A-Za-z]',
          '',
          'g'
        )
      ),
      ' 	
'
    )
  END AS "loyalty_card",
  SHA256(
    CASE
      WHEN REGEXP_MATCHES(
        NFC_NORMALIZE(
          LOWER(
            REPLACE(
              REPLACE(NFC_NORMALIZE(TRIM("t44"."email", ' 	
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
                REPLACE(NFC_NORMALIZE(TRIM("t44"."email", ' 	
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
            REPLACE(NFC_NORMALIZE(TRIM("t44"."email", ' 	
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
        REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
        '^(\+|00)?[0-9]+$'
      )
      AND REGEXP_MATCHES(
        CASE
          WHEN STARTS_WITH(
            REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '+'
          )
          THEN REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          WHEN STARTS_WITH(
            REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '00'
          )
          THEN '+' || SUBSTRING(
            REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            CASE
              WHEN (
                2 + 1
              ) >= 1
              THEN 2 + 1
              ELSE 2 + 1 + LENGTH(
                REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              )
            END
          )
          ELSE CASE
            WHEN (
              NOT CASE UPPER(TRIM("t44"."country", ' 	
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
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '0'
            )
            THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              CASE
                WHEN (
                  1 + 1
                ) >= 1
                THEN 1 + 1
                ELSE 1 + 1 + LENGTH(
                  REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                )
              END
            )
            WHEN NOT CASE UPPER(TRIM("t44"."country", ' 	
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
            THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
            END || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            WHEN UPPER(TRIM("t44"."country", ' 	
')) IN ('US', 'CA')
            AND (
              LENGTH(
                REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              ) = 10
            )
            THEN '+1' || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
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
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '+'
            )
            THEN REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            WHEN STARTS_WITH(
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              '00'
            )
            THEN '+' || SUBSTRING(
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
              CASE
                WHEN (
                  2 + 1
                ) >= 1
                THEN 2 + 1
                ELSE 2 + 1 + LENGTH(
                  REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                )
              END
            )
            ELSE CASE
              WHEN (
                NOT CASE UPPER(TRIM("t44"."country", ' 	
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
                REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
                '0'
              )
              THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
                REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
                CASE
                  WHEN (
                    1 + 1
                  ) >= 1
                  THEN 1 + 1
                  ELSE 1 + 1 + LENGTH(
                    REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                  )
                END
              )
              WHEN NOT CASE UPPER(TRIM("t44"."country", ' 	
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
              THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
              END || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              WHEN UPPER(TRIM("t44"."country", ' 	
')) IN ('US', 'CA')
              AND (
                LENGTH(
                  REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
                ) = 10
              )
              THEN '+1' || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              ELSE CAST(NULL AS TEXT)
            END
          END,
          '^\+[0-9]{1,3}(0+|1+|9+|123456789?0?)$'
        )
      )
      THEN CASE
        WHEN STARTS_WITH(
          REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          '+'
        )
        THEN REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
        WHEN STARTS_WITH(
          REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          '00'
        )
        THEN '+' || SUBSTRING(
          REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
          CASE
            WHEN (
              2 + 1
            ) >= 1
            THEN 2 + 1
            ELSE 2 + 1 + LENGTH(
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            )
          END
        )
        ELSE CASE
          WHEN (
            NOT CASE UPPER(TRIM("t44"."country", ' 	
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
            REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            '0'
          )
          THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
            REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g'),
            CASE
              WHEN (
                1 + 1
              ) >= 1
              THEN 1 + 1
              ELSE 1 + 1 + LENGTH(
                REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
              )
            END
          )
          WHEN NOT CASE UPPER(TRIM("t44"."country", ' 	
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
          THEN '+' || CASE UPPER(TRIM("t44"."country", ' 	
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
          END || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          WHEN UPPER(TRIM("t44"."country", ' 	
')) IN ('US', 'CA')
          AND (
            LENGTH(
              REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
            ) = 10
          )
          THEN '+1' || REGEXP_REPLACE(TRIM("t44"."phone", ' 	
'), '\(0\)|[ \t./()\-]', '', 'g')
          ELSE CAST(NULL AS TEXT)
        END
      END
      ELSE CAST(NULL AS TEXT)
    END
  ) AS "phone_sha256",
  CASE
    WHEN LOWER(
      REPLACE(REPLACE(TRIM("t44"."segment_id", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
    ) IN (
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
    OR REGEXP_MATCHES(TRIM("t44"."segment_id", ' 	
'), '^[0-]*$')
    THEN CAST(NULL AS TEXT)
    ELSE TRIM("t44"."segment_id", ' 	
')
  END AS "segment_id",
  CASE
    WHEN LOWER(
      REPLACE(REPLACE(TRIM("t44"."anonymous_id", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
    ) IN (
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
    OR REGEXP_MATCHES(TRIM("t44"."anonymous_id", ' 	
'), '^[0-]*$')
    THEN CAST(NULL AS TEXT)
    ELSE TRIM("t44"."anonymous_id", ' 	
')
  END AS "anonymous_id",
  CASE
    WHEN LOWER(
      REPLACE(REPLACE(TRIM("t44"."device_id", ' 	
'), 'İ', 'i'), 'Σ', 'σ')
    ) IN (
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
    OR REGEXP_MATCHES(TRIM("t44"."device_id", ' 	
'), '^[0-]*$')
    THEN CAST(NULL AS TEXT)
    ELSE TRIM("t44"."device_id", ' 	
')
  END AS "device_id"
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t16"."customer_ref",
          "t16"."loyalty_card",
          "t16"."email",
          "t16"."phone",
          "t16"."country",
          "t16"."segment_id",
          "t16"."anonymous_id",
          "t16"."device_id",
          "t16"."first_seen",
          "t16"."last_seen",
          "t16"."seen",
          'subscriptions' AS "source"
        FROM (
          SELECT
            "t9"."customer_ref",
            "t9"."loyalty_card",
            "t9"."email",
            "t9"."phone",
            "t9"."country",
            "t9"."segment_id",
            "t9"."anonymous_id",
            "t9"."device_id",
            MIN("t9"."_first") AS "first_seen",
            MAX("t9"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t0"."customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              CAST(NULL AS TEXT) AS "email",
              CAST(NULL AS TEXT) AS "phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              CAST(NULL AS TEXT) AS "anonymous_id",
              CAST(NULL AS TEXT) AS "device_id",
              "t0"."started_at" AS "_first",
              "t0"."started_at" AS "_last"
            FROM "subscriptions" AS "t0"
          ) AS "t9"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t16"
        WHERE
          NOT COALESCE(
            "t16"."customer_ref",
            "t16"."loyalty_card",
            "t16"."email",
            "t16"."phone",
            "t16"."segment_id",
            "t16"."anonymous_id",
            "t16"."device_id"
          ) IS NULL
      ) AS "t28"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t17"."customer_ref",
          "t17"."loyalty_card",
          "t17"."email",
          "t17"."phone",
          "t17"."country",
          "t17"."segment_id",
          "t17"."anonymous_id",
          "t17"."device_id",
          "t17"."first_seen",
          "t17"."last_seen",
          "t17"."seen",
          'returns' AS "source"
        FROM (
          SELECT
            "t10"."customer_ref",
            "t10"."loyalty_card",
            "t10"."email",
            "t10"."phone",
            "t10"."country",
            "t10"."segment_id",
            "t10"."anonymous_id",
            "t10"."device_id",
            MIN("t10"."_first") AS "first_seen",
            MAX("t10"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t1"."customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              CAST(NULL AS TEXT) AS "email",
              CAST(NULL AS TEXT) AS "phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              CAST(NULL AS TEXT) AS "anonymous_id",
              CAST(NULL AS TEXT) AS "device_id",
              "t1"."returned_at" AS "_first",
              "t1"."returned_at" AS "_last"
            FROM "returns" AS "t1"
          ) AS "t10"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t17"
        WHERE
          NOT COALESCE(
            "t17"."customer_ref",
            "t17"."loyalty_card",
            "t17"."email",
            "t17"."phone",
            "t17"."segment_id",
            "t17"."anonymous_id",
            "t17"."device_id"
          ) IS NULL
      ) AS "t29"
    ) AS "t33"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t18"."customer_ref",
          "t18"."loyalty_card",
          "t18"."email",
          "t18"."phone",
          "t18"."country",
          "t18"."segment_id",
          "t18"."anonymous_id",
          "t18"."device_id",
          "t18"."first_seen",
          "t18"."last_seen",
          "t18"."seen",
          'tickets' AS "source"
        FROM (
          SELECT
            "t11"."customer_ref",
            "t11"."loyalty_card",
            "t11"."email",
            "t11"."phone",
            "t11"."country",
            "t11"."segment_id",
            "t11"."anonymous_id",
            "t11"."device_id",
            MIN("t11"."_first") AS "first_seen",
            MAX("t11"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t2"."customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              "t2"."email",
              CAST(NULL AS TEXT) AS "phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              CAST(NULL AS TEXT) AS "anonymous_id",
              CAST(NULL AS TEXT) AS "device_id",
              "t2"."opened_at" AS "_first",
              "t2"."opened_at" AS "_last"
            FROM "tickets_once" AS "t2"
          ) AS "t11"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t18"
        WHERE
          NOT COALESCE(
            "t18"."customer_ref",
            "t18"."loyalty_card",
            "t18"."email",
            "t18"."phone",
            "t18"."segment_id",
            "t18"."anonymous_id",
            "t18"."device_id"
          ) IS NULL
      ) AS "t30"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t19"."customer_ref",
          "t19"."loyalty_card",
          "t19"."email",
          "t19"."phone",
          "t19"."country",
          "t19"."segment_id",
          "t19"."anonymous_id",
          "t19"."device_id",
          "t19"."first_seen",
          "t19"."last_seen",
          "t19"."seen",
          'consents' AS "source"
        FROM (
          SELECT
            "t12"."customer_ref",
            "t12"."loyalty_card",
            "t12"."email",
            "t12"."phone",
            "t12"."country",
            "t12"."segment_id",
            "t12"."anonymous_id",
            "t12"."device_id",
            MIN("t12"."_first") AS "first_seen",
            MAX("t12"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t3"."customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              "t3"."email",
              CAST(NULL AS TEXT) AS "phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              "t3"."anonymous_id",
              CAST(NULL AS TEXT) AS "device_id",
              "t3"."recorded_at" AS "_first",
              "t3"."recorded_at" AS "_last"
            FROM "consents_once" AS "t3"
          ) AS "t12"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t19"
        WHERE
          NOT COALESCE(
            "t19"."customer_ref",
            "t19"."loyalty_card",
            "t19"."email",
            "t19"."phone",
            "t19"."segment_id",
            "t19"."anonymous_id",
            "t19"."device_id"
          ) IS NULL
      ) AS "t31"
    ) AS "t34"
  ) AS "t35"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t25"."customer_ref",
          "t25"."loyalty_card",
          "t25"."email",
          "t25"."phone",
          "t25"."country",
          "t25"."segment_id",
          "t25"."anonymous_id",
          "t25"."device_id",
          "t25"."first_seen",
          "t25"."last_seen",
          "t25"."seen",
          'identify' AS "source"
        FROM (
          SELECT
            "t21"."customer_ref",
            "t21"."loyalty_card",
            "t21"."email",
            "t21"."phone",
            "t21"."country",
            "t21"."segment_id",
            "t21"."anonymous_id",
            "t21"."device_id",
            MIN("t21"."_first") AS "first_seen",
            MAX("t21"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t4"."user_id" AS "customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              COALESCE(
                "t4"."email",
                "t4"."contact_email",
                CASE
                  WHEN NOT "t4"."user_id" IS NULL
                  THEN "t4"."recipient_email"
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "email",
              "t4"."phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              "t4"."anonymous_id",
              "t4"."device_id",
              "t4"."timestamp" AS "_first",
              "t4"."timestamp" AS "_last"
            FROM "events" AS "t4"
            WHERE
              "t4"."timestamp" < GETVARIABLE('as_of') AND "t4"."type" = 'identify'
          ) AS "t21"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t25"
        WHERE
          NOT COALESCE(
            "t25"."customer_ref",
            "t25"."loyalty_card",
            "t25"."email",
            "t25"."phone",
            "t25"."segment_id",
            "t25"."anonymous_id",
            "t25"."device_id"
          ) IS NULL
      ) AS "t37"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t26"."customer_ref",
          "t26"."loyalty_card",
          "t26"."email",
          "t26"."phone",
          "t26"."country",
          "t26"."segment_id",
          "t26"."anonymous_id",
          "t26"."device_id",
          "t26"."first_seen",
          "t26"."last_seen",
          "t26"."seen",
          'events' AS "source"
        FROM (
          SELECT
            "t22"."customer_ref",
            "t22"."loyalty_card",
            "t22"."email",
            "t22"."phone",
            "t22"."country",
            "t22"."segment_id",
            "t22"."anonymous_id",
            "t22"."device_id",
            MIN("t22"."_first") AS "first_seen",
            MAX("t22"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              "t4"."user_id" AS "customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              COALESCE(
                "t4"."email",
                "t4"."contact_email",
                CASE
                  WHEN NOT "t4"."user_id" IS NULL
                  THEN "t4"."recipient_email"
                  ELSE CAST(NULL AS TEXT)
                END
              ) AS "email",
              "t4"."phone",
              CAST(NULL AS TEXT) AS "country",
              CAST(NULL AS TEXT) AS "segment_id",
              "t4"."anonymous_id",
              "t4"."device_id",
              "t4"."timestamp" AS "_first",
              "t4"."timestamp" AS "_last"
            FROM "events" AS "t4"
            WHERE
              "t4"."timestamp" < GETVARIABLE('as_of') AND NOT (
                "t4"."type" = 'identify'
              )
          ) AS "t22"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t26"
        WHERE
          NOT COALESCE(
            "t26"."customer_ref",
            "t26"."loyalty_card",
            "t26"."email",
            "t26"."phone",
            "t26"."segment_id",
            "t26"."anonymous_id",
            "t26"."device_id"
          ) IS NULL
      ) AS "t38"
    ) AS "t40"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t24"."customer_ref",
          "t24"."loyalty_card",
          "t24"."email",
          "t24"."phone",
          "t24"."country",
          "t24"."segment_id",
          "t24"."anonymous_id",
          "t24"."device_id",
          "t24"."first_seen",
          "t24"."last_seen",
          "t24"."seen",
          'profile_identifiers' AS "source"
        FROM (
          SELECT
            "t15"."customer_ref",
            "t15"."loyalty_card",
            "t15"."email",
            "t15"."phone",
            "t15"."country",
            "t15"."segment_id",
            "t15"."anonymous_id",
            "t15"."device_id",
            MIN("t15"."_first") AS "first_seen",
            MAX("t15"."_last") AS "last_seen",
            COUNT(*) AS "seen"
          FROM (
            SELECT
              CASE
                WHEN "t5"."external_id_type" IN ('user_id')
                THEN "t5"."external_id_value"
                ELSE CAST(NULL AS TEXT)
              END AS "customer_ref",
              CAST(NULL AS TEXT) AS "loyalty_card",
              CASE
                WHEN "t5"."external_id_type" IN ('email')
                THEN "t5"."external_id_value"
                ELSE CAST(NULL AS TEXT)
              END AS "email",
              CASE
                WHEN "t5"."external_id_type" IN ('phone')
                THEN "t5"."external_id_value"
                ELSE CAST(NULL AS TEXT)
              END AS "phone",
              CAST(NULL AS TEXT) AS "country",
              "t5"."segment_id",
              CASE
                WHEN "t5"."external_id_type" IN ('anonymous_id')
                THEN "t5"."external_id_value"
                ELSE CAST(NULL AS TEXT)
              END AS "anonymous_id",
              CASE
                WHEN "t5"."external_id_type" IN ('ios.id', 'ios.idfa', 'android.id', 'android.idfa')
                THEN "t5"."external_id_value"
                ELSE CAST(NULL AS TEXT)
              END AS "device_id",
              "t5"."timestamp" AS "_first",
              "t5"."timestamp" AS "_last"
            FROM "profile_identifiers_once" AS "t5"
            WHERE
              "t5"."external_id_type" IN (
                'user_id',
                'email',
                'phone',
                'anonymous_id',
                'ios.id',
                'ios.idfa',
                'android.id',
                'android.idfa'
              )
          ) AS "t15"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8
        ) AS "t24"
        WHERE
          NOT COALESCE(
            "t24"."customer_ref",
            "t24"."loyalty_card",
            "t24"."email",
            "t24"."phone",
            "t24"."segment_id",
            "t24"."anonymous_id",
            "t24"."device_id"
          ) IS NULL
      ) AS "t36"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t27"."customer_ref",
            "t27"."loyalty_card",
            "t27"."email",
            "t27"."phone",
            "t27"."country",
            "t27"."segment_id",
            "t27"."anonymous_id",
            "t27"."device_id",
            "t27"."first_seen",
            "t27"."last_seen",
            "t27"."seen",
            'customers' AS "source"
          FROM (
            SELECT
              "t23"."customer_ref",
              "t23"."loyalty_card",
              "t23"."email",
              "t23"."phone",
              "t23"."country",
              "t23"."segment_id",
              "t23"."anonymous_id",
              "t23"."device_id",
              MIN("t23"."_first") AS "first_seen",
              MAX("t23"."_last") AS "last_seen",
              COUNT(*) AS "seen"
            FROM (
              SELECT
                "t6"."customer_ref",
                "t6"."loyalty_card",
                "t6"."email",
                "t6"."phone",
                "t6"."country",
                CAST(NULL AS TEXT) AS "segment_id",
                CAST(NULL AS TEXT) AS "anonymous_id",
                CAST(NULL AS TEXT) AS "device_id",
                LEAST("t6"."created_at", "t6"."source_ts") AS "_first",
                "t6"."source_ts" AS "_last"
              FROM "customers_changes" AS "t6"
              WHERE
                "t6"."source_ts" < GETVARIABLE('as_of')
                AND (
                  (
                    "t6"."op" IS NULL
                  ) OR (
                    "t6"."op" <> 'D'
                  )
                )
            ) AS "t23"
            GROUP BY
              1,
              2,
              3,
              4,
              5,
              6,
              7,
              8
          ) AS "t27"
          WHERE
            NOT COALESCE(
              "t27"."customer_ref",
              "t27"."loyalty_card",
              "t27"."email",
              "t27"."phone",
              "t27"."segment_id",
              "t27"."anonymous_id",
              "t27"."device_id"
            ) IS NULL
        ) AS "t39"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t20"."customer_ref",
            "t20"."loyalty_card",
            "t20"."email",
            "t20"."phone",
            "t20"."country",
            "t20"."segment_id",
            "t20"."anonymous_id",
            "t20"."device_id",
            "t20"."first_seen",
            "t20"."last_seen",
            "t20"."seen",
            'orders' AS "source"
          FROM (
            SELECT
              "t13"."customer_ref",
              "t13"."loyalty_card",
              "t13"."email",
              "t13"."phone",
              "t13"."country",
              "t13"."segment_id",
              "t13"."anonymous_id",
              "t13"."device_id",
              MIN("t13"."_first") AS "first_seen",
              MAX("t13"."_last") AS "last_seen",
              COUNT(*) AS "seen"
            FROM (
              SELECT
                "t7"."customer_ref",
                "t7"."loyalty_card",
                "t7"."email",
                CAST(NULL AS TEXT) AS "phone",
                CAST(NULL AS TEXT) AS "country",
                CAST(NULL AS TEXT) AS "segment_id",
                CAST(NULL AS TEXT) AS "anonymous_id",
                CAST(NULL AS TEXT) AS "device_id",
                "t7"."ordered_at" AS "_first",
                "t7"."ordered_at" AS "_last"
              FROM "orders" AS "t7"
            ) AS "t13"
            GROUP BY
              1,
              2,
              3,
              4,
              5,
              6,
              7,
              8
          ) AS "t20"
          WHERE
            NOT COALESCE(
              "t20"."customer_ref",
              "t20"."loyalty_card",
              "t20"."email",
              "t20"."phone",
              "t20"."segment_id",
              "t20"."anonymous_id",
              "t20"."device_id"
            ) IS NULL
        ) AS "t32"
      ) AS "t41"
    ) AS "t42"
  ) AS "t43"
) AS "t44"
