"""Stops an evaluation: what runs on Bedrock is stopped, the rest never starts, and what is done is kept and summarised.

The mark in the head is the stop; StartJob, CheckJob and PlanEvaluation obey it, and the state machine goes its way to
the summary and the event. The running jobs are stopped here as well, and whoever waits for their end is woken to look
at them; where that does not come off, the reconciler does it within a quarter of an hour.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gavel.aws import jobs, waits
from gavel.names.statuses import EvaluationStatus, JobStatus
from gavel.problems import JobToLookAtError, TryLaterError

if TYPE_CHECKING:
    from gavel.aws.table import EvaluationTable


@dataclass(frozen=True)
class Stop:
    """What a request to stop came to.

    `ended`: the evaluation had ended before, and keeps that end. `asked` is how many running jobs Bedrock was asked to
    stop now; those that a busy Bedrock left are stopped at their next look, which the reconciler brings about.
    """

    status: EvaluationStatus
    requested_at: str | None
    ended: bool
    asked: int


def stop_evaluation(evaluation: str, *, table: EvaluationTable, now: str) -> Stop | None:
    """Ask for the stop of an evaluation, once; asking again is no other stop. None when there is no such evaluation."""
    table.request_stop(evaluation, now=now)
    head = table.head(evaluation)
    if head is None:
        return None
    status = EvaluationStatus(head["status"])
    asked = 0 if status.final else _stop_running(evaluation, table)
    return Stop(status, head.get("stop_requested_at"), ended=status.final, asked=asked)


def _stop_running(evaluation: str, table: EvaluationTable) -> int:
    running = [job for job in table.jobs(evaluation) if job["status"] == JobStatus.STARTED and "job_arn" in job]
    asked = 0
    # Where AWS is busy, the stop is recorded: the reconciler wakes who still waits, and CheckJob stops what still runs.
    with suppress(TryLaterError):
        for job in running:
            jobs.stop(job["job_arn"])
            asked += 1
    # Every job first: what runs costs money, and to be woken only saves time.
    with suppress(TryLaterError):
        for job in running[:asked]:
            waits.wake_job(evaluation, job["job_id"], JobToLookAtError, "a stop was asked for", table=table)
    return asked
