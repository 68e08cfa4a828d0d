"""Reconcile: no evaluation without an end, no job of ours on Bedrock that nobody owns.

The state machine ends every evaluation that it can. It cannot when it was never started (the caller died after the
head was written), when nothing lets it catch the error (States.Runtime, the machine's timeout, StopExecution), or when
not even the failure could be recorded. Every step here may be made twice, and at the same time by two runs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import executions, job_records, jobs, slots, waits
from gavel.aws.end_evaluation import announce_end, break_off, uncounted
from gavel.aws.failures import ClientError, told
from gavel.aws.job_end import STOPPED_AFTER, end_job
from gavel.aws.record_keeping import RecordKeeper
from gavel.names.statuses import EvaluationStatus, JobStatus
from gavel.names.table_keys import LAST_RUN, Unfinished
from gavel.problems import GavelError, JobToLookAtError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.aws.end_evaluation import End
    from gavel.aws.executions import Execution
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

# An upload's Lambda writes the head and then starts the execution: so long nobody needs to help it.
STARTING: Final = timedelta(minutes=2)
# So long after the end of a job it may be that nobody was told; runs are a quarter of an hour apart.
UNTOLD: Final = timedelta(minutes=40)
_NOTED_PROBLEMS: Final = 20
_NOTED_CHARACTERS: Final = 500


@dataclass
class Report:
    """What a run did: evaluations by what became of them, jobs that were stopped, executions that were woken from their
    wait for a job's end, and records that were deleted.

    `problems` are the errors of single evaluations, which kept none of the others waiting; `cut_short` says that time
    ran out before all were looked at. `oldest_unfinished_hours` is the age of the oldest evaluation that is left
    without an announced end, 0 where there is none, and None where nobody looked.
    """

    looked_at: int = 0
    restarted: int = 0
    broken_off: int = 0
    announced: int = 0
    jobs_stopped: int = 0
    waits_ended: int = 0
    slots_freed: int = 0
    records_deleted: int = 0
    oldest_unfinished_hours: float | None = None
    problems: tuple[str, ...] = ()
    cut_short: bool = False

    def to_json(self) -> dict[str, Any]:
        """The report as the Lambda's answer."""
        return asdict(self)


