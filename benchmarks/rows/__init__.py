"""The rows of the table: every module here has a tuple `ROWS`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.table.row import Row


def all_rows() -> tuple[Row, ...]:
    """Every row, module by module in the order of their names."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(row for module in modules for row in module.ROWS)
