"""FailJob: records why a job cannot be finished, and stops it on Bedrock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws import jobs
from gavel.aws.job_end import end_job
from gavel.names.statuses import JobStatus
from gavel.planning.plan import Job
from gavel.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.table import EvaluationTable


def fail_job(
    evaluation: str, line: Mapping[str, Any], *, error: Mapping[str, Any], table: EvaluationTable, now: str
) -> dict[str, Any]:
    """Stop the job if Bedrock has it, and record the reason.

    A start whose answer was lost leaves a job that no item names; it is found by its name, or by the reconciler where
    lists do not show it yet.
    """
    job = Job.from_json(line)
    known = table.job(evaluation, job.job_id) or {}
    arn = known.get("job_arn") or jobs.find(job.job_name)
    if arn:
        jobs.stop(arn)
    facts: dict[str, Any] = {
        "job_name": job.job_name,
        "records": job.records,
        "reason": reason_of(error),
        **({"job_arn": arn} if arn else {}),
    }
    end_job(evaluation, job.job_id, JobStatus.FAILED, facts, table=table, now=now, may_run=True)
    return {"status": "Failed"}
