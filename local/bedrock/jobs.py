"""The jobs of all accounts and Regions, and the steps that a job's status may take."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from local.bedrock.errors import ApiError
from local.bedrock.faults import chance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.bedrock.host import Caller
    from local.bedrock.job_request import JobRequest

# Quotas of the AWS general reference, Amazon Bedrock: concurrent automatic jobs, and evaluation jobs in all.
MAX_IN_PROGRESS: Final = 20
MAX_JOBS: Final = 5_000

TERMINAL: Final = frozenset({"Completed", "Failed", "Stopped"})
_NEXT: Final = {
    "InProgress": frozenset({"Completed", "Failed", "Stopping", "Stopped", "Deleting"}),
    "Stopping": frozenset({"Stopped"}),
    "Completed": frozenset({"Deleting"}),
    "Failed": frozenset({"Deleting"}),
    "Stopped": frozenset({"Deleting"}),
    "Deleting": frozenset[str](),
}
_ALPHABET: Final = string.ascii_lowercase + string.digits


@dataclass
class Job:
    """One evaluation job; `body` is the create request, which Get echoes."""

    arn: str
    caller: Caller
    body: dict[str, Any]
    request: JobRequest
    created: datetime
    number: int
    status: str = "InProgress"
    modified: datetime | None = None
    failure_messages: tuple[str, ...] = field(default=())

    @property
    def id(self) -> str:
        """The last 12 characters of the ARN."""
        return self.arn.rpartition("/")[2]

    def move(self, status: str, at: datetime, messages: Iterable[str] = ()) -> bool:
        """Take a step if the state machine has it; False when the job is already elsewhere."""
        if status not in _NEXT[self.status]:
            return False
        self.status, self.modified = status, at
        self.failure_messages = tuple(message[:2048] for message in messages)
        return True


class JobStore:
    """Jobs by account and Region; used from one thread only."""

    def __init__(self) -> None:
        """Start empty."""
        self._jobs: dict[str, Job] = {}
        self._tokens: dict[tuple[str, str, str], str] = {}
        self._count = 0

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        return list(self._jobs.values())

    def of(self, caller: Caller) -> list[Job]:
        """The caller's jobs in its Region, oldest first."""
        return [
            j for j in self._jobs.values() if (j.caller.account, j.caller.region) == (caller.account, caller.region)
        ]

    def find(self, caller: Caller, arn: str) -> Job:
        """The caller's job with this ARN; ApiError ResourceNotFoundException."""
        job = self._jobs.get(arn)
        if job is None or (job.caller.account, job.caller.region) != (caller.account, caller.region):
            raise ApiError("ResourceNotFoundException", f"The evaluation job {arn} could not be found.")
        return job

    def earlier(self, caller: Caller, token: str | None) -> Job | None:
        """The job that an earlier request with the same clientRequestToken made."""
        arn = self._tokens.get((caller.account, caller.region, token)) if token else None
        return self._jobs.get(arn) if arn else None

    def add(self, caller: Caller, *, body: dict[str, Any], request: JobRequest, at: datetime) -> Job:
        """Make a job InProgress; ApiError for a name in use or a quota that is full."""
        mine = self.of(caller)
        if any(job.request.name == request.name for job in mine):
            raise ApiError("ConflictException", f"An evaluation job with the name {request.name} already exists.")
        if sum(job.status in {"InProgress", "Stopping"} for job in mine) >= MAX_IN_PROGRESS:
            raise ApiError(
                "ServiceQuotaExceededException",
                f"You have reached the maximum of {MAX_IN_PROGRESS} automatic evaluation jobs in progress. "
                "Wait for one to finish, or stop one.",
            )
        if len(mine) >= MAX_JOBS:
            raise ApiError(
                "ServiceQuotaExceededException", f"You have reached the maximum of {MAX_JOBS} evaluation jobs."
            )
        self._count += 1
        arn = f"arn:aws:bedrock:{caller.region}:{caller.account}:evaluation-job/{_job_id(caller, request, self._count)}"
        job = Job(arn=arn, caller=caller, body=body, request=request, created=at, number=self._count)
        self._jobs[arn] = job
        if token := body.get("clientRequestToken"):
            self._tokens[caller.account, caller.region, token] = arn
        return job

    def remove(self, job: Job) -> None:
        """Forget a deleted job; its name is free again (GUESS)."""
        self._jobs.pop(job.arn, None)


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _job_id(caller: Caller, request: JobRequest, count: int) -> str:
    draws = (chance("id", caller.account, caller.region, request.name, count, place) for place in range(12))
    return "".join(_ALPHABET[int(draw * len(_ALPHABET))] for draw in draws)
