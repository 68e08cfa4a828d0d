"""Branches and Map iterations leave a history and end with their execution.

AWS: a child execution of a Distributed Map has a history of its own, an inline iteration writes into its parent's, and
both stop when the execution is stopped (Developer Guide, "Viewing execution details"; StopExecution). ministack runs
them without a trace, to their end.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sfn

from local.shims.current import stop_if_ended
from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable

WITH_EXECUTION: Final = frozenset({"Task", "Parallel", "Map"})


def apply() -> None:
    """Run branches and iterations with a history."""
    replace(sfn, "_run_sub_machine", lambda _original: run_sub_machine)


def run_sub_machine(
    states: dict[str, Any], start_at: str, input_data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> Any:
    """The output of the states from `start_at` on; raises ministack's _ExecutionError for an error nobody caught."""
    name: str | None = start_at
    data = copy.deepcopy(input_data)
    while name:
        stop_if_ended()
        state = states[name]
        kind = state["Type"]
        ctx["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        entered = {"name": name, "input": json.dumps(data)}
        sfn._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": entered})
        data, following = _run_state(kind, state, data, execution, ctx)
        left = {"name": name, "output": json.dumps(data)}
        sfn._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": left})
        name = following
    return data


def _run_state(
    kind: str, state: dict[str, Any], data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    if kind == "Fail":
        raise sfn._ExecutionError(*sfn._fail_state_error(state, data, ctx))
    if kind == "Succeed":
        return _succeed(state, data, ctx), None
    run: Callable[..., tuple[Any, str | None]] = getattr(sfn, f"_execute_{kind.lower()}")
    return run(state, data, execution, ctx) if kind in WITH_EXECUTION else run(state, data, ctx)


def _succeed(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        return sfn._apply_jsonata_output(state, data, ctx, default=data)
    return sfn._apply_output_path(state, sfn._apply_input_path(state, data, ctx), ctx)
