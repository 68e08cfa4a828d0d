"""Gavel's own way from a result file to figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.judged_files import RESULTS
from gavel.problems import Problems
from gavel.results.file_summary import summarize_rows
from gavel.results.rows import read_results

if TYPE_CHECKING:
    from pathlib import Path


def summarize(folder: Path, size: int) -> dict[str, Any]:
    """Exact counts, means and deviations of one result file, by metric and category."""
    problems = Problems()
    with (folder / RESULTS).open("rb") as file:
        found = summarize_rows(read_results(file, file=RESULTS, problems=problems))
    whole = {one.metric: one for one in found.summaries if one.category is None}
    return {
        "rows": found.rows,
        "scored": {metric: whole[metric].n for metric in sorted(whole)},
        "means": {metric: f"{whole[metric].mean:.9f}" for metric in sorted(whole)},
        "deviations": {metric: f"{whole[metric].stdev:.9f}" for metric in sorted(whole)},
    }
