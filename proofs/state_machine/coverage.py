"""What of a definition was gone through: every state, way, Catch and Retry, by the names of errors that they list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.statemachine import definition, histories
from tests.statemachine.definition import Transition
from tests.statemachine.histories import Caught, Entered, Retried

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.statemachine.histories import Fired
    from tests.statemachine.performance import Performance

HEAD = ("state", "entered", "ways", "Catch", "Retry: tried again", "Retry: gave up", "errors met, by name")
KINDS = ("states", "ways", "entries of Catch", "entries of Retry that try again", "entries of Retry that give up")


def gone(performances: Iterable[Performance]) -> set[Fired]:
    """All that happened in these performances."""
    return {event for played in performances for event in played.all_fired()}


def missed(machine: Mapping[str, Any], performances: Iterable[Performance]) -> list[str]:
    """What the definition says can happen and did not, and what happened although it does not say so."""
    everything, happened = histories.everything(machine), gone(performances)
    return [
        *(f"nobody has gone through this: {event}" for event in sorted(everything - happened, key=str)),
        *(f"this is not in the definition: {event}" for event in sorted(happened - everything, key=str)),
    ]


def figures(machine: Mapping[str, Any], performances: Iterable[Performance]) -> str:
    """How much of each kind was gone through."""
    everything, happened = histories.everything(machine), gone(performances)
    parts = []
    for kind in KINDS:
        of_kind = {event for event in everything if kind_of(event) == kind}
        parts.append(f"{len(of_kind & happened)} of {len(of_kind)} {kind}")
    return ", ".join(parts)


def kind_of(event: Fired) -> str:
    """Which of `KINDS` an event counts for."""
    if isinstance(event, Retried):
        return KINDS[3] if event.again else KINDS[4]
    return KINDS[{Entered: 0, Transition: 1, Caught: 2}[type(event)]]


def rows(machine: Mapping[str, Any], engines: Mapping[str, Iterable[Performance]]) -> list[list[str]]:
    """A line for each state: how much of it was gone through, on each engine where they differ."""
    everything = histories.everything(machine)
    happened = {engine: gone(performances) for engine, performances in engines.items()}
    met = {engine: _met(performances) for engine, performances in engines.items()}
    lines = []
    for name in definition.all_states(machine):
        of_state = {event for event in everything if _state(event) == name}
        cells = [_cell(kind, of_state, happened) for kind in KINDS]
        names = [", ".join(sorted(found.get(name, set()))) for found in met.values()]
        lines.append([name, *cells, _same(list(met), names)])
    return lines


def _cell(kind: str, of_state: set[Fired], happened: Mapping[str, set[Fired]]) -> str:
    wanted = {event for event in of_state if kind_of(event) == kind}
    if not wanted:
        return "–"
    return _same(list(happened), [f"{len(wanted & found)} of {len(wanted)}" for found in happened.values()])


def _same(engines: list[str], values: list[str]) -> str:
    if len(set(values)) == 1:
        return values[0] or "–"
    return "; ".join(f"{engine}: {value or '–'}" for engine, value in zip(engines, values, strict=True))


def _state(event: Fired) -> str:
    return event.source if isinstance(event, Transition) else event.state


def _met(performances: Iterable[Performance]) -> dict[str, set[str]]:
    met: dict[str, set[str]] = {}
    for played in performances:
        for event in played.all_fired():
            if isinstance(event, Caught | Retried):
                met.setdefault(event.state, set()).add(event.met)
    return met
