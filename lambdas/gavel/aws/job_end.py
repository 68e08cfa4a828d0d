"""The end of a job: whichever state meets it, it is recorded here, and what the job held is given back here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.aws import slots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.table import EvaluationTable
    from gavel.names import JobStatus


def end_job(
    evaluation: str,
    job_id: str,
    status: JobStatus,
    facts: Mapping[str, object],
    *,
    table: EvaluationTable,
    now: str,
    stopping: bool = False,
) -> bool:
    """Record the final status of a job with its facts; False when it had ended before, and then it keeps that end.

    With `stopping` the job was asked to stop and may still run: its slot becomes free once Bedrock says it has ended.
    """
    advanced = table.advance_job(evaluation, job_id, status, {**facts, "ended_at": now})
    (slots.lapse if stopping else slots.release)(table, evaluation, job_id, now=now)
    return advanced
