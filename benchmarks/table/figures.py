"""Medians and spread of what was measured, by contender and size."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.table.row import Measured


@dataclass(frozen=True)
class Figures:
    """One contender at one size: CPU seconds (median, least, most), clock seconds, and memory in MB (10⁶ bytes)."""

    cpu: float
    cpu_least: float
    cpu_most: float
    clock: float
    start_cpu: float
    peak: float
    growth: float
    facts: dict[str, Any]

    @classmethod
    def of(cls, measured: Measured) -> Figures:
        """The figures of all runs."""
        runs = measured.runs
        cpu = [run.cpu for run in runs]
        return cls(
            cpu=statistics.median(cpu),
            cpu_least=min(cpu),
            cpu_most=max(cpu),
            clock=statistics.median(run.clock for run in runs),
            start_cpu=statistics.median(run.start_cpu for run in runs),
            peak=statistics.median(run.peak for run in runs) / 1e6,
            growth=statistics.median(run.growth for run in runs) / 1e6,
            facts=runs[-1].facts,
        )


class Grid:
    """The figures of one row, by contender and size."""

    def __init__(self, measured: Iterable[Measured]) -> None:
        self._cells = {(one.contender, one.size): Figures.of(one) for one in measured}
        self.sizes = sorted({size for _, size in self._cells})
        self.contenders = list(dict.fromkeys(contender for contender, _ in self._cells))

    def __call__(self, contender: str, size: int | None = None) -> Figures:
        """A contender's figures at a size, at the largest one without; KeyError for a contender that was not run."""
        return self._cells[contender, self.sizes[-1] if size is None else size]

    def faster(self, one: str, than: str, size: int | None = None) -> float:
        """How many times less CPU the one takes."""
        return self(than, size).cpu / max(self(one, size).cpu, 1e-9)
