"""How long the states of an execution took, from the histories of the execution and of its Map's children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class StateTimes:
    """Seconds that one state took, each time that it was entered; its own retries and their waits included."""

    name: str
    seconds: tuple[float, ...]


def state_times(client: Any, execution_arn: str) -> list[StateTimes]:
    """The states in the order in which they were first entered; `client` is boto3's of Step Functions."""
    times: dict[str, list[float]] = {}
    for arn in (execution_arn, *_children(client, execution_arn)):
        for name, seconds in _stays(client, arn):
            times.setdefault(name, []).append(seconds)
    return [StateTimes(name, tuple(seconds)) for name, seconds in times.items()]


def _children(client: Any, execution_arn: str) -> Iterator[str]:
    for run in client.list_map_runs(executionArn=execution_arn)["mapRuns"]:
        for page in client.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"]):
            yield from (child["executionArn"] for child in page["executions"])


def _stays(client: Any, execution_arn: str) -> Iterator[tuple[str, float]]:
    entered = None
    for page in client.get_paginator("get_execution_history").paginate(executionArn=execution_arn):
        for event in page["events"]:
            if event["type"].endswith("StateEntered"):
                entered = event["timestamp"]
            elif event["type"].endswith("StateExited") and entered is not None:
                yield event["stateExitedEventDetails"]["name"], (event["timestamp"] - entered).total_seconds()
