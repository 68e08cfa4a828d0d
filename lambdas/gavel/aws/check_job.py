"""CheckJob: one look at a Bedrock job, for whoever waited too long for its output, or was told to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws import jobs, slots, waits
from gavel.aws.job_end import end_job, give_back
from gavel.names.statuses import JobStatus
from gavel.planning.pacing import wait_seconds
from gavel.planning.plan import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.table import EvaluationTable


NOT_STARTED: Final = "NotStarted"


def check_job(
    evaluation: str, line: Mapping[str, Any], *, looks: int, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """Bedrock's status of a job, and how long to wait for the next look.

    A failed or stopped job is recorded as such; a job that still runs keeps its slot, any other has given it back. A
    job of an evaluation that is to stop is stopped; one that is done already keeps its results. Of a job whose end
    stands in the table that end is told, and one that was never recorded is NotStarted.
    """
    job = Job.from_json(line)
    known = table.job(evaluation, job.job_id) or {}
    if known.get("status") in waits.STATUS_OF_END:
        # Whoever recorded that end gave the slot back; a look that began before may have taken it again after that.
        may_run = known["status"] != JobStatus.COLLECTED
        give_back(evaluation, job.job_id, table=table, now=now, may_run=may_run)
        return {"status": waits.STATUS_OF_END[JobStatus(known["status"])], "wait_seconds": 0}
    if "job_arn" not in known:
        return {"status": NOT_STARTED, "wait_seconds": 0}
    job_arn = known["job_arn"]
    view = jobs.look(job_arn)
    if view.status == "InProgress" and table.stop_requested(evaluation):
        jobs.stop(job_arn)
        view = jobs.JobView("Stopping")
    if view.status == "Failed":
        reason = "; ".join(view.reasons) or "Bedrock gave no reason"
        end_job(evaluation, job.job_id, JobStatus.FAILED, {"reason": reason}, table=table, now=now)
    elif view.status == "Stopped":
        reason = "the Bedrock job was stopped"
        end_job(evaluation, job.job_id, JobStatus.STOPPED, {"reason": reason}, table=table, now=now)
    wait = wait_seconds(expected=0 if view.status == "Stopping" else job.expected_seconds, looks=looks)
    if view.status in jobs.RUNNING:
        slots.keep(table, evaluation, job.job_id, wait_seconds=wait, now=now)
    else:
        slots.release(table, evaluation, job.job_id, now=now)
    return {"status": view.status, "job_arn": job_arn, "wait_seconds": wait}
