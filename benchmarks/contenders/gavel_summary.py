"""SummarizeEvaluation as the Lambda runs it, over a bucket that is a folder and score files of two generators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks import summarize_million

if TYPE_CHECKING:
    from pathlib import Path

GENERATORS: Final = 2


def prepare(folder: Path, size: int, seed: int) -> int:
    """A plan and the score files of its jobs; the size of all."""
    summarize_million.prepare(folder, size, GENERATORS)
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def summarize(folder: Path, size: int) -> dict[str, Any]:
    """Count, compare, show and judge."""
    measured = summarize_million.summarize(folder)
    return {"jobs": measured.jobs, "disk": measured.disk}
