"""SciPy's own functions, pair by pair, as a script calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from benchmarks.statistics_speed import by_scipy

if TYPE_CHECKING:
    from pathlib import Path


def spearman(folder: Path, size: int) -> dict[str, Any]:
    """Every pair of models on every metric."""
    found = by_scipy([np.load(path) for path in sorted(folder.glob("*.npy"))])
    return {"pairs": len(found), "sum": f"{sum(found):.9f}"}


def bootstrap(folder: Path, size: int) -> dict[str, Any]:
    """The percentile interval of the difference of the first two models on every metric, of 10,000 resamples."""
    intervals = []
    for path in sorted(folder.glob("*.npy")):
        one, other = np.load(path)[:2]
        found = stats.bootstrap((one - other,), np.mean, n_resamples=10_000, method="percentile", batch=100, rng=1)
        intervals.append([float(end) for end in found.confidence_interval])
    return {"intervals": len(intervals), "all": intervals}
