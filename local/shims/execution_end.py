"""How an execution ends: by its machine's TimeoutSeconds too, and only once.

AWS: a machine's TimeoutSeconds ends the execution as TIMED_OUT; StopExecution and that timeout end running children
and branches with it (Amazon States Language; StopExecution). ministack ignores the field, lets Map children run on, and
lets a state that fails afterwards turn ABORTED into FAILED. The timeout is real time, as every timeout in the twin.
"""

from __future__ import annotations

import contextvars
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sfn

from local.shims.current import stop_if_ended, working_for
from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_SECONDS: Final = 0.2


def apply() -> None:
    """End executions as AWS does."""
    replace(sfn, "_run_execution", _bounded)
    replace(sfn, "_fail_execution", _only_once)
    replace(sfn, "_scaled_sleep", _interruptible)


def _bounded(original: Callable[..., Any]) -> Callable[..., Any]:
    def run_execution(exec_arn: str) -> None:
        record = sfn._executions.get(exec_arn)
        machine = sfn._state_machines.get(record["stateMachineArn"]) if record else None
        if machine is None:
            original(exec_arn)
            return
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds")
        with working_for(record, machine["roleArn"]), _deadline(record, seconds):
            original(exec_arn)

    return run_execution


@contextmanager
def _deadline(record: dict[str, Any], seconds: float | None) -> Iterator[None]:
    if seconds is None:
        yield
        return
    # The timer's thread needs the account and Region, which ministack keeps in context variables.
    timer = threading.Timer(seconds, contextvars.copy_context().run, (_time_out, record))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _time_out(record: dict[str, Any]) -> None:
    if record["status"] != "RUNNING":
        return
    record["status"] = "TIMED_OUT"
    record["stopDate"] = now_iso()
    sfn._add_event(record, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    sfn._emit_execution_status_event(record)


def _only_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            original(execution, error, cause)

    return fail_execution


def _interruptible(_original: Callable[..., Any]) -> Callable[..., Any]:
    def scaled_sleep(seconds: float) -> None:
        ends = time.monotonic() + seconds * sfn._SFN_WAIT_SCALE
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            stop_if_ended()

    return scaled_sleep
