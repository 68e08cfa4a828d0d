"""StartJob: starts one Bedrock job of the plan, exactly once.

A job passes the GATES in their order and is then created. A gate lets it pass (None), answers in its place, or raises
the error with which the state machine waits and comes again; so each may be passed any number of times.

The state machine gives a token, with which whoever sees the job end ends the state (`hand_on`). An execution that began
before it did so gives none, and looks at the job itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from gavel.admission.state import Claim
from gavel.aws import jobs, reuse, slots, spending, waits
from gavel.aws.failures import asked_once
from gavel.aws.job_end import STOPPED_AFTER, end_job, give_back
from gavel.aws.manifests import read_manifest
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import JobStatus
from gavel.names.table_keys import TASK_TOKENS
from gavel.planning.pacing import wait_seconds
from gavel.planning.panel import without_answers
from gavel.planning.plan import Job
from gavel.planning.request import evaluation_job_request, judge_models
from gavel.planning.reuse import content_hash, repeat_of
from gavel.pricing.budget import micro
from gavel.pricing.estimate import job_usd
from gavel.problems import JobToLookAtError, QuotaFullError, ResultsReadyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gavel.admission.state import Entry
    from gavel.aws.settings import Settings
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest

Answer = dict[str, Any]


@dataclass
class JobStart:
    """One attempt to start a job, and what its steps ask for; each is read at most once.

    `lease` is that of the job's slot, where this attempt was the first to take it; `token` its waiter's.
    """

    evaluation: str
    job: Job
    settings: Settings
    bucket: Bucket
    table: EvaluationTable
    now: str
    token: str | None = None
    lease: Entry | None = None

    @cached_property
    def known(self) -> Mapping[str, Any]:
        """The job's item in the table; empty when there is none."""
        return self.table.job(self.evaluation, self.job.job_id) or {}

    @cached_property
    def manifest(self) -> Manifest:
        """The evaluation's manifest."""
        return read_manifest(self.bucket, self.evaluation)

    @cached_property
    def request(self) -> dict[str, Any]:
        """What Bedrock is asked for."""
        settings = self.settings
        return evaluation_job_request(
            self.manifest,
            self.job,
            bucket=settings.bucket,
            role_arn=settings.bedrock_role_arn,
            key_arn=settings.key_arn,
        )

    @cached_property
    def content_hash(self) -> str:
        """Hash of the work that the job does; raises LookupError when its dataset is gone."""
        data = self.bucket.read(self.job.shard_key)
        if data is None:
            raise LookupError(f"there is no {self.job.shard_key}")
        digest = hashlib.sha256(data).hexdigest()
        return content_hash(self.request, shard_sha256=digest, repeat=repeat_of(self.manifest.suite, self.job))

    @property
    def first_wait(self) -> int:
        """Seconds until the first look at the job, where nothing wakes the state machine before."""
        if self.token:
            return self.job.timeout_seconds
        return wait_seconds(expected=self.job.expected_seconds, looks=0)

    @property
    def facts(self) -> dict[str, Any]:
        """What the table is told of a job that is started or refused."""
        job, suite = self.job, self.manifest.suite
        return {
            "job_name": job.job_name,
            "generator": suite.generators[job.generator].name,
            "judge": suite.judges[job.judge].name,
            "judge_models": list(judge_models(self.request)),
            "shard": job.shard,
            "records": job.records,
            "started_at": self.now,
        }

    def started(self, arn: str) -> Answer:
        """Record that Bedrock has the job, and give the answer that says when to look at it.

        Of an evaluation that ended meanwhile nobody looks at a job again: it is stopped, and ends here.
        """
        below = f"{EvaluationKeys(self.evaluation).bedrock}{self.job.job_name}/{arn.rpartition('/')[2]}/"
        facts = {**self.facts, "job_arn": arn, "raw_output": below, "content_hash": self.content_hash}
        waiting = {TASK_TOKENS: {self.token}} if self.token else {}
        if not self.table.advance_job(self.evaluation, self.job.job_id, JobStatus.STARTED, {**facts, **waiting}):
            return _overtaken(self, arn)
        if self.table.has_ended(self.evaluation):
            jobs.stop(arn)
            return self.end(JobStatus.STOPPED, STOPPED_AFTER, job_arn=arn)
        # Whoever asked for a stop has marked the head first and then looked for jobs, and may not have seen this one.
        wait = LOOK_AT_ONCE if self.table.stop_requested(self.evaluation) else self.first_wait
        return {"status": "InProgress", "job_arn": arn, "wait_seconds": wait}

    def end(self, status: JobStatus, reason: str, **more: object) -> Answer:
        """End the job before it began, with the reason and more facts, and give the answer that says so."""
        facts = {**self.facts, "reason": reason, **more}
        end_job(
            self.evaluation,
            self.job.job_id,
            status,
            facts,
            table=self.table,
            now=self.now,
            may_run=True,
            lease=self.lease,
        )
        return _ANSWER_OF_END[status]


