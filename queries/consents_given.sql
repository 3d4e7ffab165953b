-- How many people allow what on which channel at a moment, from the consents that sources recorded; unknown means no.
-- The newest word counts; at the same time the refusal does
WITH answers AS (
    SELECT
        coalesce(customer_ref, email, anonymous_id) AS person, purpose, channel, granted,
        row_number() OVER (
            PARTITION BY coalesce(customer_ref, email, anonymous_id), purpose, channel
            ORDER BY recorded_at DESC, granted, consent_id DESC
        ) AS newest
    FROM consents
    WHERE recorded_at < current_timestamp
)
SELECT purpose, channel, count_if(granted) AS allowed, count_if(NOT granted) AS refused
FROM answers
WHERE newest = 1
GROUP BY purpose, channel
ORDER BY purpose, channel
