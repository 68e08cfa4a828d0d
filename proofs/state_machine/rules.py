"""What must be true of the definition, whatever happens: each rule looks at a parsed one and tells its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.planning import pacing
from proofs.state_machine import sizes
from proofs.state_machine.loops import reachable, unbounded
from tests.statemachine import definition, jsonata_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.statemachine.definition import State, States

    Findings = list[str]

LARGEST_NUMBER: Final = 99_999_999
# The one expression for a time: a field of the plan's line, of which `gavel.planning.pacing` says how long it may be.
PLANNED_TIMEOUT: Final = "$states.input.job.timeout_seconds"


@dataclass(frozen=True)
class Rule:
    """One rule: `check` answers what breaks it, a sentence each."""

    claim: str
    check: Callable[[Mapping[str, Any]], Findings]


def time_is_bounded(machine: Mapping[str, Any]) -> Findings:
    """The machine and every Task in it have TimeoutSeconds, and so has no call for ever.

    One that waits for its token has the time that the plan says, and the plan's own bounds hold.
    """
    holders = {"the machine": machine, **definition.tasks(machine)}
    return [
        f"{name}: TimeoutSeconds is missing or no number that Step Functions takes"
        for name, holder in holders.items()
        if not _is_timeout(_bound(holder))
    ]


def failures_are_tried_again_and_caught(machine: Mapping[str, Any]) -> Findings:
    """Whatever calls a service has a Retry and a Catch."""
    return [
        f"{name}: no {field}"
        for name, state in _fallible(machine)
        for field in ("Retry", "Catch")
        if not state.get(field)
    ]


def every_error_is_caught(machine: Mapping[str, Any]) -> Findings:
    """States.ALL is the last entry of every Catch, and of every Task's Retry."""
    found = []
    for name, state in _fallible(machine):
        for field in ("Retry", "Catch"):
            rules = state.get(field) or [{"ErrorEquals": []}]
            # A Map is run again for what Step Functions could not read or write, never for what its jobs did.
            if rules[-1]["ErrorEquals"] != ["States.ALL"] and (state["Type"] == "Task" or field == "Catch"):
                found.append(f"{name}: the last entry of {field} is not States.ALL")
    return found


def states_all_stands_alone_and_last(machine: Mapping[str, Any]) -> Findings:
    """States.ALL hides what stands beside or behind it, and Step Functions refuses it there."""
    found = []
    for name, field, rules in _rules(machine):
        for place, rule in enumerate(rules):
            alone = rule["ErrorEquals"] == ["States.ALL"] and place == len(rules) - 1
            if "States.ALL" in rule["ErrorEquals"] and not alone:
                found.append(f"{name}: {field}[{place}] names States.ALL beside or before something")
    return found


def no_error_is_named_twice(machine: Mapping[str, Any]) -> Findings:
    """The first entry that names an error decides, so a second one would never be asked."""
    found = []
    for name, field, rules in _rules(machine):
        names = [error for rule in rules for error in rule["ErrorEquals"]]
        found += [f"{name}: {field} names {error} twice" for error in sorted(set(names)) if names.count(error) > 1]
    return found


def retries_are_patient(machine: Mapping[str, Any]) -> Findings:
    """Every Retry has a longest delay and full jitter, so that what was throttled together does not come back so."""
    return [
        f"{name}: Retry[{place}] lacks a longest delay or full jitter"
        for name, field, rules in _rules(machine)
        for place, rule in enumerate(rules)
        if field == "Retry"
        and rule.get("MaxAttempts") != 0
        and (rule.get("JitterStrategy") != "FULL" or not rule.get("MaxDelaySeconds"))
    ]


def loops_are_bounded(machine: Mapping[str, Any]) -> Findings:
    """In every loop a counter grows that a condition of the loop holds under a limit."""
    return [
        f"the states from {start}: a loop without a bound" for start, states in _scopes(machine) if unbounded(states)
    ]


def every_state_is_reached_and_ends(machine: Mapping[str, Any]) -> Findings:
    """No state is dead, none leads nowhere, and every Choice has a Default."""
    found = []
    for start, states in _scopes(machine):
        found += [f"{name}: no way leads there" for name in sorted(set(states) - reachable(start, states))]
        for name, state in states.items():
            if not any(_is_end(states[other]) for other in reachable(name, states)):
                found.append(f"{name}: leads to no end")
            if state["Type"] == "Choice" and "Default" not in state:
                found.append(f"{name}: a Choice without a Default")
    return found


def variables_are_assigned_on_every_way(machine: Mapping[str, Any]) -> Findings:
    """Whatever way leads to a state, the variables that it reads have a value."""
    return [
        f"{name}: some way leads there on which ${variable} has no value"
        for start, states in _scopes(machine)
        for name, variable in sorted(unassigned(start, states))
    ]


def unassigned(start: str, states: States) -> set[tuple[str, str]]:
    """States with variables that they read although some way leads there without an assignment."""
    every = {
        variable
        for way in definition.transitions(states)
        for variable in definition.assigned(states[way.source], way.way)
    }
    known = {name: set(every) for name in states} | {start: set()}
    changed = True
    while changed:
        changed = False
        for way in definition.transitions(states):
            arriving = known[way.source] | set(definition.assigned(states[way.source], way.way))
            if not known[way.target] <= arriving:
                known[way.target] &= arriving
                changed = True
    return {
        (name, variable)
        for name, state in states.items()
        for _, text in definition.expressions(state)
        for variable in jsonata_reading.variables(definition.PLACEHOLDER.sub("1", text)) - {"states"}
        if variable not in known[name]
    }


RULES: Final = (
    Rule("the machine and every Task have `TimeoutSeconds`", time_is_bounded),
    Rule("every Task and Map has a `Retry` and a `Catch`", failures_are_tried_again_and_caught),
    Rule("`States.ALL` ends every `Catch`, and the `Retry` of every Task", every_error_is_caught),
    Rule("`States.ALL` stands alone and last", states_all_stands_alone_and_last),
    Rule("no `Retry` or `Catch` names an error twice", no_error_is_named_twice),
    Rule("every delay has a longest one and full jitter", retries_are_patient),
    Rule("every loop has a bound", loops_are_bounded),
    Rule("every state is reached, leads to an end, and a Choice has a `Default`", every_state_is_reached_and_ends),
    Rule("every variable has a value on every way to its use", variables_are_assigned_on_every_way),
    Rule("nothing that is handed on can exceed 256 KiB", sizes.findings),
)


def _scopes(machine: Mapping[str, Any]) -> Iterator[tuple[str, States]]:
    yield from definition.scopes(machine)


def _fallible(machine: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    for name, state in definition.all_states(machine).items():
        if state["Type"] in {"Task", "Map"}:
            yield name, state


def _rules(machine: Mapping[str, Any]) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    for name, state in _fallible(machine):
        for field in ("Retry", "Catch"):
            yield name, field, state.get(field, [])


def _bound(holder: Mapping[str, Any]) -> Any:
    value = holder.get("TimeoutSeconds")
    if definition.waits_for_token(holder) and definition.expression(value) == PLANNED_TIMEOUT:
        return pacing.LONGEST_TIMEOUT
    return value


def _is_timeout(value: Any) -> bool:
    return isinstance(value, int) and 0 < value <= LARGEST_NUMBER


def _is_end(state: State) -> bool:
    return bool(state.get("End")) or state["Type"] in {"Succeed", "Fail"}
