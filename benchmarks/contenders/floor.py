"""The physical floor: reading the bytes and finding the newlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.dataset_files import DATASET
from benchmarks.judged_files import RESULTS

if TYPE_CHECKING:
    from pathlib import Path


def newlines(folder: Path, size: int) -> dict[str, Any]:
    """Count the dataset's lines."""
    return {"lines": _newlines(folder / DATASET)}


def _newlines(path: Path) -> int:
    lines = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            lines += chunk.count(b"\n")
    return lines


def result_lines(folder: Path, size: int) -> dict[str, Any]:
    """Count a result file's lines."""
    return {"lines": _newlines(folder / RESULTS)}


def job_lines(folder: Path, size: int) -> dict[str, Any]:
    """Count the lines of every job's result file."""
    return {"lines": sum(_newlines(job / RESULTS) for job in sorted(folder.glob("job-*")))}
