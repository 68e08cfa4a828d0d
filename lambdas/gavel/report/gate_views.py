"""Gates as a report shows them: those that decided the verdict first, each with its figure drawn beside its bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.gates.decision import GateResult, Kind, Outcome
from gavel.gates.wording import bound, number, percent, signed, usd
from gavel.report.figures import Axis, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.gates.decision import Decision

_MINUS: Final = "\u2212"
_ORDER: Final = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
ICONS: Final = {Outcome.PASS: "✓", Outcome.FAIL: "✕", Outcome.INCONCLUSIVE: "?"}


@dataclass(frozen=True)
class GateView:
    """One gate: its figure and bound as text, and as places on an axis of 0..100; a figure without interval is a point.

    `good` is the part of the axis that keeps the bound.
    """

    result: GateResult
    icon: str
    figure: str
    interval: str
    bound: str
    drawn: Interval | None
    at_bound: float
    good: tuple[float, float]


def gate_views(decision: Decision) -> Sequence[GateView]:
    """All gates, those that fail first, then those that cannot be decided."""
    ordered = sorted(decision.results, key=lambda result: _ORDER.index(result.outcome))
    return [_view(result) for result in ordered]


def _view(result: GateResult) -> GateView:
    written = {Kind.DIFFERENCE: signed, Kind.MEAN: number, Kind.COST: usd}.get(result.kind, percent)

    def show(value: float) -> str:
        return written(value).replace("-", _MINUS)

    ends = [end for end in (result.low, result.high, result.value) if end is not None]
    axis = _axis([*ends, result.threshold])
    drawn = None
    if result.value is not None:
        low, high = (result.value if end is None else end for end in (result.low, result.high))
        drawn = axis.interval(result.value, (low, high))
    at_bound = axis.place(result.threshold)
    interval = "" if result.low is None or result.high is None else f"{show(result.low)} to {show(result.high)}"
    return GateView(
        result=result,
        icon=ICONS[result.outcome],
        figure="–" if result.value is None else show(result.value),
        interval=interval,
        bound=f"{_sign(result)} {_bound(result).replace('-', _MINUS)}",
        drawn=drawn,
        at_bound=at_bound,
        good=(at_bound, 100.0) if result.minimum is not None else (0.0, at_bound),
    )


def _bound(result: GateResult) -> str:
    """The bound as the suite has it."""
    written = {Kind.DIFFERENCE: bound, Kind.MEAN: bound, Kind.COST: usd}.get(result.kind, percent)
    return written(result.threshold)


def _sign(result: GateResult) -> str:
    """How the figure must stand to the bound; a difference that has to be better must not be zero."""
    if result.kind is Kind.DIFFERENCE and result.threshold == 0 and " better than " in result.rule:
        return ">" if result.minimum is not None else "<"
    return "≥" if result.minimum is not None else "≤"


def _axis(values: Sequence[float]) -> Axis:
    """An axis with a margin on both sides of everything that is drawn."""
    low, high = min(values), max(values)
    margin = 0.15 * (high - low) or 0.1
    return Axis(low=low - margin, high=high + margin)
