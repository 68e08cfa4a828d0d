-- The ten worst records of every model on one metric, with what was asked, answered and said about it; where lower is
-- better, order by value DESC. Put the names of your suite and metric in the two conditions.
-- The texts of an answer stand in its first row only, so they are spread over its rows before a metric is chosen.
WITH answers AS (
    SELECT
        evaluation_id,
        generator,
        judge,
        metric,
        record,
        category,
        value,
        explanation,
        max(prompt) OVER (PARTITION BY evaluation_id, record, generator, judge) AS prompt,
        max(reference) OVER (PARTITION BY evaluation_id, record, generator, judge) AS reference,
        max(response) OVER (PARTITION BY evaluation_id, record, generator, judge) AS response
    FROM scores
    WHERE suite = 'my-suite'
),
ranked AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY evaluation_id, generator, judge ORDER BY value, record) AS place
    FROM answers
    WHERE metric = 'Builtin.Correctness' AND value IS NOT NULL
)
SELECT evaluation_id, generator, judge, place, record, category, value, explanation, prompt, reference, response
FROM ranked
WHERE place <= 10
ORDER BY evaluation_id, generator, judge, place;
