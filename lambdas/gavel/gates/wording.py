"""Figures of gates as people read them, and what a gate demands in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.gates.decision import BASELINE, Kind
from gavel.gates.gate import On
from gavel.metrics import BUILTIN_PREFIX

if TYPE_CHECKING:
    from gavel.gates.gate import Gate


def title(metric: str | None) -> str:
    """The metric without the API's prefix."""
    return (metric or "").removeprefix(BUILTIN_PREFIX)


def number(value: float) -> str:
    """A score to three decimals."""
    return f"{value:.3f}"


def signed(value: float) -> str:
    """A difference to three decimals with its sign; what rounds to nothing has none."""
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text


def percent(share: float) -> str:
    """A share in per cent, to one decimal where it needs one."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def usd(amount: float) -> str:
    """An amount of USD."""
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}"


def bound(value: float) -> str:
    """A bound as it was written."""
    return f"{value:g}"


def about_scores(gate: Gate) -> str:
    """Which scores a RATE counts: `scores below 0.5`."""
    if gate.label is not None:
        return f"label {gate.label}"
    return f"scores below {bound(gate.below)}" if gate.below is not None else f"scores above {bound(gate.above or 0)}"


def versus_name(gate: Gate) -> str:
    """What the generator is compared with."""
    return "the baseline" if gate.versus == BASELINE else gate.versus or ""


def demand(gate: Gate) -> str:
    """What must hold: `at least 0.8`."""
    if gate.kind is Kind.DIFFERENCE:
        least = gate.minimum or 0.0
        if least < 0:
            return f"no more than {bound(-least)} worse than {versus_name(gate)}"
        if least == 0:
            return f"{'better than' if gate.strict else 'no worse than'} {versus_name(gate)}"
        return f"better than {versus_name(gate)} by at least {bound(least)}"
    side, value = ("at least", gate.minimum) if gate.minimum is not None else ("at most", gate.maximum)
    value = value or 0.0
    shown = (
        percent(value)
        if gate.kind in {Kind.RATE, Kind.COVERAGE}
        else usd(value)
        if gate.kind is Kind.COST
        else bound(value)
    )
    return f"{side} {shown}"


def rule(gate: Gate, *, generator: str | None) -> str:
    """What the gate demands of a generator, in a few words: `Correctness of lite at least 0.8`."""
    if gate.kind is Kind.COST:
        return f"Cost {demand(gate)}"
    subject = title(gate.metric)
    if gate.kind is Kind.RATE:
        subject += f", {about_scores(gate)},"
    elif gate.kind is Kind.COVERAGE:
        subject = f"Coverage of {subject}" if subject else "Coverage"
    of = f" of {generator}" if generator else ""
    within = f" in {gate.category}" if gate.category is not None else ""
    part = {On.INTERVAL: "", On.MEAN: " (mean alone)", On.LOWER: " (lower bound)", On.UPPER: " (upper bound)"}[gate.on]
    return f"{subject}{of}{within} {demand(gate)}{part}"
