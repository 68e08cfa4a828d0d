"""Everything that the embedded AWS knows, as one value, and its way back into a new process.

What AWS would have kept comes back: every store of every service. What a dead process was doing does not: executions
that ran have failed, and events and asynchronous invocations that were under way are lost. Step Functions and
EventBridge would lose neither, so this is the worst that the system on them could meet.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, Final

from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, now_iso
from ministack.services import stepfunctions as sfn

if TYPE_CHECKING:
    from collections.abc import Iterator

# Stores that are plain dictionaries; whatever else is one holds caches and processes.
_PLAIN: Final = (
    ("ministack.services.eventbridge", "_rule_last_fired"),
    ("ministack.services.scheduler", "_schedule_last_fired"),
    ("ministack.services.sts", "_sessions"),
)
# Whoever waited for these is dead; and a wait is a lock, which nothing can write down.
_GONE: Final = (("ministack.services.stepfunctions", "_task_tokens"),)
LOST: Final = {"error": "States.Runtime", "cause": "The twin that ran this execution died."}

type Place = tuple[str, str]  # module and name of a store


def image() -> dict[Place, dict[Any, Any]]:
    """What every store of every account and Region holds. Nothing else may work meanwhile: call it in a fork."""
    return dict(_stores())


def restore(stores: dict[Place, dict[Any, Any]]) -> None:
    """Put an image back into stores that are as empty as a new process has them."""
    for (module, name), content in stores.items():
        store = getattr(importlib.import_module(module), name)
        data = store if isinstance(store, dict) else store._data  # noqa: SLF001 - its methods see one account only
        data.clear()
        data.update(content)
    _fail_executions()


def _stores() -> Iterator[tuple[Place, dict[Any, Any]]]:
    """Each store under one of the names that modules have for it."""
    seen: set[int] = set()
    for module, names in sorted((name, vars(module)) for name, module in sys.modules.items() if _is_service(name)):
        for name, value in sorted(names.items()):
            plain = (module, name) in _PLAIN
            if (module, name) in _GONE:
                continue
            if (plain or isinstance(value, AccountScopedDict | AccountRegionScopedDict)) and id(value) not in seen:
                seen.add(id(value))
                yield (module, name), value if plain else value._data  # noqa: SLF001


def _is_service(module: str) -> bool:
    return module.startswith("ministack.services.")


def _fail_executions() -> None:
    """An execution that ran has failed, as have its children; nobody is told of it."""
    ended = now_iso()
    for record in sfn._executions.all_values():  # noqa: SLF001 - the twin's shims work on the same records
        if record["status"] == "RUNNING":
            record.update(status="FAILED", stopDate=ended, **LOST)
            sfn._add_event(record, "ExecutionFailed", {"executionFailedEventDetails": LOST})  # noqa: SLF001
    for run in sfn._map_runs.all_values():  # noqa: SLF001
        if run["status"] == "RUNNING":
            run.update(status="FAILED", stopDate=ended)
