-- Why scores are missing: how many for each reason, and their share of what the judge owed on that metric.
SELECT
    suite,
    evaluation_id,
    metric,
    judge,
    reason,
    count(*) AS records,
    CAST(count(*) AS double) / max(owed) AS share
FROM (
    SELECT
        suite,
        evaluation_id,
        metric,
        judge,
        reason,
        missing,
        count(*) OVER (PARTITION BY suite, evaluation_id, metric, judge) AS owed
    FROM scores
) AS every_score
WHERE missing
GROUP BY suite, evaluation_id, metric, judge, reason
ORDER BY records DESC, suite, evaluation_id, metric, judge, reason;
