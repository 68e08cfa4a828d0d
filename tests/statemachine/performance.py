"""How a scenario went, whatever engine it was played on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from tests.statemachine import actor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.statemachine.histories import Fired
    from tests.statemachine.scenarios import Scenario


def evaluation_id_of(number: int) -> str:
    """The evaluation's id in the scenario that stands at this place: the same on every engine."""
    return f"play-{number:016x}"


@dataclass(frozen=True)
class Child:
    """A job's execution: how it ended, and what happened in it."""

    job: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    fired: tuple[Fired, ...]

    @classmethod
    def described(cls, description: Mapping[str, Any], fired: tuple[Fired, ...]) -> Self:
        """The child that DescribeExecution shows."""
        return cls(
            job=json.loads(description["input"])["job"]["job_id"],
            status=description["status"],
            output=json.loads(description.get("output") or "null"),
            error=description.get("error"),
            cause=description.get("cause"),
            fired=fired,
        )


@dataclass(frozen=True)
class Performance:
    """How a scenario went: the calls of each job ("evaluation" for the rest), and the jobs' executions of all runs of
    the Map, in the order of their starts.
    """

    scenario: Scenario
    evaluation_id: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    calls: dict[str, list[dict[str, Any]]]
    children: list[Child]
    map_runs: int
    fired: tuple[Fired, ...]

    def way_of(self, job: str = actor.EVALUATION) -> tuple[str, ...]:
        """The states that called their Lambda, in order."""
        return tuple(call["state"] for call in self.calls.get(job, []))

    def events(self, state: str) -> list[dict[str, Any]]:
        """What the Lambda of that state was given, each time."""
        return [call["event"] for calls in self.calls.values() for call in calls if call["state"] == state]

    def all_fired(self) -> Iterator[Fired]:
        """All that happened, in the evaluation's execution and in those of its jobs."""
        yield from self.fired
        for child in self.children:
            yield from child.fired
