"""FailEvaluation: stops what still runs on Bedrock, and ends the evaluation with a reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gavel.aws import jobs, slots
from gavel.aws.announce import announce
from gavel.aws.job_end import end_job
from gavel.names import EvaluationStatus, JobStatus
from gavel.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable


def fail_evaluation(
    evaluation: str, *, error: Mapping[str, Any], settings: Settings, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """End an evaluation as FAILED; an evaluation that had ended already keeps its end. The answer is the final head."""
    known = list(table.jobs(evaluation))
    for job in known:
        if job["status"] == JobStatus.STARTED and "job_arn" in job:
            jobs.stop(job["job_arn"])
            facts = {"reason": "stopped because the evaluation failed"}
            end_job(evaluation, job["job_id"], JobStatus.STOPPED, facts, table=table, now=now, stopping=True)
    slots.forget(table, evaluation, now=now)
    reasons = job_reasons(known)
    reason = f"{reason_of(error)}. {reasons}" if reasons else reason_of(error)
    table.advance(evaluation, EvaluationStatus.FAILED, now=now, facts={"reason": reason[:2000]})
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    announce(head, bucket=settings.bucket, event_bus=settings.event_bus)
    return head


def job_reasons(known: Iterable[Mapping[str, Any]]) -> str:
    """Why jobs failed, each reason once with its number of jobs, the commonest first; empty when none failed.

    Jobs of the panel that failed because their lead job did add no reason of their own.
    """
    counts = Counter(str(job["reason"]) for job in known if job.get("reason") and not job.get("failed_with"))
    return " ".join(
        f"{count} job(s): {reason}." for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
