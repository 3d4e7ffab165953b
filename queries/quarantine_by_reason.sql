-- Refused rows of the last thirty days by data set, reason and column
SELECT dataset, reason, "column", count(*) AS refused, count(DISTINCT file) AS files, max(at) AS latest
FROM quarantine_records
WHERE from_iso8601_timestamp(at) >= date_add('day', -30, current_timestamp)
GROUP BY dataset, reason, "column"
ORDER BY refused DESC, dataset, reason, "column"
