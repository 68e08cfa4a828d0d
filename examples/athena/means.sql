-- Mean of every model and metric in every evaluation, over the records that have a score.
SELECT
    suite,
    evaluation_id,
    metric,
    judge,
    generator,
    count(value) AS scored,
    count(*) FILTER (WHERE missing) AS missing,
    avg(value) AS mean,
    stddev_samp(value) AS stdev
FROM scores
GROUP BY suite, evaluation_id, metric, judge, generator
ORDER BY suite, evaluation_id, metric, judge, generator;
