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
),
drivers AS (
    SELECT customer_id, score, substr(reason, 2) AS driver, CASE substr(reason, 1, 1) WHEN '+' THEN 'raises' ELSE 'lowers' END AS effect
    FROM high
    CROSS JOIN UNNEST(reasons) AS r (reason)
)
SELECT driver, effect, count(DISTINCT customer_id) AS customers, round(avg(score), 3) AS mean_score
FROM drivers
GROUP BY driver, effect
ORDER BY customers DESC, driver, effect
