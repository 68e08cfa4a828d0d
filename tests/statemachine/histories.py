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
    """An entry of a Retry matched an error by the name `listed` in it, States.ALL among them: `again` says whether an
    attempt followed or the attempts were spent. `met` is the error's own name; what is `everything` knows none.
    """

    state: str
    index: int
    listed: str
    again: bool
    met: str = field(default="", compare=False)


@dataclass(frozen=True, order=True)
class Caught:
    """An entry of a Catch took an error by the name `listed` in it; `met` as above."""

    state: str
    index: int
    listed: str
    met: str = field(default="", compare=False)


Fired = Entered | Retried | Caught | Transition


@dataclass
class Visit:
    """One stay in a state: the errors of its attempts, and what it handed on."""

    state: str
    errors: list[str] = field(default_factory=list)
    succeeded: bool = False
    output: Any = None


def everything(machine: Mapping[str, Any]) -> set[Fired]:
    """All that the definition says can happen."""
    found: set[Fired] = set(definition.all_transitions(machine))
    for name, state in definition.all_states(machine).items():
        found.add(Entered(name))
        for index, retrier in enumerate(state.get("Retry", [])):
            for listed in retrier["ErrorEquals"]:
                found.add(Retried(name, index, listed, again=False))
                if retrier["MaxAttempts"]:
                    found.add(Retried(name, index, listed, again=True))
        for index, catcher in enumerate(state.get("Catch", [])):
            found |= {Caught(name, index, listed) for listed in catcher["ErrorEquals"]}
    return found


def fired(machine: Mapping[str, Any], events: Iterable[Event]) -> Iterator[Fired]:
    """What happened in one execution, from its history."""
    states = definition.all_states(machine)
    visits = list(_visits(events))
    for visit, following in zip(visits, [*visits[1:], None], strict=True):
        yield Entered(visit.state)
        state = states[visit.state]
        yield from _retried(state, visit)
        if following:
            way = _transition(states, visit, following.state)
            if way.way.startswith("Catch"):
                yield from _caught(state, visit, way)
            yield way


def _visits(events: Iterable[Event]) -> Iterator[Visit]:
    visit: Visit | None = None
    for event in events:
        kind = event["type"]
        if kind.endswith("StateEntered"):
            if visit:
                yield visit
            visit = Visit(event["stateEnteredEventDetails"]["name"])
        elif visit and kind in {"TaskFailed", "MapRunFailed"}:
            visit.errors.append(event[kind[0].lower() + kind[1:] + "EventDetails"]["error"])
            visit.succeeded = False  # what a Task answers may still be of no use to the state
        elif visit and kind in {"TaskSucceeded", "MapRunSucceeded"}:
            visit.succeeded = True
        elif visit and kind.endswith("StateExited"):
            visit.output = json.loads(event["stateExitedEventDetails"]["output"])
    if visit:
        yield visit


def _retried(state: Mapping[str, Any], visit: Visit) -> Iterator[Retried]:
    for number, error in enumerate(visit.errors, start=1):
        found = matching(state.get("Retry", []), error)
        if found:
            yield Retried(visit.state, *found, again=number < len(visit.errors) or visit.succeeded, met=error)


def _caught(state: Mapping[str, Any], visit: Visit, way: Transition) -> Iterator[Caught]:
    index, listed = matching(state["Catch"], visit.errors[-1]) or (-1, "")
    if way.way == f"Catch[{index}]":
        yield Caught(visit.state, index, listed, met=visit.errors[-1])


def _transition(states: definition.States, visit: Visit, target: str) -> Transition:
    ways = [way for way in definition.transitions({visit.state: states[visit.state]}) if way.target == target]
    if len(ways) > 1 and states[visit.state]["Type"] == "Task":
        ways = [way for way in ways if way.way.startswith("Catch") != visit.succeeded]
    if len(ways) > 1 and visit.errors and (found := matching(states[visit.state]["Catch"], visit.errors[-1])):
        ways = [way for way in ways if way.way == f"Catch[{found[0]}]"]
    (way,) = ways
    return way


def matching(rules: Iterable[Mapping[str, Any]], error: str) -> tuple[int, str] | None:
    """Place of the first rule whose ErrorEquals covers the error, and the name by which it does (Developer Guide,
    "Handling errors": two errors of Step Functions' own are covered by no wildcard).
    """
    names = [error]
    if error not in {"States.Runtime", "States.DataLimitExceeded"}:
        names += ["States.ALL"] if error == "States.Timeout" else ["States.TaskFailed", "States.ALL"]
    for index, rule in enumerate(rules):
        for listed in names:
            if listed in rule["ErrorEquals"]:
                return index, listed
    return None
