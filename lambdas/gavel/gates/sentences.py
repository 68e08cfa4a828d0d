"""What was found of a gate, in one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.gates.decision import Kind, Outcome
from gavel.gates.gate import On
from gavel.gates.wording import about_scores, demand, number, percent, signed, title, usd, versus_name

if TYPE_CHECKING:
    from gavel.gates.decision import GateResult
    from gavel.gates.gate import Gate

_PART = {On.INTERVAL: "the whole interval", On.MEAN: "the mean", On.LOWER: "its lower end", On.UPPER: "its upper end"}


def undecided(result: GateResult, why: str) -> str:
    """Nothing can be concluded, and why."""
    return f"{_capital(result.rule)} is open, because {why}."


def decided(result: GateResult, gate: Gate, *, more: int | None = None, judged_by: str | None = None) -> str:
    """What was found, and how it stands to what was asked.

    `more` says about how many records would settle it; the judge is named where there are several.
    """
    found = _found(result, gate, judged_by)
    if result.outcome is Outcome.PASS:
        return f"{found}; {demand(gate)} was asked."
    if result.outcome is Outcome.FAIL:
        return f"{found}; {demand(gate)} was asked{_which(gate, result)}."
    settle = f"; about {more:,} more records would settle it" if more else ""
    return f"{found}, which leaves open whether it is {demand(gate)}{settle}."


def _which(gate: Gate, result: GateResult) -> str:
    """What misses the bound, where that is not plain."""
    if result.kind in {Kind.COVERAGE, Kind.COST} or gate.on in {On.MEAN, On.INTERVAL}:
        return ""
    return f", and {_PART[gate.on]} misses it"


def _found(result: GateResult, gate: Gate, judged_by: str | None) -> str:
    value = result.value or 0.0
    if result.kind is Kind.COST:
        return f"The evaluation cost {usd(value)} as counted in its results"
    if result.kind is Kind.COVERAGE:
        expected = (result.n or 0) + (result.missing or 0)
        subject = _capital(result.rule.partition(" at least")[0])
        return f"{subject} is {percent(value)}: {result.n:,} of {expected:,} scores"
    where = title(gate.metric)
    where += f" in {gate.category}" if gate.category is not None else ""
    where += f", judged by {judged_by}" if judged_by else ""
    where += _ground(result)
    if result.kind is Kind.DIFFERENCE:
        how = f"{number(abs(value))} {'worse' if value < 0 else 'better'} than" if round(value, 3) else "as good as"
        return f"{result.generator} is {how} {versus_name(gate)} on {where}"
    if result.kind is Kind.RATE:
        return f"{percent(value)} of {result.generator}'s answers have {about_scores(gate)} on {where}"
    return f"{result.generator} has {number(value)} on {where}"


def _ground(result: GateResult) -> str:
    """Interval and records, in brackets."""
    records = f"{result.n:,} record{'' if result.n == 1 else 's'}"
    if result.low is None or result.high is None:
        return f" ({records})"
    show = percent if result.kind is Kind.RATE else signed if result.kind is Kind.DIFFERENCE else number
    return f" (95 % interval {show(result.low)} to {show(result.high)}, {records})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
