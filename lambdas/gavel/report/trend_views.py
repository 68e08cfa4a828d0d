"""Trends as small pictures: one for each metric and judge, a line for each generator, over the suite's evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.report.figures import Axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gavel.report.data import Trend, TrendPoint

WIDTH: Final = 320.0
HEIGHT: Final = 120.0
_EDGE: Final = 10.0


@dataclass(frozen=True)
class Mark:
    """One point of a line; `low` and `high` are the ends of its interval, where it has one."""

    x: float
    y: float
    low: float | None
    high: float | None
    point: TrendPoint


@dataclass(frozen=True)
class Line:
    """One generator: the pieces between which its scores can be compared, as SVG points, and all its marks."""

    generator: str
    pieces: Sequence[str]
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Picture:
    """One metric by one judge: `low` and `high` are the values at the picture's edges; `breaks` says where and why."""

    metric: str
    judge: str
    low: float
    high: float
    lines: Sequence[Line]
    evaluations: Sequence[tuple[str, str]]
    breaks: Sequence[tuple[str, str]]


def pictures(
    trends: Iterable[Trend], *, metrics: Sequence[str], judges: Sequence[str], generators: Sequence[str]
) -> list[Picture]:
    """A picture for every metric and judge that more than one evaluation has a mean of, in the order of these names."""
    places = [{name: place for place, name in enumerate(names)} for names in (metrics, judges, generators)]
    groups: dict[tuple[str, str], list[Trend]] = {}

    def order(trend: Trend) -> tuple[int, ...]:
        names = (trend.metric, trend.judge, trend.generator)
        return tuple(place.get(name, len(place)) for place, name in zip(places, names, strict=True))

    for trend in sorted(trends, key=order):
        if sum(point.mean is not None for point in trend.points) > 1:
            groups.setdefault((trend.metric, trend.judge), []).append(trend)
    return [_picture(metric, judge, group) for (metric, judge), group in groups.items()]


def _picture(metric: str, judge: str, trends: Sequence[Trend]) -> Picture:
    order = sorted({(point.at, point.evaluation_id) for trend in trends for point in trend.points})
    step = (WIDTH - 2 * _EDGE) / max(1, len(order) - 1)
    x_of = {evaluation: _EDGE + step * place for place, (_, evaluation) in enumerate(order)}
    axis = _axis([point for trend in trends for point in trend.points])
    lines = [_line(trend, x_of, axis) for trend in trends]
    breaks = {
        (point.evaluation_id, point.broken) for trend in trends for point in trend.points if point.broken is not None
    }
    return Picture(
        metric=metric,
        judge=judge,
        low=axis.low,
        high=axis.high,
        lines=lines,
        evaluations=[(evaluation, at) for at, evaluation in order],
        breaks=sorted(breaks, key=lambda one: (x_of[one[0]], one[1])),
    )


def _axis(points: Sequence[TrendPoint]) -> Axis:
    """From the lowest to the highest end that is drawn, in steps of a tenth, and no narrower than two of them."""
    ends = [end for point in points for end in (*(point.interval or ()), point.mean) if end is not None]
    low, high = (min(ends) * 10) // 1 / 10, -(-(max(ends) * 10) // 1) / 10
    if high - low < 0.2:
        low, high = (low - 0.1, high) if high >= 0.2 else (low, high + 0.1)
    return Axis(low=round(low, 1), high=round(high, 1))


def _line(trend: Trend, x_of: dict[str, float], axis: Axis) -> Line:
    def y_of(value: float) -> float:
        return round(_EDGE + (HEIGHT - 2 * _EDGE) * (1 - axis.place(value) / 100), 2)

    marks, pieces = [], []
    piece: list[str] = []
    for point in trend.points:
        if point.mean is None:
            continue
        low, high = point.interval or (None, None)
        mark = Mark(
            x=round(x_of[point.evaluation_id], 2),
            y=y_of(point.mean),
            low=None if low is None else y_of(low),
            high=None if high is None else y_of(high),
            point=point,
        )
        marks.append(mark)
        if point.broken is not None and piece:
            pieces.append(" ".join(piece))
            piece = []
        piece.append(f"{mark.x},{mark.y}")
    pieces.append(" ".join(piece))
    return Line(generator=trend.generator, pieces=[one for one in pieces if " " in one], marks=marks)
