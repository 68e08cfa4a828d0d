"""The table for people, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.table.figures import Figures, Grid
from benchmarks.table.row import FLOOR, GAVEL, SCRIPT
from benchmarks.table.verdict import disagreements, held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.table.row import Measured, Row

HEADING = (
    f"{'':2}{'size':>10} {'contender':14} {'CPU s':>8} {'least to most':>17} {'MB/s':>7} {'× script':>9} "
    f"{'× floor':>8} {'peak MB':>8} {'growth MB':>10}"
)


def document(
    facts: Mapping[str, str], found: Iterable[tuple[Row, Sequence[Measured]]], broken: Sequence[str]
) -> dict[str, Any]:
    """Everything, as one JSON object."""
    return {
        "machine": dict(facts),
        "rows": [
            {
                "name": row.name,
                "about": row.about,
                "seed": row.seed,
                "rounds": len(measured[0].runs),
                "figures": [
                    {
                        "contender": one.contender,
                        "size": one.size,
                        "bytes": one.size_bytes,
                        **asdict(Figures.of(one)),
                    }
                    for one in measured
                ],
                "promises": [{"kept": kept, "sentence": sentence} for kept, sentence in held(row, measured)],
                "disagreements": list(disagreements(row, measured)),
            }
            for row, measured in found
        ],
        "broken": list(broken),
    }


def table(row: Row, measured: Sequence[Measured]) -> Iterator[str]:
    """The lines of one row."""
    rounds = len(measured[0].runs)
    of_data = [f"seed {row.seed}", f"sizes in {row.unit}"] if row.unit else []
    yield f"{row.name}: {row.about} ({', '.join([f'{rounds} round{"s" if rounds > 1 else ""}', *of_data])})"
    grid = Grid(measured)
    for one in measured:
        yield _line(one, grid, sized=row.unit is not None)
    for kept, sentence in held(row, measured):
        yield f"  {'kept   ' if kept else 'BROKEN '} {sentence}"
    for sentence in disagreements(row, measured):
        yield f"  BROKEN  {sentence}"


def _line(one: Measured, grid: Grid, *, sized: bool) -> str:
    figures = grid(one.contender, one.size)
    speed = f"{one.size_bytes / 1e6 / max(figures.cpu, 1e-9):>7,.0f}" if one.size_bytes else f"{'':>7}"
    ratios = [
        f"{grid.faster(one.contender, than, one.size):>{width}.2f}" if than in grid.contenders else " " * width
        for than, width in ((SCRIPT, 9), (FLOOR, 8))
    ]
    return (
        f"{'▸ ' if one.contender == GAVEL else '  '}{f'{one.size:,}' if sized else '':>10} {one.contender:14} "
        f"{figures.cpu:>8.3f} "
        f"{figures.cpu_least:>8.3f}–{figures.cpu_most:<8.3f} {speed} {' '.join(ratios)} "
        f"{figures.peak:>8.1f} {figures.growth:>10.1f}"
    )