@dataclass
class Reconciler:
    """One run. `clock` tells the time, for it takes minutes; `time_left` whether more work may be begun; `count` is
    told each end that this run announces.
    """

    settings: Settings
    table: EvaluationTable
    clock: Callable[[], str]
    time_left: Callable[[], bool]
    count: Callable[[End], None] = uncounted

    def __post_init__(self) -> None:
        self.report = Report()

    @property
    def now(self) -> str:
        """The time at this moment."""
        return self.clock()

    def one(self, evaluation: str) -> Report:
        """See to one evaluation whose execution has ended badly, and to its jobs. Raises what keeps it from that."""
        self._see_to(evaluation)
        self._stop_unowned(evaluation)
        return self.report

    def all(self) -> Report:
        """See to every unfinished evaluation, to jobs and slots that nobody owns, and to Bedrock's records of jobs."""
        for evaluation in self.table.unfinished(Unfinished.OPEN):
            if not self.time_left():
                self.report.cut_short = True
                break
            self._carefully(evaluation, partial(self._see_to, evaluation))
        self._carefully("age of evaluations", self._look_at_age)
        self._carefully("running jobs", partial(self._stop_unowned, None))
        self._carefully("waits for jobs", self._wake)
        self._carefully("job slots", self._free_slots)
        keeper = RecordKeeper(self.settings, self.table, self.now, self.time_left)
        self._carefully("records of jobs", keeper.run)
        self.report.records_deleted = keeper.deleted
        self._carefully("note of this run", self._leave_note)
        return self.report

    def _leave_note(self) -> None:
        """Say for `gavel doctor` that somebody looked, and what was left undone, as far as there is room."""
        told = [problem[:_NOTED_CHARACTERS] for problem in self.report.problems[:_NOTED_PROBLEMS]]
        self.table.remember(LAST_RUN, {"at": self.now, "problems": told})

    def _carefully(self, what: str, work: Callable[[], None]) -> None:
        """Do one piece of work; its error stands in the report and keeps no other piece from being done."""
        try:
            work()
        except (GavelError, ClientError) as error:
            self.report.problems = (*self.report.problems, f"{what}: {type(error).__name__}: {told(error)}")

    def _see_to(self, evaluation: str) -> None:
        self.report.looked_at += 1
        head = self.table.head(evaluation)
        if head is None:
            return
        execution = executions.look(evaluation, state_machine_arn=self.settings.state_machine_arn)
        if execution and execution.status == executions.RUNNING:
            return
        status = EvaluationStatus(head["status"])
        if status.final:
            if self.table.is_open(evaluation):
                announce_end(evaluation, settings=self.settings, table=self.table, now=self.now, count=self.count)
                self.report.announced += 1
        elif execution is None and status is EvaluationStatus.STARTING:
            if self._age(head["created_at"]) > STARTING:
                executions.start(evaluation, state_machine_arn=self.settings.state_machine_arn)
                self.report.restarted += 1
        else:
            stopped = "stop_requested_at" in head
            end = EvaluationStatus.STOPPED if stopped else EvaluationStatus.FAILED
            reason = _reason(execution, stopped=stopped)
            break_off(evaluation, end, reason, settings=self.settings, table=self.table, now=self.now, count=self.count)
            self.report.broken_off += 1

    def _stop_unowned(self, evaluation: str | None) -> None:
        """Stop jobs in progress whose evaluation has ended or is to stop, that ended in the table, or are unknown."""
        for job in job_records.running(role_arn=self.settings.bedrock_role_arn, evaluation=evaluation):
            head = self.table.head(job.evaluation)
            known = self.table.job(job.evaluation, job.job) or {}
            ended = JobStatus(known.get("status", JobStatus.STARTED)).rank > JobStatus.STARTED.rank
            if head is not None and not ended and not self.table.stop_requested(job.evaluation):
                continue
            jobs.stop(job.arn)
            self.report.jobs_stopped += 1
            if ended and "job_arn" not in known:
                self.table.note_job(job.evaluation, job.job, {"job_arn": job.arn})
            if head is not None and EvaluationStatus(head["status"]).final and not ended:
                facts = {"job_arn": job.arn, "reason": STOPPED_AFTER}
                end_job(
                    job.evaluation,
                    job.job,
                    JobStatus.STOPPED,
                    facts,
                    table=self.table,
                    now=self.now,
                    may_run=True,
                )

    def _wake(self) -> None:
        """Have jobs looked at whose end is waited for although Bedrock does not run them any more, or is not to.

        A job that failed writes no output that would tell of it, an event may get lost, and whoever recorded an end may
        have died before he told it. One list stands for a look at every job; to be woken once too often costs a look.
        """
        running = cache(job_records.names_running)
        for evaluation in self.table.unfinished(Unfinished.OPEN):
            if not self.time_left():
                self.report.cut_short = True
                return
            self._carefully(f"waits of {evaluation}", partial(self._wake_who_waits, evaluation, running))

    def _wake_who_waits(self, evaluation: str, running: Callable[[], frozenset[str]]) -> None:
        stopped = self.table.stop_requested(evaluation)
        for job in self.table.jobs(evaluation):
            if "job_arn" not in job or "reused_from" in job:
                continue
            if job["status"] != JobStatus.STARTED:
                untold = self._age(job.get("ended_at") or job["started_at"]) < UNTOLD
            else:
                # A list may come late: a job that it does not show is asked for by itself.
                untold = stopped or (
                    job["job_name"] not in running() and jobs.look(job["job_arn"]).status != "InProgress"
                )
            if untold:
                cause = "the reconciler: the job has ended, is to be stopped, or is not in progress any more"
                woken = waits.wake_job(evaluation, job["job_id"], JobToLookAtError, cause, table=self.table)
                self.report.waits_ended += woken

    def _free_slots(self) -> None:
        self.report.slots_freed = slots.sweep(self.table, now=self.now)

    def _look_at_age(self) -> None:
        """Ask the table of each, the oldest first: the index may still hold some whose end was announced just now."""
        self.report.oldest_unfinished_hours = 0.0
        for evaluation in self.table.unfinished(Unfinished.OPEN):
            head = self.table.head(evaluation)
            if head is not None and self.table.is_open(evaluation):
                self.report.oldest_unfinished_hours = round(self._age(head["created_at"]) / timedelta(hours=1), 3)
                return

    def _age(self, since: str) -> timedelta:
        return datetime.fromisoformat(self.now) - datetime.fromisoformat(since)


def _reason(execution: Execution | None, *, stopped: bool) -> str:
    if execution is None:
        how = "is older than Step Functions remembers"
    else:
        how = f"ended as {execution.status}" + (f" ({execution.error})" if execution.error else "")
    if stopped:
        return f"stopped; its execution {how} before the scores were joined"
    return (
        f"its execution {how} without recording an end; the execution's history says where. What was done is kept: "
        "start the dataset again under another idempotency key to go on"
    )