# The wait that says: the job may have ended long ago, or is to be stopped.
LOOK_AT_ONCE: Final = 1
STOPPED_BEFORE: Final = "the evaluation was stopped before this job began"

_ANSWER_OF_END: Final[Mapping[JobStatus, Answer]] = {
    status: {"status": told} for status, told in waits.STATUS_OF_END.items()
}

# The results are there: only Bedrock's side of the work is left out.
_ANSWER_OF_REUSE: Final[Answer] = {"status": "Completed"}


def start_job(
    evaluation: str,
    line: Mapping[str, Any],
    *,
    settings: Settings,
    bucket: Bucket,
    table: EvaluationTable,
    now: str,
    token: str | None = None,
) -> Answer:
    """Start a job, or find the one that an earlier attempt started; `status` is Bedrock's word for it.

    A job that Bedrock refuses ends here as FAILED with Bedrock's reason, and the others go on. With a `token` the state
    machine waits for the job's end, unless it is told here that nothing is to be waited for.
    """
    start = JobStart(evaluation, Job.from_json(line), settings, bucket, table, now, token)
    for gate in GATES:
        answer = gate(start)
        if answer is not None:
            break
    else:
        answer = create(start)
    if token:
        hand_on(answer, token)
    return answer


def hand_on(answer: Answer, token: str) -> None:
    """Let the state machine wait for a job that runs; tell it otherwise what to do, by the token or by an error."""
    if answer["status"] in waits.STATUS_OF_END.values():
        waits.tell_end([token], answer["status"])
    elif answer["status"] != "InProgress":
        raise ResultsReadyError("the results are there")
    elif answer["wait_seconds"] == LOOK_AT_ONCE:
        raise JobToLookAtError("the job was started before, or is to be stopped")


def know(start: JobStart) -> Answer | None:
    """A job that ended, runs or has the results of another one is not started again."""
    if start.known.get("status") in _ANSWER_OF_END:
        # Again, because an attempt may have died before it gave everything back; but a job that was stopped may still
        # be stopping.
        may_run = start.known["status"] != JobStatus.COLLECTED
        give_back(start.evaluation, start.job.job_id, table=start.table, now=start.now, may_run=may_run)
        return _ANSWER_OF_END[JobStatus(start.known["status"])]
    if "reused_from" in start.known:
        return _ANSWER_OF_REUSE
    if "job_arn" in start.known:
        return _await_again(start, start.known["job_arn"])
    return None


def _await_again(start: JobStart, arn: str) -> Answer:
    """Wait for a job that an earlier attempt has started, unless it has ended meanwhile or is to be stopped.

    Its output may have told an earlier token, so after the new one is noted somebody has to look.
    """
    at_once = {"status": "InProgress", "job_arn": arn, "wait_seconds": LOOK_AT_ONCE}
    if not start.token:
        return at_once
    if not start.table.await_job(start.evaluation, start.job.job_id, start.token):
        return know(replace(start)) or at_once
    if start.table.stop_requested(start.evaluation):
        return at_once
    # First, so that whoever sees the job end after this look gives the slot back, and CheckJob does that otherwise.
    slots.keep(start.table, start.evaluation, start.job.job_id, wait_seconds=start.first_wait, now=start.now)
    if jobs.look(arn).status != "InProgress":
        return at_once
    return {**at_once, "wait_seconds": start.first_wait}


def stop(start: JobStart) -> Answer | None:
    """A job of an evaluation that is to stop, or has ended, is not started.

    Unless Bedrock has it: a start whose answer was lost leaves a job that no item names, and a slot. It is recorded,
    and CheckJob stops it, or lets its results be collected when it is done. Where lists do not show it yet, the
    reconciler stops it.
    """
    if not start.table.stop_requested(start.evaluation):
        return None
    if slots.holds(start.table, start.evaluation, start.job.job_id) and (arn := jobs.find(start.job.job_name)):
        return start.started(arn)
    return start.end(JobStatus.STOPPED, STOPPED_BEFORE)


