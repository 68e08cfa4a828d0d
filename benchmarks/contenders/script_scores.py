"""The usual script over score files: all rows in Python, a list of values for each generator and metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from benchmarks.score_files import GENERATORS

if TYPE_CHECKING:
    from pathlib import Path


def join(folder: Path, size: int) -> dict[str, Any]:
    """Read all rows, collect values, and pair the two generators' values of each metric by record."""
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(
            "SELECT record, category, generator, metric, value FROM read_parquet($files)",
            {"files": str(folder / "*.parquet")},
        ).fetchall()
    values: dict[tuple[str, str], list[float]] = {}
    by_category: dict[tuple[str, str, str | None], list[float]] = {}
    by_record: dict[tuple[str, str], dict[int, float]] = {}
    missing = 0
    for record, category, generator, metric, value in rows:
        if value is None:
            missing += 1
            continue
        values.setdefault((generator, metric), []).append(value)
        by_category.setdefault((generator, metric, category), []).append(value)
        by_record.setdefault((generator, metric), {})[record] = value
    means = {key: np.mean(some) for key, some in values.items()}
    for some in (*values.values(), *by_category.values()):
        np.mean(some), np.std(some, ddof=1)
    pairs = 0
    for metric in {metric for _, metric in values}:
        one, other = (by_record[generator, metric] for generator in GENERATORS)
        paired = [(value, other[record]) for record, value in one.items() if record in other]
        pairs += len(np.array(paired))
    return {
        "scored": sum(map(len, values.values())),
        "missing": missing,
        "means": sorted(f"{mean:.9f}" for mean in means.values()),
        "pairs": pairs,
    }
