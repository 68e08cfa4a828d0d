"""CollectArrivals: output of jobs has arrived in the bucket; scores are collected, and executions that wait go on.

An event says that Bedrock has written a file, not that the job is done: one look confirms it, and jobs that arrive
together share one. Until then the event comes again. Whatever an event says is read again from the table and
from Bedrock: a second one, one of a job that ended otherwise, or one of nobody's job changes nothing. What cannot be
collected here is left to the state machine, which has more patience, and says why a job failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import job_records, jobs, slots, waits
from gavel.aws.collect_scores import collect_job
from gavel.aws.manifests import read_manifest
from gavel.names import identities, object_keys
from gavel.names.statuses import JobStatus
from gavel.planning.plan import planned_job
from gavel.problems import JobToLookAtError, TryLaterError, UnusableResultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable

Work = tuple[str, str]  # an evaluation and one of its jobs

# So often a job is looked at whose output is there; then the state machine's own looks, which are rarer, take over.
MOST_LOOKS: Final = 18
# An error that is not AWS's being busy leaves the job to the state machine, unless its event is as young as this.
MOST_ATTEMPTS: Final = 3


class Outcome(Enum):
    """What became of an event."""

    DONE = auto()
    COMES_AGAIN = auto()


@dataclass(frozen=True)
class Arrival:
    """A file of Bedrock's output: its key, and how often its event was received."""

    key: str
    received: int = 1

    @property
    def work(self) -> Work | None:
        """The job that wrote it; None where it cannot be one of Gavel's."""
        return object_keys.job_of_output(self.key)


@dataclass
class Arrivals:
    """One batch. `faults` are the errors of single jobs, which kept no other from being collected."""

    bucket: Bucket
    table: EvaluationTable
    clock: Callable[[], str]
    faults: list[Exception] = field(default_factory=list)

    def take(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """See to every arrival; an outcome for each, in their order."""
        known = {work: self._look_up(work) for work in {one.work for one in arrivals if one.work}}
        completed = self._listed_completed({work: item for work, item in known.items() if item and _is_running(item)})
        outcomes: dict[Work, Outcome] = {}
        # Of several files of one job, the one that came most often says how much patience is left.
        received: dict[Work, int] = {}
        for one in arrivals:
            if one.work:
                received[one.work] = max(received.get(one.work, 0), one.received)
        found = []
        for arrival in arrivals:
            work = arrival.work
            item = known[work] if work else {}
            if work is None or (item and not arrival.key.startswith(item.get("raw_output", ""))):
                found.append(Outcome.DONE)  # nobody's, or of another job of that name
                continue
            if work not in outcomes:
                outcomes[work] = self._see_to(work, item, received[work], completed=work in completed)
            found.append(outcomes[work])
        return found

    def _look_up(self, work: Work) -> Mapping[str, Any] | None:
        """The job's item, empty where there is none; None where the table does not answer."""
        try:
            return self.table.job(*work) or {}
        except Exception as error:  # noqa: BLE001 - as below
            self.faults.append(error)
            return None

    def _listed_completed(self, running: Mapping[Work, Mapping[str, Any]]) -> set[Work]:
        """Those of the jobs that a list says are completed, where one list saves several looks.

        Completed is the last status of a job, so that a list which comes late says nothing wrong of one that it shows.
        """
        if len(running) < 2:
            return set()
        try:
            listed = job_records.completed(since=min(item["started_at"] for item in running.values()))
        except Exception as error:  # noqa: BLE001 - as below; then each is looked at
            self.faults.append(error)
            return set()
        return {work for work, item in running.items() if item["job_arn"] in listed}

    def _see_to(self, work: Work, item: Mapping[str, Any] | None, received: int, *, completed: bool) -> Outcome:
        if item is None:
            return Outcome.COMES_AGAIN
        try:
            return self._carefully(work, item, received, completed=completed)
        except TryLaterError as error:
            self.faults.append(error)
            if received < MOST_LOOKS:
                return Outcome.COMES_AGAIN
        except Exception as error:  # noqa: BLE001 - one job's fault must not keep the others waiting; the caller tells it
            self.faults.append(error)
            if received < MOST_ATTEMPTS and not isinstance(error, UnusableResultsError):
                return Outcome.COMES_AGAIN
        # The machine's own steps look at the job, try it a few times more, and then fail it with the reason.
        return self._hand_over(work)

    def _hand_over(self, work: Work) -> Outcome:
        try:
            waits.wake_job(*work, JobToLookAtError, "the results could not be collected yet", table=self.table)
        except Exception as error:  # noqa: BLE001 - as above
            self.faults.append(error)
            return Outcome.COMES_AGAIN
        return Outcome.DONE

    def _carefully(self, work: Work, item: Mapping[str, Any], received: int, *, completed: bool) -> Outcome:
        if item.get("status") in waits.STATUS_OF_END:
            waits.tell_end(self.table.task_tokens(*work), waits.STATUS_OF_END[JobStatus(item["status"])])
            return Outcome.DONE
        if not _is_running(item):
            # Not recorded yet, or it takes over the results of another job while its own are stopped.
            return _patiently(received)
        status = "Completed" if completed else jobs.look(item["job_arn"]).status
        if status in jobs.RUNNING:
            if received >= MOST_LOOKS:
                waits.wake_job(*work, JobToLookAtError, "output is there, the job still runs", table=self.table)
            return _patiently(received)
        if status != "Completed":
            waits.wake_job(*work, JobToLookAtError, "output is there, the job is not completed", table=self.table)
            return Outcome.DONE
        self._collect(work)
        return Outcome.DONE

    def _collect(self, work: Work) -> None:
        evaluation, job_id = work
        # First, so that a job that waits for the slot need not wait for this.
        slots.release(self.table, evaluation, job_id, now=self.clock())
        manifest = read_manifest(self.bucket, evaluation)
        job = planned_job(evaluation, manifest.suite, manifest.shard_sizes, identities.job_place(job_id))
        collect_job(manifest, job, bucket=self.bucket, table=self.table, now=self.clock())
        # What stands in the table now: it may have ended otherwise meanwhile, and others may wait.
        ended = (self.table.job(evaluation, job_id) or {})["status"]
        waits.tell_end(self.table.task_tokens(evaluation, job_id), waits.STATUS_OF_END[JobStatus(ended)])


def _is_running(item: Mapping[str, Any]) -> bool:
    return item.get("status") == JobStatus.STARTED and "job_arn" in item and "reused_from" not in item


def _patiently(received: int) -> Outcome:
    return Outcome.COMES_AGAIN if received < MOST_LOOKS else Outcome.DONE
