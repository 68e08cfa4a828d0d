"""The end of a job: whichever state meets it, it is recorded here, and what the job held is given back here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.aws import slots, spending

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
    if not stopping:
        give_money_back(evaluation, job_id, table)
    (slots.lapse if stopping else slots.release)(table, evaluation, job_id, now=now)
    return advanced


def give_money_back(evaluation: str, job_id: str, table: EvaluationTable) -> None:
    """A job that Bedrock never had cost nothing, also one that took over results when it had reserved money already.

    What one cost that failed on Bedrock nobody knows: it stays reserved. What one cost that is collected is settled.
    """
    if "job_arn" not in (table.job(evaluation, job_id) or {}):
        spending.settle(table, evaluation, job_id, spent=0)
