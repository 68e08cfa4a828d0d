"""States pass at most 256 KiB to each other.

AWS: a state's input or output above 262,144 bytes of UTF-8 fails the execution with States.DataLimitExceeded, which
nothing can catch (Developer Guide, "Service quotas"). ministack passes any size.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ministack.services import stepfunctions as sfn

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT: Final = 262_144


def apply() -> None:
    """Measure what every state hands on."""
    replace(sfn, "_execute_pass", _measured_plain)
    for name in ("_execute_task", "_execute_map", "_execute_parallel"):
        replace(sfn, name, _measured)


def check(value: Any, what: str) -> None:
    """Raise States.DataLimitExceeded when the value is too large as JSON."""
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        raise sfn._ExecutionError(
            "States.DataLimitExceeded",
            f"The state/task returned a result with a size exceeding the maximum number of bytes service limit "
            f"({what}: {size} bytes).",
        )


def _measured_plain(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any] | None = None) -> Any:
        output = original(state_def, raw_input, ctx)
        check(output[0], "output")
        return output

    return execute


def _measured(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state_def: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
        output = original(state_def, raw_input, execution, ctx)
        check(output[0], "output")
        return output

    return execute
