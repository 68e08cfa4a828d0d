"""The end of a job: whichever state meets it, it is recorded here, and what the job held is given back here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.aws import slots, spending

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.admission.state import Entry
    from gavel.aws.table import EvaluationTable
    from gavel.names.statuses import JobStatus

STOPPED_AFTER: Final = "stopped because the evaluation had ended"


def end_job(  # noqa: PLR0913 - what is recorded, and what is known of it
    evaluation: str,
    job_id: str,
    status: JobStatus,
    facts: Mapping[str, object],
    *,
    table: EvaluationTable,
    now: str,
    may_run: bool = False,
    lease: Entry | None = None,
) -> bool:
    """Record the final status of a job with its facts; False when it had ended before, and then it keeps that end.

    What it held is given back (`give_back`).
    """
    advanced = table.advance_job(evaluation, job_id, status, {**facts, "ended_at": now})
    if not advanced and "job_arn" in facts:
        # Whoever ended it did not know that Bedrock has it.
        table.note_job(evaluation, job_id, {"job_arn": facts["job_arn"]})
    give_back(evaluation, job_id, table=table, now=now, may_run=may_run, lease=lease)
    return advanced


def give_back(
    evaluation: str,
    job_id: str,
    *,
    table: EvaluationTable,
    now: str,
    may_run: bool,
    lease: Entry | None = None,
) -> None:
    """Give back what a job held that has ended; doing it again changes nothing.

    A job that Bedrock has, `may_run` or not, keeps its money reserved (what one cost that failed nobody knows; what one
    cost that is collected is settled), and its slot until Bedrock says that it does not run. One that Bedrock is not
    known to have may be there all the same, or another delivery of its start may be asking for it: then whoever finds
    its slot run out gives its money back. Only without a slot, or with the `lease` of this very delivery, Bedrock was
    never asked for it, or refused; and a delivery that asks later, after all, is stopped when it records the job.
    """
    known = table.job(evaluation, job_id) or {}
    if "job_arn" in known:
        taken_over = "reused_from" in known  # then what Bedrock has came too late, and was asked to stop
        if taken_over:
            spending.settle(table, evaluation, job_id, spent=None)
        if may_run or taken_over:
            slots.lapse(table, evaluation, job_id, now=now)
        else:
            slots.release(table, evaluation, job_id, now=now)
    elif slots.give_back(table, evaluation, job_id, lease=lease, now=now):
        spending.settle(table, evaluation, job_id, spent=0)
