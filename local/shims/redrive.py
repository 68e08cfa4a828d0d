"""A failed execution can be redriven.

AWS: RedriveExecution continues a FAILED, ABORTED or TIMED_OUT execution of a Standard machine from the state that it
did not complete, with that state's input, the variables it had and the same name; a Distributed Map runs its children
that did not succeed again (Developer Guide, "Restarting state machine executions with redrive"). ministack knows no
redrive. Here a Map runs all its children again, which is harder for what they call; a state that was completed just as
its execution was stopped is run again; while a call of a stopped execution goes on, it cannot be redriven yet.
"""

from __future__ import annotations

import contextvars
import copy
import json
import threading
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import error_response_json, json_response, now_iso
from ministack.services import stepfunctions as sfn

from local.shims.current import StoppedError, working_for
from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_REDRIVABLE: Final = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})
_WORKING: Final = "gavelWorking"
_VARIABLES: Final = "gavelVariables"


def apply() -> None:
    """Answer RedriveExecution, and remember what it needs."""
    replace(sfn, "_apply_state_assign", _remembering)
    replace(sfn, "_run_execution", _marking)
    replace(sfn, "handle_request", _redriving)


def _remembering(original: Callable[..., None]) -> Callable[..., None]:
    def apply_state_assign(
        state_def: dict[str, Any],
        raw_input: Any,
        ctx: dict[str, Any] | None,
        result: Any = None,
        error_output: Any = None,
    ) -> None:
        original(state_def, raw_input, ctx, result, error_output)
        record = sfn._executions.get(ctx["Execution"]["Id"]) if ctx and "Execution" in ctx else None
        if record is not None and ctx is not None:
            record[_VARIABLES] = copy.deepcopy(ctx.get("variables", {}))

    return apply_state_assign


def _marking(original: Callable[..., None]) -> Callable[..., None]:
    def run_execution(exec_arn: str) -> None:
        record = sfn._executions.get(exec_arn, {})
        record[_WORKING] = True
        try:
            original(exec_arn)
        finally:
            record[_WORKING] = False

    return run_execution


def _redriving(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return _redrive(json.loads(body))
        return await original(method, path, headers, body, query_params)

    return handle_request


def _redrive(request: dict[str, Any]) -> Any:
    arn = request.get("executionArn")
    record: dict[str, Any] | None = sfn._executions.get(arn)
    if record is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution {arn} not found", 400)
    if record["status"] not in _REDRIVABLE or record.get(_WORKING) or "mapRunArn" in record:
        return error_response_json("ExecutionNotRedrivable", f"Execution {arn} cannot be redriven now", 400)
    date = now_iso()
    record.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None, redriveDate=date)
    record["redriveCount"] = record.get("redriveCount", 0) + 1
    record[_WORKING] = True
    sfn._add_event(
        record, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": record["redriveCount"]}}
    )
    sfn._emit_execution_status_event(record)
    # The thread needs the account and Region, which ministack keeps in context variables.
    threading.Thread(target=contextvars.copy_context().run, args=(_go_on, record), daemon=True).start()
    return json_response({"redriveDate": date})


def _go_on(record: dict[str, Any]) -> None:
    machine = sfn._state_machines[record["stateMachineArn"]]
    definition = json.loads(machine["definition"])
    entered = [event for event in record["events"] if event["type"].endswith("StateEntered")]
    last = entered[-1]["stateEnteredEventDetails"] if entered else {}
    name, text = last.get("name", definition["StartAt"]), last.get("input", record["input"])
    ctx = {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": record["executionArn"],
            "Input": json.loads(record["input"]),
            "Name": record["name"],
            "StartTime": record["startDate"],
            "RedriveCount": record["redriveCount"],
        },
        "StateMachine": {"Id": record["stateMachineArn"], "Name": machine["name"]},
        "variables": copy.deepcopy(record.get(_VARIABLES, {})),
    }
    try:
        with working_for(record, machine["roleArn"]):
            output = json.dumps(sfn._run_sub_machine(definition["States"], name, json.loads(text), record, ctx))
        if record["status"] == "RUNNING":
            record.update(status="SUCCEEDED", output=output, stopDate=now_iso())
            sfn._add_event(record, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": output}})
            sfn._emit_execution_status_event(record)
    except sfn._ExecutionError as error:
        sfn._fail_execution(record, error.error, error.cause)
    except StoppedError:
        pass  # somebody stopped it again, which is recorded already
    finally:
        record[_WORKING] = False
