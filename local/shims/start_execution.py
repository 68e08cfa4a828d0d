"""StartExecution is idempotent while the execution of that name runs.

AWS: called with the name and the input of a running execution, StartExecution succeeds and answers as it did the first
time; with another input, or once that execution is closed, it raises ExecutionAlreadyExists (API reference of
StartExecution). ministack refuses every second use of a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions as sfn

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Answer a repeated start with the execution that runs."""
    replace(sfn, "_start_execution", _idempotent)


def _idempotent(original: Callable[..., Any]) -> Callable[..., Any]:
    def start_execution(data: dict[str, Any]) -> Any:
        running = _same_and_running(data)
        if running is None:
            return original(data)
        return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})

    return start_execution


def _same_and_running(data: dict[str, Any]) -> dict[str, Any] | None:
    machine = sfn._resolve_state_machine_arn(str(data.get("stateMachineArn", "")).partition("#")[0])
    if machine is None or not data.get("name"):
        return None
    machine_name = sfn._state_machines[machine]["name"]
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine_name}:{data['name']}"
    record: dict[str, Any] | None = sfn._executions.get(arn)
    same = record and record["status"] == "RUNNING" and record["input"] == data.get("input", "{}")
    return record if same else None
