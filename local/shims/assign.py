"""Variables are assigned all at once.

AWS: the expressions of one Assign are evaluated with the values from before it; the new ones count from the next state
on (Developer Guide, "Passing data between states with variables"). ministack assigns one after the other, so that the
second expression sees what the first one set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions as sfn

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Evaluate every expression before any variable changes."""
    replace(sfn, "_apply_state_assign", _at_once)


def _at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def apply_state_assign(
        state_def: dict[str, Any],
        raw_input: Any,
        ctx: dict[str, Any] | None,
        result: Any = None,
        error_output: Any = None,
    ) -> None:
        if ctx is None or not isinstance(state_def.get("Assign"), dict):
            return
        before = ctx.setdefault("variables", {})
        assigned: dict[str, Any] = {}
        for name, template in state_def["Assign"].items():
            alone = {**ctx, "variables": dict(before)}
            original({**state_def, "Assign": {name: template}}, raw_input, alone, result, error_output)
            if name in alone["variables"]:
                assigned[name] = alone["variables"][name]
        before.update(assigned)

    return apply_state_assign
