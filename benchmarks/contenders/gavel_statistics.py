"""Gavel's statistics of tables of counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.special  # noqa: F401 - Gavel imports it when it is needed, which is no part of the work

from benchmarks.statistics_speed import by_tables
from gavel.statistics.bootstrap import bootstrap_interval
from gavel.statistics.scale import merged

if TYPE_CHECKING:
    from pathlib import Path


def spearman(folder: Path, size: int) -> dict[str, Any]:
    """Every pair of models on every metric."""
    found = by_tables([np.load(path) for path in sorted(folder.glob("*.npy"))])
    return {"pairs": len(found), "sum": f"{sum(found):.9f}"}


def bootstrap(folder: Path, size: int) -> dict[str, Any]:
    """The interval of the difference of the first two models on every metric."""
    intervals = []
    for path in sorted(folder.glob("*.npy")):
        one, other = np.load(path)[:2]
        place, values = merged(one - other)
        intervals.append(bootstrap_interval([(values, np.bincount(place))]))
    return {"intervals": len(intervals), "all": intervals}
