"""Geometry of the report's drawings; the template only writes it down as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.metrics import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

BAR_WIDTH: Final = 600.0
SHADES: Final = 7
HEATS: Final = 9
_MOST_SEGMENTS: Final = 11
_BINS: Final = 10


@dataclass(frozen=True)
class Segment:
    """A part of a distribution's bar; `shade0` is the worst end, `shade6` the best; labels have no rank."""

    x: float
    width: float
    shade: str
    name: str
    count: int
    share: float


@dataclass(frozen=True)
class Interval:
    """A mean or difference with its interval on an axis of 0..100."""

    low: float
    high: float
    middle: float


@dataclass(frozen=True)
class Axis:
    """A scale of values drawn over 0..100."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value stands, kept on the axis."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def interval(self, middle: float, interval: tuple[float, float]) -> Interval:
        """Where an interval stands."""
        return Interval(low=self.place(interval[0]), high=self.place(interval[1]), middle=self.place(middle))


def segments(summary: MetricSummary, axis: Axis) -> list[Segment]:
    """The bar of one distribution: a segment for each value in ascending order, then one for what is missing.

    `axis` is the metric's scale, so that a value has one shade whoever got it.
    """
    parts = _parts(summary.values)
    drawn: list[Segment] = []
    x = 0.0
    shades = [*_shades(len(parts), summary, axis), "missing"]
    for (name, count), shade in zip([*parts, ("missing", summary.missing)], shades, strict=True):
        if count:
            width = BAR_WIDTH * count / summary.expected
            drawn.append(Segment(round(x, 2), round(width, 2), shade, name, count, count / summary.expected))
            x += width
    return drawn


def heat(summary: MetricSummary, axis: Axis) -> int | None:
    """How good a mean is, from 0 (the worst end of the metric's scale) to 8 (the best); None without a mean."""
    if summary.mean is None:
        return None
    share = axis.place(summary.mean) / 100
    if summary.direction is Direction.LOWER:
        share = 1 - share
    return min(HEATS - 1, int(share * HEATS))


def metric_scale(summaries: Sequence[MetricSummary]) -> Axis:
    """A metric's scale: 0 to 1, as Bedrock normalises scores; from the lowest to the highest value where one is beyond.

    `summaries` must be those of every generator and judge, or one value would look good here and bad there.
    """
    values = [float(value) for one in summaries if one.mean is not None for value in one.values]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0 and high <= 1:
        return Axis(low=0.0, high=1.0)
    # One value alone says nothing of its scale, which is then taken to begin at 0, or to end there.
    return Axis(low=low, high=high) if low < high else Axis(low=min(0.0, low), high=max(0.0, high))


def difference_axis(comparisons: Sequence[Comparison]) -> Axis:
    """One axis for the differences of a pair, the same to both sides of zero."""
    reach = max((abs(end) for one in comparisons if one.interval for end in one.interval), default=0.0)
    return Axis(low=-1.08 * reach or -1.0, high=1.08 * reach or 1.0)


def _parts(values: dict[str, int]) -> list[tuple[str, int]]:
    if len(values) <= _MOST_SEGMENTS:
        return [(_short(name), count) for name, count in values.items()]
    try:
        numbers = {float(name): count for name, count in values.items()}
    except ValueError:
        return list(values.items())
    low, high = min(numbers), max(numbers)
    width = (high - low) / _BINS
    bins = [0] * _BINS
    for number, count in numbers.items():
        bins[min(_BINS - 1, int((number - low) / width))] += count
    return [(f"{low + place * width:.3g} to {low + (place + 1) * width:.3g}", n) for place, n in enumerate(bins)]


def _short(name: str) -> str:
    try:
        return f"{float(name):.4g}"
    except ValueError:
        return name


def _shades(count: int, summary: MetricSummary, axis: Axis) -> list[str]:
    if summary.mean is None:
        return [f"label{place % SHADES}" for place in range(count)]
    if count == len(summary.values):
        steps = [round((SHADES - 1) * axis.place(float(value)) / 100) for value in summary.values]
    else:
        steps = [round((SHADES - 1) * place / (count - 1)) for place in range(count)]
    if summary.direction is Direction.LOWER:
        steps = [SHADES - 1 - step for step in steps]
    return [f"shade{step}" for step in steps]
