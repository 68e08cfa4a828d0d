"""Reads from the histories of executions which ways of the definition were really gone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.statemachine import definition
from tests.statemachine.definition import Transition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Event = dict[str, Any]


@dataclass(frozen=True, order=True)
class Entered:
    """A state was entered."""

    state: str


@dataclass(frozen=True, order=True)
class Retried:
    """An entry of a Retry matched an error: `again` says whether an attempt followed or the attempts were spent."""

    state: str
    index: int
    again: bool


Fired = Entered | Retried | Transition


@dataclass
class Visit:
    """One stay in a state: the errors of its attempts, the number of attempts, what it handed on."""

    state: str
    attempts: int = 0
    errors: list[str] = field(default_factory=list)
    succeeded: bool = False
    output: Any = None


def everything(machine: Mapping[str, Any]) -> set[Fired]:
    """All that the definition says can happen."""
    found: set[Fired] = set(definition.all_transitions(machine))
    for name, state in definition.all_states(machine).items():
        found.add(Entered(name))
        for index, retrier in enumerate(state.get("Retry", [])):
            found.add(Retried(name, index, again=False))
            if retrier["MaxAttempts"]:
                found.add(Retried(name, index, again=True))
    return found


def fired(machine: Mapping[str, Any], events: Iterable[Event]) -> Iterator[Fired]:
    """What happened in one execution, from its history."""
    states = definition.all_states(machine)
    visits = list(_visits(events))
    for visit, following in zip(visits, [*visits[1:], None], strict=True):
        yield Entered(visit.state)
        yield from _retried(states[visit.state], visit)
        if following:
            yield _transition(states, visit, following.state)


def _visits(events: Iterable[Event]) -> Iterator[Visit]:
    visit: Visit | None = None
    for event in events:
        kind = event["type"]
        if kind.endswith("StateEntered"):
            if visit:
                yield visit
            visit = Visit(event["stateEnteredEventDetails"]["name"])
        elif visit and kind in {"TaskScheduled", "MapRunStarted"}:
            visit.attempts += 1
        elif visit and kind == "TaskFailed":
            visit.errors.append(event["taskFailedEventDetails"]["error"])
        elif visit and kind == "TaskSucceeded":
            visit.succeeded = True
        elif visit and kind.endswith("StateExited"):
            visit.output = json.loads(event["stateExitedEventDetails"]["output"])
    if visit:
        yield visit


def _retried(state: Mapping[str, Any], visit: Visit) -> Iterator[Retried]:
    errors = list(visit.errors)
    if state["Type"] == "Map" and "error" in visit.output:
        # A Map's history tells of its runs, not of their errors; the caught one was that of the last attempt.
        errors = [visit.output["error"]["Error"]] * max(visit.attempts, 1)
    for number, error in enumerate(errors, start=1):
        index = _matching(state["Retry"], error)
        if index is not None:
            yield Retried(visit.state, index, again=number < len(errors) or visit.succeeded)


def _transition(states: definition.States, visit: Visit, target: str) -> Transition:
    ways = [way for way in definition.transitions({visit.state: states[visit.state]}) if way.target == target]
    if len(ways) > 1 and states[visit.state]["Type"] == "Task":
        ways = [way for way in ways if way.way.startswith("Catch") != visit.succeeded]
    (way,) = ways
    return way


def _matching(rules: Iterable[Mapping[str, Any]], error: str) -> int | None:
    for index, rule in enumerate(rules):
        if error in rule["ErrorEquals"] or rule["ErrorEquals"] == ["States.ALL"]:
            return index
    return None
