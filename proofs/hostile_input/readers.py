"""Every reader of strangers' bytes, by name; a reader's module is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from proofs.hostile_input.reader import Reader

_PLACES: Final = {
    "jsonl": ("datasets", "JSONL"),
    "csv": ("datasets", "CSV"),
    "json": ("datasets", "ARRAY"),
    "gz": ("datasets", "GZIP"),
    "parquet": ("datasets", "PARQUET"),
    "answers": ("datasets", "ANSWERS"),
    "suite": ("configuration", "SUITE"),
    "prices": ("configuration", "PRICES"),
    "results": ("scores", "RESULTS"),
    "scores": ("scores", "SCORES"),
    "score-tables": ("scores", "SCORE_TABLES"),
    "ratings": ("scores", "RATINGS"),
    "api": ("api_bodies", "API"),
}
NAMES: Final = tuple(_PLACES)


def reader(name: str) -> Reader:
    """The reader of that name."""
    module, variable = _PLACES[name]
    return cast("Reader", getattr(import_module(f"proofs.hostile_input.{module}"), variable))
