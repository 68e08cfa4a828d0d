"""Shows an estimate to a person, and beside it what was counted in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gavel.pricing.estimate import ASSUMPTIONS
from gavel.pricing.tokens import NOTHING, Range, total
from gavel_cli.follow import duration
from gavel_cli.output import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.pricing.estimate import Estimate, Line


def estimate_table(result: Estimate) -> Table:
    """One row for each model in each of its parts: calls, tokens, and USD with its range."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("MODEL", overflow="fold")
    table.add_column("DOES")
    for name in ("CALLS", "INPUT TOKENS", "OUTPUT TOKENS", "USD", "LOW – HIGH"):
        table.add_column(name, justify="right", no_wrap=True)
    parts: dict[tuple[str, str], list[Line]] = {}
    for line in result.lines:
        parts.setdefault((line.model, "answers" if line.judge is None else "judges"), []).append(line)
    for (model, does), lines in parts.items():
        usd = None if lines[0].price is None else total(line.usd or NOTHING for line in lines)
        table.add_row(
            Text(visible(model)),
            does,
            f"{sum(line.calls for line in lines):,}",
            _tokens(total(line.input for line in lines)),
            _tokens(total(line.output for line in lines)),
            dollars(usd.expected) if usd else "unknown",
            f"{dollars(usd.low)} – {dollars(usd.high)}" if usd else "",
        )
    return table


def sentence(result: Estimate) -> str:
    """Cost, jobs and time in one sentence."""
    usd, seconds = result.usd, result.seconds
    known = "" if not result.unknown else " and what the models without a price cost"
    return (
        f"Expected on AWS: {dollars(usd.expected)} ({dollars(usd.low)} to {dollars(usd.high)}){known}, "
        f"{result.records:,} records in {result.jobs:,} job{'s' * (result.jobs != 1)}, "
        f"about {duration(seconds.expected)} ({duration(seconds.low)} to {duration(seconds.high)})."
    )


def notes(result: Estimate) -> list[str]:
    """What has no price, how old the prices are, and what the figures assume."""
    lines = [f"No price known for {visible(model)}: add it to prices.yaml." for model in result.unknown]
    dates = sorted({line.price.as_of for line in result.lines if line.price})
    if dates:
        lines.append(f"Prices as of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}; --json names their sources.")
    return [*lines, *(f"Assumed: {text}." for text in ASSUMPTIONS)]


def comparison(view: Mapping[str, Any]) -> list[str]:
    """Estimate and count of a finished evaluation side by side; nothing for one that has none of them."""
    expected, counted = view.get("estimate"), view.get("counted")
    if not expected or not counted:
        return []
    if not counted["jobs"]:
        reused = view.get("reused_jobs")
        return [f"Cost on AWS: {dollars(expected['usd']['expected'])} expected, nothing paid: all jobs reused"] * bool(
            reused and reused == view["jobs"]["planned"]
        )
    usd = "unknown" if counted["usd"] is None else dollars(counted["usd"])
    jobs = view["jobs"]["planned"]
    lines = [
        f"Cost on AWS: {dollars(expected['usd']['expected'])} expected, {usd} counted in the results",
        f"Tokens in + out: {_in_and_out(expected, 'expected')} expected, {_in_and_out(counted)} counted",
    ]
    if counted["jobs"] != jobs:
        lines.append(f"Counted are {counted['jobs']:,} of {jobs:,} jobs: the others left no results of their own.")
    return lines


def _in_and_out(tokens: Mapping[str, Any], part: str | None = None) -> str:
    both = (tokens[name] if part is None else tokens[name][part] for name in ("input_tokens", "output_tokens"))
    return " + ".join(f"{count:,}" for count in both)


def dollars(usd: float) -> str:
    """USD as people write them, small ones with enough digits to tell them from nothing."""
    if usd == 0:
        return "$0"
    return f"${usd:,.2f}" if usd >= 1 else f"${usd:.4f}"


def _tokens(tokens: Range) -> str:
    return f"{round(tokens.expected):,}"
