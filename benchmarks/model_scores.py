"""Scores of ten models on eleven metrics as arrays, on five levels; models agree more or less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.statistics_speed import scores

if TYPE_CHECKING:
    from pathlib import Path

MODELS: Final = 10
METRICS: Final = 11


def write(folder: Path, size: int, seed: int) -> int:
    """An array of models × records for each metric."""
    total = 0
    for metric in range(METRICS):
        path = folder / f"metric-{metric:02d}.npy"
        np.save(path, scores(MODELS, size, seed * 100 + metric))
        total += path.stat().st_size
    return total
