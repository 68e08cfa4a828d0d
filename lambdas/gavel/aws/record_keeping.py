"""Deletes Bedrock's records of jobs that have ended: after a while, and before the account's limit is reached.

Bedrock keeps at most 5,000 evaluation jobs of an account and Region, ended ones included, until somebody deletes them
(quota "total number of evaluation jobs"; BatchDeleteEvaluationJob). Results in S3 are not touched by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import job_records, jobs
from gavel.aws.job_end import STOPPED_AFTER, end_job
from gavel.names.statuses import JobStatus
from gavel.names.table_keys import RECORDS, Unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

QUOTA: Final = 5000
MANY: Final = 4000  # from here on the oldest are deleted before their time
ENOUGH: Final = 3500  # and until so few are left
MOST_A_RUN: Final = 1000

# Counting all jobs takes up to a thousand calls. Twenty run at once, and none was seen to take less than 7 minutes: as
# long as this bound stays below MANY, there cannot be so many.
_NEW_JOBS_A_MINUTE: Final = 20 / 5


@dataclass
class RecordKeeper:
    """One run of at most MOST_A_RUN deletions."""

    settings: Settings
    table: EvaluationTable
    now: str
    time_left: Callable[[], bool]
    deleted: int = 0

    def run(self) -> None:
        """Delete what is old enough, and then as many of the oldest as the limit asks for."""
        keep = timedelta(days=int(self.settings.keep_bedrock_jobs_days))
        before = (datetime.fromisoformat(self.now) - keep).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        there = self._count()
        for evaluation in list(self.table.unfinished(Unfinished.ON_BEDROCK, before=before)):
            self._delete(evaluation, most=MOST_A_RUN - self.deleted, ended=True)
        if there is None:
            return
        excess = there - ENOUGH if there >= MANY else 0
        for evaluation, ended in self._oldest_first() if excess > self.deleted else ():
            self._delete(evaluation, most=min(excess, MOST_A_RUN) - self.deleted, ended=ended)
        self.table.remember(RECORDS, {"count": there - self.deleted, "at": self.now})

    def _oldest_first(self) -> Iterator[tuple[str, bool]]:
        """Evaluations that ended, and then those that go on: a large one may itself need more than the limit."""
        for evaluation in list(self.table.unfinished(Unfinished.ON_BEDROCK)):
            yield evaluation, True
        for evaluation in list(self.table.unfinished(Unfinished.OPEN)):
            yield evaluation, False

    def _delete(self, evaluation: str, *, most: int, ended: bool) -> None:
        """Delete up to `most` records of jobs that ended; an evaluation that ended and has none left is settled."""
        if most <= 0 or not self.time_left():
            return
        known = list(self.table.jobs(evaluation))
        if ended:
            self._end_forgotten(evaluation, known)
        kept = {
            job["job_arn"]: job["job_id"]
            for job in known
            if "job_arn" in job and "record_deleted_at" not in job and (ended or job["status"] != JobStatus.STARTED)
        }
        for arn in job_records.delete(list(kept)[:most]):
            self.table.note_job(evaluation, kept.pop(arn), {"record_deleted_at": self.now})
            self.deleted += 1
        if ended and not kept:
            self.table.settle(evaluation)

    def _end_forgotten(self, evaluation: str, known: Iterable[Mapping[str, Any]]) -> None:
        """End jobs that a straggler recorded while the evaluation was being ended, and of which nobody was told."""
        for job in known:
            if job["status"] == JobStatus.STARTED:
                if arn := job.get("job_arn"):
                    jobs.stop(arn)
                facts = {"reason": STOPPED_AFTER}
                end_job(
                    evaluation, job["job_id"], JobStatus.STOPPED, facts, table=self.table, now=self.now, may_run=True
                )

    def _count(self) -> int | None:
        """How many records there are; None while there cannot be MANY."""
        last = self.table.recall(RECORDS)
        if last is not None:
            passed = datetime.fromisoformat(self.now) - datetime.fromisoformat(str(last["at"]))
            if last["count"] + passed.total_seconds() / 60 * _NEW_JOBS_A_MINUTE < MANY:
                return None
        return job_records.count()
