"""Who holds a slot and who waits for one: one small document for all evaluations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Limits:
    """How many jobs may run at once: `total` of all, and `per_judge` of those that one model judges."""

    total: int
    per_judge: int


# Those of a stack that sets no others (`max_concurrent_jobs`, `max_jobs_per_judge`).
DEFAULT_LIMITS: Final = Limits(total=18, per_judge=5)


@dataclass(frozen=True)
class Claim:
    """A job that wants to run; `judges` are the models that score it (one limit counts for each)."""

    evaluation: str
    job_id: str
    job_name: str
    judges: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A claim that holds a slot, or waits for one, `since` a time and at most `until` one, in seconds since 1970.

    A lease that has run out still counts until Bedrock says that its job does not run; a wish that has run out is gone.
    """

    claim: Claim
    since: int
    until: int

    def to_json(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        claim = self.claim
        return {
            "evaluation": claim.evaluation,
            "job_id": claim.job_id,
            "judges": list(claim.judges),
            "since": self.since,
            "until": self.until,
        }

    @classmethod
    def from_json(cls, job_name: str, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`; numbers may be of any kind."""
        claim = Claim(str(data["evaluation"]), str(data["job_id"]), job_name, tuple(data["judges"]))
        return cls(claim, int(data["since"]), int(data["until"]))


@dataclass(frozen=True)
class SlotState:
    """Leases (of jobs that run or are being started) and wishes (of jobs that wait), by job name."""

    leases: Mapping[str, Entry] = field(default_factory=dict)
    wishes: Mapping[str, Entry] = field(default_factory=dict)

    def held(self, claim: Claim, *, now: int, until: int) -> SlotState:
        """The state in which this job has a slot until that time, whether there is room or not."""
        known = self.leases.get(claim.job_name)
        # A lease that is taken again never looks as it did: who took it first has to see that.
        lease = Entry(claim, known.since, max(until, known.until + 1)) if known else Entry(claim, now, until)
        return SlotState({**self.leases, claim.job_name: lease}, _without(self.wishes, claim.job_name))

    def wished(self, claim: Claim, *, now: int, until: int) -> SlotState:
        """The state in which this job waits; it keeps its place in the queue."""
        known = self.wishes.get(claim.job_name)
        return replace(self, wishes={**self.wishes, claim.job_name: Entry(claim, known.since if known else now, until)})

    def released(self, job_name: str) -> SlotState:
        """The state in which this job neither holds a slot nor waits."""
        return SlotState(_without(self.leases, job_name), _without(self.wishes, job_name))

    def lapsed(self, job_name: str, *, now: int) -> SlotState:
        """The state in which this job's lease has run out by then: who needs the slot asks Bedrock if it is gone."""
        lease = self.leases.get(job_name)
        leases = {**self.leases, job_name: replace(lease, until=min(lease.until, now))} if lease else self.leases
        return SlotState(leases, _without(self.wishes, job_name))

    def current(self, *, now: int) -> SlotState:
        """The state without wishes that nobody has repeated in time."""
        return replace(self, wishes={name: wish for name, wish in self.wishes.items() if wish.until > now})

    def to_json(self) -> dict[str, Any]:
        """The state as a JSON object."""
        return {
            "leases": {name: entry.to_json() for name, entry in self.leases.items()},
            "wishes": {name: entry.to_json() for name, entry in self.wishes.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The reverse of `to_json`."""
        return cls(
            {name: Entry.from_json(name, entry) for name, entry in data["leases"].items()},
            {name: Entry.from_json(name, entry) for name, entry in data["wishes"].items()},
        )


def _without(entries: Mapping[str, Entry], name: str) -> Mapping[str, Entry]:
    return {key: entry for key, entry in entries.items() if key != name} if name in entries else entries
