-- What drives the churn score of customers in the high band, in the newest scoring
WITH newest AS (
    SELECT max(scored_as_of) AS scored_as_of
    FROM scores
    WHERE model = 'churn'
),
high AS (
    SELECT s.customer_id, s.score, s.reasons
    FROM scores s
    JOIN newest n ON n.scored_as_of = s.scored_as_of
    WHERE s.model = 'churn' AND s.band = 'high'
)
SELECT driver, count(DISTINCT customer_id) AS customers, round(avg(score), 3) AS mean_score
FROM high
CROSS JOIN UNNEST(reasons) AS r (driver)
GROUP BY driver
ORDER BY customers DESC, driver
