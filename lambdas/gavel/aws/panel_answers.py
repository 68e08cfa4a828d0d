"""The answers of lead jobs, which CollectScores hands on to the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.aws.shards import write_shard
from gavel.names.object_keys import EvaluationKeys
from gavel.planning.panel import collect_answers, source_id
from gavel.planning.plan import leads, panel_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.aws.storage import Bucket
    from gavel.planning.plan import Job
    from gavel.results.matching import Matching, ShardRecord
    from gavel.suites.suite import Suite


def hand_on_answers(
    evaluation: str, job: Job, suite: Suite, *, bucket: Bucket, records: Sequence[ShardRecord], matching: Matching
) -> dict[str, int]:
    """Write what a live generator answered in a lead job as a dataset for the panel, and say how many answers.

    Nothing is written, and nothing said, for other jobs; and nothing written where nothing was answered.
    """
    if not leads(job, suite):
        return {}
    source = source_id(suite.generators[job.generator], job.generator)
    answers = collect_answers(records, dict(matching.rows), source=source)
    if answers.numbers:
        key = EvaluationKeys(evaluation).shard(panel_series(job.generator), job.shard)
        write_shard(bucket, key, answers.lines, answers.numbers)
    return {"answers": len(answers.numbers)}