def reuse_results(start: JobStart) -> Answer | None:
    """A job whose work another evaluation's job has done gets that one's results, unless the suite says no."""
    if not start.manifest.suite.reuse:
        return None
    found = reuse.find(start.table, start.bucket, start.content_hash, besides=start.evaluation)
    if found is None or slots.holds(start.table, start.evaluation, start.job.job_id):
        # With a slot Bedrock may have been asked for the job already, by an attempt that could not record it.
        return None
    source = {"evaluation_id": found.evaluation_id, "job_id": found.job_id}
    facts = {**start.facts, "reused_from": source, "raw_output": found.raw_output}
    if not start.table.advance_job(start.evaluation, start.job.job_id, JobStatus.STARTED, facts):
        return know(replace(start))  # another delivery of this attempt was faster
    # One that is slower may start the job yet, and then stops it (`_overtaken`).
    slots.lapse(start.table, start.evaluation, start.job.job_id, now=start.now, after=slots.STRAGGLER_SECONDS)
    return _ANSWER_OF_REUSE


def have_answers(start: JobStart) -> Answer | None:
    """A job of the panel scores answers that its lead job made: without them it fails."""
    if start.job.lead is None:
        return None
    lead = start.table.job(start.evaluation, start.job.lead) or {}
    reason = without_answers(start.job, lead)
    if reason is None:
        return None
    # Its reason stands at the lead job already, where that one failed.
    more = {} if lead.get("status") == JobStatus.COLLECTED else {"failed_with": start.job.lead}
    return start.end(JobStatus.FAILED, reason, **more)


def take_slot(start: JobStart) -> None:
    """A job without a slot waits for one."""
    claim = Claim(start.evaluation, start.job.job_id, start.job.job_name, judge_models(start.request))
    limits = start.settings.slot_limits
    start.lease = slots.acquire(start.table, claim, limits=limits, wait_seconds=start.first_wait, now=start.now)


def reserve_budget(start: JobStart) -> Answer | None:
    """A job under a budget reserves what it is expected to cost; one that would pass a limit fails instead."""
    budget, job = start.manifest.suite.budget, start.job
    if not budget.limited:
        return None
    cost = job_usd(
        start.manifest.estimate,
        generator=job.generator,
        judges=set(start.manifest.suite.scored_in(job.judge).values()),
        records=job.records,
        answers=start.manifest.suite.answers_in(generator=job.generator, judge=job.judge),
    )
    if cost is None:
        return start.end(JobStatus.FAILED, "not started: a price that the budget needs is unknown")
    amount = micro(getattr(cost, budget.basis.value))
    reason = spending.reserve(start.table, start.manifest, job.job_id, amount=amount)
    if reason is None:
        return None
    more = {} if reason == spending.SETTLED else {"over_budget": True}
    return start.end(JobStatus.FAILED, reason, **more)


GATES: Final[tuple[Callable[[JobStart], Answer | None], ...]] = (
    know,
    stop,
    have_answers,
    reuse_results,
    take_slot,
    reserve_budget,
)


def create(start: JobStart) -> Answer:
    """Ask Bedrock for the job, and record it."""
    try:
        arn = jobs.start(start.request)
    except QuotaFullError as full:
        # The room on Bedrock is taken by jobs that Gavel's slots do not know, so the slot is for others; unless the job
        # itself may have taken the last place. One that has ended runs out, so that its money is found.
        certain = asked_once(full.__cause__) and not start.table.stop_requested(start.evaluation)
        lease = start.lease if certain else None
        slots.give_back(start.table, start.evaluation, start.job.job_id, lease=lease, now=start.now)
        raise
    except jobs.JobRefusedError as refusal:
        return start.end(JobStatus.FAILED, str(refusal))
    return start.started(arn)


def _overtaken(start: JobStart, arn: str) -> Answer:
    """What the table says of a job that it knew before this attempt could record it.

    Another delivery of the attempt may have found results to reuse, or the job may have ended meanwhile. Then nobody
    will look at what was started here, so it is stopped.
    """
    now_known = replace(start)
    if now_known.known.get("job_arn") != arn or now_known.known["status"] != JobStatus.STARTED:
        jobs.stop(arn)
        if "job_arn" not in now_known.known:
            start.table.note_job(start.evaluation, start.job.job_id, {"job_arn": arn})
        slots.lapse(start.table, start.evaluation, start.job.job_id, now=start.now)
    answer = know(replace(start))
    if answer is None:
        raise LookupError(f"the item of job {start.job.job_id} says neither that it runs nor how it ended")
    return answer
