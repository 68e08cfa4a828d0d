"""A Task that waits for its token.

AWS: every attempt of a `.waitForTaskToken` Task has a token of its own; an error of the Lambda fails the attempt, its
answer means nothing; TimeoutSeconds may be a JSONata expression, is counted over the whole attempt, and ends it with
States.Timeout; SendTaskSuccess and SendTaskFailure may come while the Lambda still runs, and afterwards answer
TaskTimedOut (Developer Guide, "Wait for a callback with task token"; Amazon States Language; SendTaskSuccess). The
actions are judged on the state machine of the execution that waits, which for a Map's child has the Map's label in its
ARN. ministack keeps one token for all attempts, takes no notice of the Lambda's error, knows no expression there, waits
in real time without looking whether the execution still runs, and judges the actions on any resource.

The wait is as short as the twin's seconds are, and begins when the Lambda has answered: a Lambda takes real time.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import error_response_json, new_uuid
from ministack.services import stepfunctions as sfn

from local.shims.current import machine_arn, stop_if_ended
from local.shims.expected import replace
from local.shims.resource_arns import name_resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.shims.resource_arns import Asked

LOOK_SECONDS: Final = 0.1
LONGEST_SECONDS: Final = 99_999_999

_timeout: Final[ContextVar[float]] = ContextVar("seconds that the current attempt may take", default=LONGEST_SECONDS)
# Whoever comes late is told that a wait is over, so these are kept as long as the server lives.
_over: Final[set[str]] = set()


def apply() -> None:
    """Wait as AWS does."""
    replace(sfn, "_apply_jsonata_arguments", _with_token)
    replace(sfn, "_invoke_with_callback", lambda _original: invoke_with_callback)
    for name in ("_send_task_success", "_send_task_failure"):
        replace(sfn, name, _once)
    name_resource(_on_the_machine)


def _with_token(original: Callable[..., Any]) -> Callable[..., Any]:
    def apply_jsonata_arguments(state_def: dict[str, Any], raw_input: Any, ctx: Any = None) -> Any:
        if ".waitForTaskToken" in state_def.get("Resource", ""):
            ctx["Task"] = {"Token": _new_token()}
            template = {"value": state_def.get("TimeoutSeconds", LONGEST_SECONDS)}
            seconds = sfn._apply_jsonata_template(template, raw_input, ctx)["value"]
            if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
                raise sfn._ExecutionError(
                    "States.QueryEvaluationError",
                    f"The TimeoutSeconds field must be a positive whole number, and is {seconds!r}",
                )
            _timeout.set(seconds)
        return original(state_def, raw_input, ctx)

    return apply_jsonata_arguments


def invoke_with_callback(
    resource: str,
    input_data: Any,
    token: str,
    state_def: dict[str, Any],  # noqa: ARG001 - ministack's signature
) -> Any:
    """What the wait is ended with; raises ministack's _ExecutionError."""
    clean = resource.replace(".waitForTaskToken", "")
    if "states:::lambda:invoke" not in clean:
        raise sfn._ExecutionError("States.Runtime", f"the twin does not wait for tokens of {clean}")
    ended = threading.Event()
    sfn._task_tokens[token] = {"event": ended, "result": None, "error": None, "heartbeat": None}
    try:
        _wait(clean, input_data, ended)
    finally:
        info = sfn._task_tokens.pop(token, {})
        _over.add(token)
    if info.get("error"):
        raise sfn._ExecutionError(info["error"]["Error"], info["error"]["Cause"])
    return json.loads(info["result"])


def _wait(resource: str, input_data: Any, ended: threading.Event) -> None:
    """Call the Lambda and wait; returns when somebody has ended the wait."""
    pool = ThreadPoolExecutor(max_workers=1)
    call = pool.submit(copy_context().run, sfn._invoke_resource, resource, input_data)
    pool.shutdown(wait=False)
    while not call.done() and not ended.wait(LOOK_SECONDS):
        stop_if_ended()
    if not ended.is_set():
        call.result()  # raises what the Lambda raised
    ends = time.monotonic() + _timeout.get() * sfn._SFN_WAIT_SCALE
    while not ended.wait(LOOK_SECONDS):
        stop_if_ended()
        if time.monotonic() > ends:
            raise sfn._ExecutionError("States.Timeout", "")


def _once(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(data: dict[str, Any]) -> Any:
        token = data.get("taskToken")
        info = sfn._task_tokens.get(token)
        if token in _over or (info and info["event"].is_set()):
            return error_response_json("TaskTimedOut", "Task Timed Out: Provided task does not exist anymore", 400)
        return original(data)

    return send


def _on_the_machine(asked: Asked) -> str | None:
    return _machine_of(_token(asked.body)) if asked.service == "states" else None


def _new_token() -> str:
    """A token that says whose wait it ends, so that the machine is known of one that a dead server gave, too."""
    return base64.urlsafe_b64encode(f"{new_uuid()} {machine_arn()}".encode()).decode()


def _machine_of(token: str) -> str:
    """ARN of the machine that a token belongs to; empty for what is no token of the twin's."""
    try:
        return base64.urlsafe_b64decode(token).decode().partition(" ")[2]
    except ValueError:
        return ""


def _token(body: bytes) -> str:
    try:
        return str(json.loads(body or b"{}").get("taskToken"))
    except (ValueError, AttributeError):
        return ""
