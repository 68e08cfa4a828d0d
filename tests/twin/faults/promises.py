"""What must hold when a schedule is over, beyond what must hold after every kill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gavel.names.statuses import EvaluationStatus, JobStatus
from tests.twin.faults.inputs import INPUTS
from tests.twin.faults.plan import Act, Plan
from tests.twin.faults.sameness import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.twin.kills.promises import Found

type Item = dict[str, Any]

# A step is tried four times, each call in it three times: what fewer calls fail may fail nothing.
FATAL_CALLS = 10


@dataclass(frozen=True)
class Ended:
    """An evaluation that is over. `met` counts the disturbed calls of its schedule (three for an
    object whose content broke off, which the SDK does not ask for again), `planned` are its plan's lines.

    `alone` says that its suite has no other one, whose trend its report would show; `undisturbed` is what the run of
    the same input told people that nobody disturbed.
    """

    plan: Plan
    found: Found
    met: int
    planned: list[Item]
    summary: Item | None
    alone: bool
    told: Mapping[str, str] = field(default_factory=dict)
    undisturbed: Mapping[str, str] = field(default_factory=dict)

    @property
    def aborted(self) -> bool:
        """Whether somebody ended its execution."""
        return bool(self.plan.kinds & {Act.ABORT, Act.REDRIVE})


def broken_promises(ended: Ended) -> list[str]:
    """Every promise about an evaluation that was not kept, as a sentence."""
    return [
        f"{ended.found.evaluation}: {sentence}"
        for promise in (_status, _one_job_each, _counted, _same)
        for sentence in promise(ended)
    ]


def _status(ended: Ended) -> Iterator[str]:
    """It comes to the end that its input and what people asked for give it, unless AWS let it down for long."""
    status, plan = ended.found.status, ended.plan
    refused = INPUTS[plan.input].refused
    allowed = {EvaluationStatus.REFUSED} if refused else {EvaluationStatus.COMPLETED}
    if "stop_requested_at" in ended.found.seen.head:
        allowed.add(EvaluationStatus.STOPPED)
    if ended.aborted or ended.met >= FATAL_CALLS or ended.found.spoiled:
        allowed.add(EvaluationStatus.FAILED)
    reason = str(ended.found.seen.head.get("reason", ""))
    if status.final and status not in allowed:
        yield f"is {status} ({reason}) after {ended.met} disturbed calls"
    if "InternalError" in reason:
        yield f"failed by a fault of Gavel's own: {reason}"
    for job_id, job in ended.found.seen.jobs.items():
        if "InternalError" in str(job.get("reason", "")):
            yield f"its job {job_id} failed by a fault of Gavel's own: {job['reason']}"


def _one_job_each(ended: Ended) -> Iterator[str]:
    """Bedrock was asked for what was planned, each once, and for nothing else."""
    evaluation = ended.found.evaluation
    planned = {str(line["job_name"]) for line in ended.planned}
    digest = evaluation.rpartition("-")[2]
    started = {name: count for name, count in ended.found.starts.items() if digest in name}
    for name, count in sorted(started.items()):
        if name not in planned:
            yield f"the job {name} was started, but not planned"
        if count > 1:
            yield f"the job {name} was started {count} times"
    if ended.found.status is EvaluationStatus.COMPLETED and not ended.found.spoiled:
        for name in sorted(planned - set(started)):
            yield f"it is COMPLETED, but its job {name} was never started"


def _counted(ended: Ended) -> Iterator[str]:
    """Scored and missing are all that was expected, and what is scored is what the jobs' items counted."""
    status = ended.found.status
    if status not in {EvaluationStatus.COMPLETED, EvaluationStatus.STOPPED}:
        return
    if ended.summary is None:
        scored_any = any(job["status"] == JobStatus.COLLECTED for job in ended.found.seen.jobs.values())
        # An execution that somebody ended summarises nothing; the raw results and the scores of its jobs are there.
        if scored_any and not ended.aborted:
            yield f"is {status} and has scores, but no summary"
        return
    whole = [one for one in ended.summary["summaries"] if one["category"] is None]
    scored, missing = sum(one["n"] for one in whole), sum(one["missing"] for one in whole)
    expected = INPUTS[ended.plan.input].scores
    if scored + missing != expected:
        yield f"tells of {scored} scored and {missing} missing scores, which are not all {expected}"
    jobs = [job for job in ended.found.seen.jobs.values() if job["status"] == JobStatus.COLLECTED]
    collected = sum(int(job["scored"]) for job in jobs)
    if scored != collected:
        yield f"tells of {scored} scores, but its jobs have {collected}"


def _same(ended: Ended) -> Iterator[str]:
    """What it tells people is what an evaluation of the same input tells that nobody disturbed."""
    undisturbed = {EvaluationStatus.COMPLETED, EvaluationStatus.REFUSED}
    if ended.found.status in undisturbed and ended.alone and not ended.found.spoiled:
        yield from differences(ended.told, ended.undisturbed)


def evaluations_asked_for(heads: list[Item], *, uploads: int, more: int, asked: set[str]) -> Iterator[str]:
    """Each upload, key and scheduled run is one evaluation, however often it was told of."""
    ids = {head["evaluation_id"] for head in heads}
    if not uploads <= len(ids) <= uploads + more:
        yield f"{len(ids)} evaluations came of {uploads} upload(s) and {more} other start(s): {sorted(ids)}"
    for evaluation in sorted(asked - ids):
        yield f"{evaluation} was promised to whoever asked for it, and does not exist"
