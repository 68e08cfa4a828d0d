"""Shows the summaries of result files to a person, in at most 100 columns."""

from __future__ import annotations

import math
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from gavel.metrics import BUILTIN_PREFIX, Direction, builtin_metric
from gavel_cli.output import console, for_people, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from gavel.results.file_summary import FileSummary
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

WIDTH: Final = 100
_BINS: Final = 10
_BARS: Final = "▁▂▃▄▅▆▇█"
_PLAIN_BARS: Final = "_.:-=+*#"
_NOTHING: Final = "·"
_ARROWS: Final = {Direction.HIGHER: "↑", Direction.LOWER: "↓"}


def print_summaries(
    summaries: Mapping[str, FileSummary], *, by_category: bool, comparisons: Sequence[Comparison]
) -> None:
    """Print a table for each file, model and judge, and the paired comparisons, if any."""
    out = console()
    if not for_people() or out.width > WIDTH:
        out.width = WIDTH
    for file, summary in summaries.items():
        out.print(Text(visible(file), style="bold"))
        out.print(Text("  " + _rows(summary), style="dim"))
        shown = [one for one in summary.summaries if by_category or one.category is None]
        for (model, judge), group in groupby(shown, key=lambda one: (one.model, one.judge)):
            out.print(Text(f"\n  {visible(model)}, judged by {visible(judge)}"))
            out.print(_table(list(group), by_category=by_category))
        out.print()
    if summaries:
        out.print(Text(f"{arrow(Direction.HIGHER)} higher is better   {arrow(Direction.LOWER)} lower is better"))
    _print_comparisons(out, comparisons)


def _rows(summary: FileSummary) -> str:
    parts = [f"{summary.rows:,} row{'' if summary.rows == 1 else 's'}"]
    if summary.absent:
        parts.append(f"{summary.absent:,} records of the dataset have no row")
    if summary.foreign:
        parts.append(f"{summary.foreign:,} rows belong to no record of the dataset and are left out")
    if summary.repeats:
        parts.append(f"{summary.repeats:,} repeated scores left out")
    return "; ".join(parts)


def _table(summaries: Sequence[MetricSummary], *, by_category: bool) -> Table:
    table = Table(box=None, pad_edge=True, padding=(0, 1), header_style="bold")
    table.add_column("METRIC", overflow="fold", min_width=14)
    if by_category:
        table.add_column("CATEGORY", overflow="fold", max_width=22)
    for name in ("N", "MISSING", "MEAN", "STDEV"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("VALUES", overflow="fold")
    for one in summaries:
        name = f"{visible(one.metric.removeprefix(BUILTIN_PREFIX))} {arrow(one.direction)}"
        cells = [Text(name)]
        if by_category:
            cells.append(Text(visible(one.category)) if one.category else Text("all", style="dim"))
        cells += [
            Text(f"{one.n:,}"),
            Text(f"{one.missing:,}", style="bold yellow" if one.missing else "dim"),
            Text(figure(one.mean)),
            Text(figure(one.stdev)),
            Text(_distribution(one)),
        ]
        table.add_row(*cells)
    return table


def _distribution(summary: MetricSummary) -> str:
    """Bars over the metric's scale with its ends, or the counts of labels."""
    numbers = {float(value): count for value, count in summary.values.items() if _is_number(value)}
    if len(numbers) < len(summary.values):
        return ", ".join(f"{visible(label)} {count:,}" for label, count in summary.values.items())
    if not numbers:
        return "–" if _unicode() else "-"
    metric = builtin_metric(summary.metric)
    low, high = (0.0, 1.0) if metric or 0 <= min(numbers) <= max(numbers) <= 1 else (min(numbers), max(numbers))
    bins = [0] * (metric.levels if metric else _BINS)
    for value, count in numbers.items():
        share = (value - low) / (high - low) if high > low else 0.0
        bins[max(0, min(len(bins) - 1, round(share * (len(bins) - 1))))] += count
    return f"{low:g} {''.join(_bar(count, max(bins)) for count in bins)} {high:g}"


def _bar(count: int, highest: int) -> str:
    if count == 0:
        return _NOTHING if _unicode() else " "
    bars = _BARS if _unicode() else _PLAIN_BARS
    return bars[math.ceil(count / highest * len(bars)) - 1]


def _print_comparisons(out: Console, comparisons: Sequence[Comparison]) -> None:
    for (a, b, judge), group in groupby(
        sorted(comparisons, key=lambda one: (one.model_a, one.model_b, one.judge)),
        key=lambda one: (one.model_a, one.model_b, one.judge),
    ):
        out.print(Text("\nCompared record by record", style="bold"))
        out.print(Text(f"  a  {visible(a)}\n  b  {visible(b)}\n  judged by {visible(judge)}"))
        table = Table(box=None, pad_edge=True, padding=(0, 1), header_style="bold")
        table.add_column("METRIC", overflow="fold", min_width=14)
        for name in ("RECORDS", "MISSING", "A - B", "95 % INTERVAL"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("BETTER", overflow="fold")
        for one in group:
            table.add_row(
                Text(f"{visible(one.metric.removeprefix(BUILTIN_PREFIX))} {arrow(one.direction)}"),
                Text(f"{one.n:,}"),
                Text(f"{one.missing:,}", style="bold yellow" if one.missing else "dim"),
                Text(figure(one.mean_difference, sign="+")),
                Text("" if one.interval is None else f"[{one.interval[0]:+.3f}, {one.interval[1]:+.3f}]"),
                Text("a" if one.better == a else "b", style="bold green")
                if one.better
                else Text(one.wording, style="dim"),
            )
        out.print(table)


def figure(value: float | None, *, sign: str = "") -> str:
    """Three digits, or a dash where there is no figure."""
    if value is None:
        return "–" if _unicode() else "-"
    return f"{value:{sign}.3f}"


def arrow(direction: Direction) -> str:
    """Which end of a metric's scale is good."""
    return _ARROWS[direction] if _unicode() else {"↑": "^", "↓": "v"}[_ARROWS[direction]]


def _is_number(key: str) -> bool:
    try:
        float(key)
    except ValueError:
        return False
    return True


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
