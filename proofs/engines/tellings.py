"""What of a performance two engines are compared by: everything that a state machine's user can see of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.statemachine.definition import Transition
from tests.statemachine.histories import Caught, Entered, Retried

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.statemachine.histories import Fired
    from tests.statemachine.performance import Performance

# What AWS makes up for every failed call of a Lambda; nothing reads it.
INCIDENTAL: Final = ("requestId", "stackTrace")
MISSING: Final = "(nothing)"


def telling(played: Performance) -> dict[str, Any]:
    """The performance as plain data: how it ended, what every Lambda was given in which order, and the whole way of
    every execution. When it happened, which turns different jobs took, and what `INCIDENTAL` names are left out.
    """
    jobs: dict[str, list[dict[str, Any]]] = {}
    for child in played.children:
        end = {"status": child.status, "output": child.output, "error": child.error, "cause": child.cause}
        jobs.setdefault(child.job, []).append({"end": _settled(end), "way": [spoken(event) for event in child.fired]})
    end = {"status": played.status, "output": played.output, "error": played.error, "cause": played.cause}
    return {
        "end": _settled(end),
        "way": [spoken(event) for event in played.fired],
        "calls": {
            who: [{"state": call["state"], "given": _settled(call["event"])} for call in calls]
            for who, calls in played.calls.items()
        },
        "jobs": jobs,
        "map runs": played.map_runs,
    }


def spoken(event: Fired) -> str:
    """What happened, as a phrase."""
    match event:
        case Entered():
            return f"enters {event.state}"
        case Transition():
            return f"{event.source} -{event.way}-> {event.target}"
        case Caught():
            return f"{event.state} Catch[{event.index}] takes {event.met} as {event.listed}"
        case Retried():
            follows = "tries again" if event.again else "gives up"
            return f"{event.state} Retry[{event.index}] meets {event.met} as {event.listed} and {follows}"


def differences(one: Any, other: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every place at which two tellings differ, with both values. Below a list only what has the same number there is
    compared: a list of another length differs as a whole.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(set(one) | set(other)):
            below = f"{place}.{key}" if place else key
            yield from differences(one.get(key, MISSING), other.get(key, MISSING), below)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{place}[{index}]")
    elif one != other or type(one) is not type(other):
        yield place, one, other


def _settled(value: Any) -> Any:
    """The value without what is incidental in a Lambda's error."""
    if isinstance(value, dict):
        return {key: _cause(part) if key.lower() == "cause" else _settled(part) for key, part in value.items()}
    return [_settled(part) for part in value] if isinstance(value, list) else value


def _cause(text: Any) -> Any:
    try:
        told = json.loads(text)
    except (TypeError, ValueError):
        return text
    return {key: part for key, part in told.items() if key not in INCIDENTAL} if isinstance(told, dict) else text
