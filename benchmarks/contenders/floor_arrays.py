"""The floor of statistics: reading the arrays and adding up each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def sums(folder: Path, size: int) -> dict[str, Any]:
    """The sum of all scores."""
    return {"total": float(sum(np.load(path).sum() for path in sorted(folder.glob("*.npy"))))}
