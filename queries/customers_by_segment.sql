-- Customers by segment in the newest segmenting: how many, how close to the middle, in which lifecycle, and how many buy best
WITH newest AS (
    SELECT max(segmented_as_of) AS segmented_as_of
    FROM customer_segments
)
SELECT
    s.segment, s.segment_name,
    count(DISTINCT s.customer_id) AS customers,
    round(avg(s.distance), 2) AS mean_distance,
    count(DISTINCT CASE WHEN s.lifecycle IN ('new', 'active') THEN s.customer_id END) AS new_or_active,
    count(DISTINCT CASE WHEN s.lifecycle IN ('dormant', 'churned') THEN s.customer_id END) AS dormant_or_churned,
    count(DISTINCT CASE WHEN s.rfm IN ('champions', 'loyal') THEN s.customer_id END) AS champions_or_loyal
FROM customer_segments s
JOIN newest n ON n.segmented_as_of = s.segmented_as_of
GROUP BY s.segment, s.segment_name
ORDER BY customers DESC, s.segment
