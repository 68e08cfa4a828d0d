"""Trends: how each figure of a suite went from evaluation to evaluation, and where it cannot be followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.history.comparable import broken
from gavel.report.data import Trend, TrendPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.history.entry import Entry, Figure

type Series = tuple[str, str, str]  # metric, judge, generator


def trends(entries: Sequence[Entry]) -> list[Trend]:
    """The trend of every figure of the last entry, over all entries in the order of their starts.

    An evaluation without that figure, or without scores, is left out of its line. A point is broken from the point
    before it in its line.
    """
    if not entries:
        return []
    found: dict[Series, list[tuple[Entry, Figure]]] = {_series(figure): [] for figure in entries[-1].figures}
    for entry in entries:
        for figure in entry.figures:
            if (points := found.get(_series(figure))) is not None:
                points.append((entry, figure))
    return [
        Trend(metric=metric, judge=judge, generator=generator, points=_points(metric, judge, points))
        for (metric, judge, generator), points in found.items()
    ]


def _points(metric: str, judge: str, line: Sequence[tuple[Entry, Figure]]) -> list[TrendPoint]:
    points = []
    for place, (entry, figure) in enumerate(line):
        interval = None if figure.low is None or figure.high is None else (figure.low, figure.high)
        points.append(
            TrendPoint(
                evaluation_id=entry.evaluation_id,
                at=entry.created_at,
                mean=figure.mean,
                interval=interval,
                n=figure.n,
                missing=figure.missing,
                broken=broken(metric, judge, line[place - 1][0], entry) if place else None,
            )
        )
    return points


def _series(figure: Figure) -> Series:
    return figure.metric, figure.judge, figure.generator
