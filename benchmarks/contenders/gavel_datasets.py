"""Gavel's own validation of a dataset, as PlanEvaluation and `gavel validate` run it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.dataset_files import DATASET
from gavel.datasets.reader import DatasetRules, read_dataset
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class CountedProblems(Problems):
    """Problems as always, and which lines they are of."""

    bad_lines: int = 0
    last: int | None = None
    digest: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=8))

    def add(self, problem: Problem) -> None:
        """Count the problem, and its line once."""
        super().add(problem)
        if problem.line != self.last:
            self.last = problem.line
            self.bad_lines += 1
            self.digest.update(b"%d\n" % (problem.line or 0))


def validate(folder: Path, size: int) -> dict[str, Any]:
    """Read the file to its end; every problem of every line is told."""
    problems = CountedProblems()
    with (folder / DATASET).open("rb") as file:
        reader = read_dataset(file, file=DATASET, rules=DatasetRules(), problems=problems)
        facts = reader.read_to_end()
    return {
        "records": facts.records,
        "bad_lines": problems.bad_lines,
        "which": problems.digest.hexdigest(),
        "problems": problems.count,
    }
