"""The definition as tests look at it: its states in one table, its transitions, its expressions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "statemachine" / "evaluation.asl.json"
TEXT: Final = FILE.read_text(encoding="utf-8")
PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")

State = dict[str, Any]
States = dict[str, State]


def filled(text: str, *, functions: str, bucket: str) -> str:
    """The definition as infra deploys it; `functions` is the ARN of a Lambda up to the state's name."""
    known = {"Partition": "aws", "Bucket": bucket}
    return PLACEHOLDER.sub(lambda found: known.get(found[1]) or functions + found[1].removesuffix("Arn"), text)


def plausible(text: str = TEXT) -> str:
    """The definition with values of the right form in its placeholders."""
    functions = "arn:aws:lambda:us-east-1:111122223333:function:gavel-"
    return filled(text, functions=functions, bucket="gavel-bucket")


def load() -> dict[str, Any]:
    """The definition with its placeholders as they stand."""
    parsed: dict[str, Any] = json.loads(TEXT)
    return parsed


def scopes(machine: Mapping[str, Any]) -> Iterator[tuple[str, States]]:
    """Every set of states with the state it starts at: the machine's own and those of its Maps."""
    yield machine["StartAt"], machine["States"]
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def all_states(machine: Mapping[str, Any]) -> States:
    """Every state of every scope by its name."""
    return {name: state for _, states in scopes(machine) for name, state in states.items()}


def waits_for_token(state: Mapping[str, Any]) -> bool:
    """Whether somebody outside ends the state, by its token."""
    return str(state.get("Resource", "")).endswith(".waitForTaskToken")


def tasks(machine: Mapping[str, Any]) -> States:
    """The states that call a Lambda."""
    return {name: state for name, state in all_states(machine).items() if state["Type"] == "Task"}


@dataclass(frozen=True, order=True)
class Transition:
    """A way from one state to another: `Next`, `Choices[n]`, `Default`, `Catch[n]`."""

    source: str
    way: str
    target: str


def transitions(states: States) -> Iterator[Transition]:
    """Every transition inside one scope."""
    for name, state in states.items():
        if "Next" in state:
            yield Transition(name, "Next", state["Next"])
        for way in ("Choices", "Catch"):
            for index, rule in enumerate(state.get(way, [])):
                yield Transition(name, f"{way}[{index}]", rule["Next"])
        if "Default" in state:
            yield Transition(name, "Default", state["Default"])


def all_transitions(machine: Mapping[str, Any]) -> set[Transition]:
    """Every transition of every scope."""
    return {transition for _, states in scopes(machine) for transition in transitions(states)}


def assigned(state: State, way: str) -> dict[str, Any]:
    """What leaving the state that way assigns."""
    if way in {"Next", "Default"}:
        return dict(state.get("Assign", {}))
    kind, index = way.removesuffix("]").split("[")
    return dict(state[kind][int(index)].get("Assign", {}))


def expression(text: object) -> str | None:
    """The JSONata inside `{% … %}`, or None for anything else."""
    if isinstance(text, str) and text.startswith("{%") and text.endswith("%}"):
        return text[2:-2].strip()
    return None


def expressions(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every JSONata expression below `value` with its place; nested states are left to their own scope."""
    found = expression(value)
    if found is not None:
        yield place, found
    elif isinstance(value, dict):
        for key, part in value.items():
            if key != "ItemProcessor":
                yield from expressions(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from expressions(part, f"{place}[{index}]")
