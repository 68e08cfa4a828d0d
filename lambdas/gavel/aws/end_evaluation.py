"""The end of an evaluation: whichever state meets it, it is recorded and announced here.

An evaluation stays in the index of unfinished ones until its end was announced, so that a crash between the two is
mended by the reconciler. Announced means: EventBridge has the event, and SNS the message.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import jobs, slots
from gavel.aws.announce import announce
from gavel.aws.job_end import end_job, give_back
from gavel.aws.notify import notify
from gavel.aws.suite_history import BaselineItem, SetBy, SuiteHistory
from gavel.names.identities import is_suite_name, job_name
from gavel.names.statuses import WITH_RESULTS, EvaluationStatus, JobStatus
from gavel.names.table_keys import GATE_SORT_PREFIX, SUMMARY_SORT_PREFIX
from gavel.reasons import of_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

# Stands in a head whose event was published while its message is still to come.
EVENT_PUBLISHED: Final = "event_published_at"


@dataclass(frozen=True)
class End:
    """An evaluation's end as metrics count it: its head, its summaries over all categories, and whether a budget
    refused it or kept a job from starting.
    """

    head: Mapping[str, Any]
    summaries: Sequence[Mapping[str, Any]] = ()
    over_budget: bool = False


def uncounted(_end: End) -> None:
    """The `count` of whoever counts no ends."""


def end_evaluation(
    evaluation: str,
    status: EvaluationStatus,
    *,
    settings: Settings,
    table: EvaluationTable,
    now: str,
    count: Callable[[End], None] = uncounted,
) -> dict[str, Any]:
    """End an evaluation and announce it; one that had ended already keeps its end. The answer is the final head."""
    table.advance(evaluation, status, now=now)
    return announce_end(evaluation, settings=settings, table=table, now=now, count=count)


def break_off(
    evaluation: str,
    status: EvaluationStatus,
    reason: str,
    *,
    settings: Settings,
    table: EvaluationTable,
    now: str,
    count: Callable[[End], None] = uncounted,
) -> dict[str, Any]:
    """End an evaluation that nobody carries on: stop what runs on Bedrock, record the reason, announce the end."""
    known = list(table.jobs(evaluation))
    # A job that takes over another one's results has none of its own on Bedrock.
    left = {job["job_id"]: job.get("job_arn") for job in known if job["status"] == JobStatus.STARTED}
    recorded = {job["job_id"] for job in known}
    for job_id in table.reserving_jobs(evaluation):
        if job_id not in recorded:
            # Whoever started it died before it was recorded. Only Bedrock knows whether it was asked for the job, and
            # so whether its money is spent.
            left[job_id] = jobs.find(job_name(evaluation, job_id))
    for job_id, arn in left.items():
        facts = {"reason": f"stopped because the evaluation {_ENDED[status]}"}
        if arn:
            jobs.stop(arn)
            facts["job_arn"] = arn
        end_job(evaluation, job_id, JobStatus.STOPPED, facts, table=table, now=now, may_run=True)
    slots.forget(table, evaluation, now=now)
    table.advance(evaluation, status, now=now, facts=of_end(_told(reason, known), job_reasons(known)))
    # Again, for a lease that was renewed between: who renews one later sees the end, and lets it run out.
    slots.forget(table, evaluation, now=now)
    return announce_end(evaluation, settings=settings, table=table, now=now, count=count)


def _told(reason: str, known: Iterable[Mapping[str, Any]]) -> str:
    """The reason with how many jobs have one of their own."""
    failed = sum(1 for job in known if job.get("reason") and not job.get("failed_with"))
    return f"{reason}; {failed} job(s) failed" if failed else reason


def announce_end(
    evaluation: str,
    *,
    settings: Settings,
    table: EvaluationTable,
    now: str,
    count: Callable[[End], None] = uncounted,
) -> dict[str, Any]:
    """Publish event and message of an evaluation that has ended, and give its head; consumers know a repeated event.

    `count` is told the end once: again only when the process dies before the table knows of it. Raises TryLaterError
    when the event or the message was not taken; the event is not published again for a message that was not.

    Before that, money which its jobs still have reserved is given back where Bedrock never had them: whoever ended them
    may have died too early, and a job whose end could not be recorded has nobody else.
    """
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    for job_id in table.reserving_jobs(evaluation):
        give_back(evaluation, job_id, table=table, now=now, may_run=True)
    _remember(head, table, now)
    if EVENT_PUBLISHED not in head:
        announce(head, bucket=settings.bucket, event_bus=settings.event_bus)
        if table.is_open(evaluation):
            count(_end_of(head, table))
    _notify(head, settings, table, now)
    table.close(evaluation, ended_at=head["ended_at"])
    return head


def _end_of(head: Mapping[str, Any], table: EvaluationTable) -> End:
    evaluation = head["evaluation_id"]
    summaries = []
    if head["status"] in WITH_RESULTS and head.get("coverage"):
        items = table.results(evaluation, SUMMARY_SORT_PREFIX)
        summaries = [item for item in items if item["category"] is None]
    over_budget = bool(head.get("over_budget"))
    if not over_budget and head.get("budget"):
        over_budget = any(job.get("over_budget") for job in table.jobs(evaluation))
    return End(head, summaries, over_budget)


def _notify(head: Mapping[str, Any], settings: Settings, table: EvaluationTable, now: str) -> None:
    evaluation = head["evaluation_id"]
    gates = list(table.results(evaluation, GATE_SORT_PREFIX)) if head.get("verdict") else []
    try:
        notify(head, gates, settings=settings)
    except Exception:
        # A topic that takes nothing for days must not bring the event again with every run of the reconciler.
        table.note(evaluation, {EVENT_PUBLISHED: now})
        raise


def _remember(head: Mapping[str, Any], table: EvaluationTable, now: str) -> None:
    """Write the end into the suite's history; an evaluation that passed becomes the baseline, unless one was set."""
    if not is_suite_name(head["suite"]):
        return
    history = SuiteHistory(table, head["suite"])
    evaluation, created_at = head["evaluation_id"], head["created_at"]
    history.note(evaluation, created_at, {"status": head["status"], "ended_at": head["ended_at"]})
    if head["status"] == EvaluationStatus.COMPLETED and head.get("may_be_baseline"):
        history.set_baseline(BaselineItem(evaluation, created_at, SetBy.PASS, now))


def job_reasons(known: Iterable[Mapping[str, Any]]) -> str:
    """Why jobs failed, each reason once with its number of jobs, the commonest first; empty when none failed.

    Jobs of the panel that failed because their lead job did add no reason of their own.
    """
    counts = Counter(str(job["reason"]) for job in known if job.get("reason") and not job.get("failed_with"))
    return " ".join(
        f"{count} job(s): {reason}." for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


_ENDED = {EvaluationStatus.FAILED: "failed", EvaluationStatus.STOPPED: "was stopped"}
