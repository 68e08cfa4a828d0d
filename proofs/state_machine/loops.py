"""Loops of a state machine, and whether each of them must end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.statemachine import definition, jsonata_reading

if TYPE_CHECKING:
    from tests.statemachine.definition import State, States, Transition


def reachable(start: str, states: States) -> set[str]:
    """The states to which some way leads from there, itself included."""
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [way.target for way in definition.transitions({name: states[name]})]
    return found


def unbounded(states: States) -> bool:
    """Whether a loop remains when neither a guarded way (`$n < limit`) nor a state that counts n may be used."""
    edges = set(definition.transitions(states))
    if not _cyclic(edges):
        return False
    for counter, counting in _counters(states).items():
        guarded = {
            edge for edge in edges if edge.way.startswith("Choices") and _guards(states[edge.source], edge, counter)
        }
        resets = {
            edge
            for edge in edges
            if counter in definition.assigned(states[edge.source], edge.way) and edge.source not in counting
        }
        in_loop = {edge for edge in edges if edge.source in reachable(edge.target, states)}
        if not _cyclic(edges - guarded) and not _cyclic({e for e in edges if e.source not in counting}):
            return bool(resets & in_loop)
    return True


def _counters(states: States) -> dict[str, set[str]]:
    """Variables that some states count up, with those states; one that is set otherwise inside a loop is not there."""
    counting: dict[str, set[str]] = {}
    for way in definition.transitions(states):
        for variable, value in definition.assigned(states[way.source], way.way).items():
            text = definition.expression(value)
            if text and jsonata_reading.increment(text) == variable:
                counting.setdefault(variable, set()).add(way.source)
    return counting


def _cyclic(edges: set[Transition]) -> bool:
    left = set(edges)
    while left:
        sources = {edge.source for edge in left}
        rest = {edge for edge in left if edge.target in sources}
        if rest == left:
            return True
        left = rest
    return False


def _guards(state: State, edge: Transition, counter: str) -> bool:
    index = int(edge.way.removesuffix("]").split("[")[1])
    condition = definition.expression(state["Choices"][index]["Condition"])
    if condition is None:
        return False
    limits = [jsonata_reading.bound(part) for part in jsonata_reading.conjuncts(condition)]
    return any(limit is not None and limit[0] == counter for limit in limits)
