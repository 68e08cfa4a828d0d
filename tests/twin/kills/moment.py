"""In which state an evaluation was at a moment, as the history of its execution says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.twin.kills.place import Place


def state_at(place: Place, evaluation: str, moment: datetime) -> str:
    """The state, and for a Map those of its children, such as `RunJobs (StartJob ×3, CheckJob)`."""
    states = place.aws("stepfunctions")
    if place.execution(evaluation) is None:
        return "before its execution"
    arn = place.execution_arn(evaluation)
    name = _last(states, arn, moment)
    if name != "RunJobs":
        return name
    children = Counter(_last(states, child, moment) for child in _children(states, arn))
    running = [counted(child, count) for child, count in sorted(children.items()) if child not in {"start", "end"}]
    return f"RunJobs ({', '.join(running) or 'between two jobs'})"


def counted(name: str, count: int) -> str:
    """`name`, or `name ×3`."""
    return name if count == 1 else f"{name} ×{count}"


def _children(states: Any, execution_arn: str) -> Iterator[str]:
    for run in states.list_map_runs(executionArn=execution_arn)["mapRuns"]:
        for page in states.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"]):
            yield from (child["executionArn"] for child in page["executions"])


def _last(states: Any, execution_arn: str, moment: datetime) -> str:
    """The state that was entered last before the moment; `start` before the first one, `end` after the last one."""
    name = "start"
    for page in states.get_paginator("get_execution_history").paginate(executionArn=execution_arn):
        for event in page["events"]:
            if event["timestamp"] > moment:
                return name
            if event["type"].endswith("StateEntered"):
                name = event["stateEnteredEventDetails"]["name"]
            elif event["type"].startswith("Execution") and event["type"] != "ExecutionStarted":
                name = "end"
    return name
