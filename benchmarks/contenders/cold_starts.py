"""A Lambda's process until its first event, and bare boto3 with the same clients.

Nothing of either is imported with this module: the process is still new when it is measured.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_PREPARED = "cold-starts.json"


def prepare(folder: Path, _size: int, _seed: int) -> int:
    """Write down what a start needs: a Lambda's environment, and the clients of each; no data."""
    from benchmarks import import_budgets  # noqa: PLC0415 - brings modules that handlers bring

    clients = {budget.handler: import_budgets.bare_boto3(budget.clients) for budget in import_budgets.BUDGETS}
    prepared = {"environment": import_budgets.environment(), "bare": clients}
    (folder / _PREPARED).write_text(json.dumps(prepared), encoding="utf-8")
    return 0


def start_job(folder: Path, _size: int) -> dict[str, Any]:
    """Import StartJob and make its clients."""
    return _gavel(folder, "start_job")


def bare_start_job(folder: Path, _size: int) -> dict[str, Any]:
    """Make StartJob's clients."""
    return _bare(folder, "start_job")


def check_job(folder: Path, _size: int) -> dict[str, Any]:
    """Import CheckJob and make its clients."""
    return _gavel(folder, "check_job")


def bare_check_job(folder: Path, _size: int) -> dict[str, Any]:
    """Make CheckJob's clients."""
    return _bare(folder, "check_job")


def _gavel(folder: Path, handler: str) -> dict[str, Any]:
    _as_lambda(folder)
    import_module(f"handlers.{handler}")
    return {}


def _bare(folder: Path, handler: str) -> dict[str, Any]:
    prepared = _as_lambda(folder)
    exec(prepared["bare"][handler], {})  # noqa: S102 - written above
    return {}


def _as_lambda(folder: Path) -> dict[str, Any]:
    prepared: dict[str, Any] = json.loads((folder / _PREPARED).read_text(encoding="utf-8"))
    os.environ.update(prepared["environment"])
    return prepared
