-- Customers by band and decile of each model, in each scoring
SELECT model, scored_as_of, band, decile, count(DISTINCT customer_id) AS customers, round(avg(score), 4) AS mean_score
FROM scores
GROUP BY model, scored_as_of, band, decile
ORDER BY model, scored_as_of DESC, decile DESC, band
