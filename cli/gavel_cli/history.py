"""`gavel history`: how the evaluations of a suite went."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import click

from gavel.metrics import BUILTIN_PREFIX
from gavel_cli.output import EXIT_CODES, CommandInvalidError, console, print_json, visible
from gavel_cli.target import known_suite, local_option, stack_option, with_api

_MOST = 100
_COMPARABLE = {"judges": "judges", "texts": "metrics' prompts", "records_sha256": "records"}


@click.command(epilog=EXIT_CODES)
@click.argument("suite", callback=known_suite)
@click.option("--metric", "metrics", multiple=True, metavar="METRIC", help="Show this metric only; may be repeated.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=10, show_default=True, help="How many evaluations.")
@local_option
@stack_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def history(suite: str, metrics: tuple[str, ...], *, limit: int, local: bool, stack: str | None, as_json: bool) -> None:
    """Show the last evaluations of SUITE, newest first: verdicts, and the mean of every metric.

    A line between two evaluations says that their scores cannot be compared, and why.
    """
    answer = with_api(lambda api: api.suite(suite, limit=limit), local=local, stack=stack)
    if as_json:
        print_json(answer)
        return
    if not answer["evaluations"]:
        click.echo(f"{suite} has no evaluation yet")
        return
    _print(answer, metrics)


def _print(answer: dict[str, Any], metrics: tuple[str, ...]) -> None:
    from rich.table import Table  # noqa: PLC0415 - rich takes long to import, and JSON needs none of it
    from rich.text import Text  # noqa: PLC0415 - as above

    from gavel_cli.verdict_table import STYLES  # noqa: PLC0415 - as above

    evaluations, baseline = answer["evaluations"], (answer["baseline"] or {}).get("evaluation_id")
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("STARTED", "EVALUATION", "VERDICT", "RECORDS", ""):
        table.add_column(name, no_wrap=True, justify="right" if name == "RECORDS" else "left")
    for one in evaluations:
        verdict = one["verdict"] or ("–" if one["figures"] else one["status"] or "running")
        table.add_row(
            Text(f"{one['created_at'][:16].replace('T', ' ')}Z"),
            Text(one["evaluation_id"]),
            Text(verdict, style=STYLES.get(verdict, "dim")),
            Text(f"{one['records']:,}" if one["records"] else "–"),
            Text("baseline" if one["evaluation_id"] == baseline else ""),
        )
    out.print(table)
    scored = [one for one in evaluations if one["figures"]]
    lines = _lines(scored, metrics)
    if metrics and not lines:
        raise CommandInvalidError(f"no evaluation has scores of {', '.join(metrics)}")
    out.print()
    for line in lines:
        out.print(Text(visible(line)), soft_wrap=True)
    for line in _breaks(scored):
        out.print(Text(visible(line), style="dim"), soft_wrap=True)


def _lines(scored: list[dict[str, Any]], metrics: tuple[str, ...]) -> list[str]:
    """One line a metric, judge and generator: its means, the newest first."""
    series: dict[tuple[str, str, str], list[str]] = {}
    for place, one in enumerate(scored):
        for figure in one["figures"]:
            title = figure["metric"].removeprefix(BUILTIN_PREFIX)
            if not metrics or {title, figure["metric"]} & set(metrics):
                means = series.setdefault((title, figure["judge"], figure["generator"]), ["–"] * len(scored))
                means[place] = "–" if figure["mean"] is None else f"{figure['mean']:.3f}"
    judges = {judge for _, judge, _ in series}
    return [
        f"{title}{f' by {judge}' if len(judges) > 1 else ''}, {generator}: {' ← '.join(means)}"
        for (title, judge, generator), means in series.items()
    ]


def _breaks(scored: list[dict[str, Any]]) -> list[str]:
    """Where scores of one evaluation cannot be compared with those of the one before."""
    lines = []
    for newer, older in pairwise(scored):
        changed = [name for fact, name in _COMPARABLE.items() if newer[fact] != older[fact]]
        if changed:
            lines.append(f"other {' and '.join(changed)} from {newer['evaluation_id']} on: not comparable before it")
    return lines
