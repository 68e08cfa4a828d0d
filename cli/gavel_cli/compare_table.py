"""Shows the comparisons of two sides to a person, in at most 100 columns."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gavel.metrics import BUILTIN_PREFIX
from gavel_cli.output import console, for_people, visible
from gavel_cli.summary_tables import WIDTH, arrow, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.statistics.comparison import Comparison

_STYLES = {"better": "bold green", "worse": "bold red"}


def print_comparisons(a: str, b: str, comparisons: Sequence[Comparison], *, by_category: bool) -> None:
    """Print a table for each pair of generators and judge, and what could not be concluded and why."""
    out = console()
    if not for_people() or out.width > WIDTH:
        out.width = WIDTH
    shown = [one for one in comparisons if by_category or one.category is None]
    key = lambda one: (one.model_a, one.model_b, one.judge)  # noqa: E731 - for sorting and grouping alike
    for (model_a, model_b, judge), group in groupby(sorted(shown, key=key), key=key):
        rows = list(group)
        out.print(Text(f"A  {visible(model_a)}  ({visible(a)})", style="bold"))
        out.print(Text(f"B  {visible(model_b)}  ({visible(b)})", style="bold"))
        out.print(Text(f"judged by {visible(judge)}", style="dim"))
        out.print(_table(rows, by_category=by_category))
        for line in _notes(rows):
            out.print(Text(line, style="dim"))
        out.print()
    out.print(
        Text(
            "95 % bootstrap intervals over records; p by Wilcoxon's signed-rank or McNemar's exact test, corrected by "
            "Holm's method for all comparisons together (within a category, for those of the category).",
            style="dim",
        )
    )


def _table(rows: Sequence[Comparison], *, by_category: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("METRIC", overflow="fold", min_width=12)
    if by_category:
        table.add_column("CATEGORY", overflow="fold", max_width=16)
    for name in ("N", "MISSING", "A - B", "95 %", "P", "WIN/TIE/LOSS"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("A IS", no_wrap=True)
    for one in rows:
        cells = [Text(f"{visible(one.metric.removeprefix(BUILTIN_PREFIX))} {arrow(one.direction)}")]
        if by_category:
            cells.append(Text(visible(one.category)) if one.category else Text("all", style="dim"))
        counts = figure(None) if one.wins is None else f"{one.wins:,}/{one.ties:,}/{one.losses:,}"
        between = "" if one.interval is None else f"[{one.interval[0]:+.3f}, {one.interval[1]:+.3f}]"
        cells += [
            Text(f"{one.n:,}"),
            Text(f"{one.missing:,}", style="bold yellow" if one.missing else "dim"),
            Text(figure(one.mean_difference, sign="+")),
            Text(between),
            Text(_p(one.holm_p)),
            Text(counts),
            Text(one.verdict.value, style=_STYLES.get(one.verdict.value, "dim")),
        ]
        table.add_row(*cells)
    return table


def _notes(rows: Sequence[Comparison]) -> list[str]:
    """For each metric that is open: what would have been seen, and how many records would do; and what is missing."""
    lines = []
    for one in rows:
        name = visible(one.metric.removeprefix(BUILTIN_PREFIX)) + (
            f" ({visible(one.category)})" if one.category else ""
        )
        parts: list[Any] = []
        if one.verdict.value == "inconclusive" and one.detectable is not None:
            parts.append(f"a difference of {one.detectable:.2g} would have been seen")
        if one.more_records:
            parts.append(f"if the difference is what it seems, add about {one.more_records:,} records")
        parts += [visible(why) for why in one.notes]
        if parts:
            lines.append(f"{name}: {'; '.join(parts)}.")
    return lines


def _p(value: float | None) -> str:
    if value is None:
        return figure(None)
    return "<0.001" if value < 0.001 else f"{value:.3f}"
