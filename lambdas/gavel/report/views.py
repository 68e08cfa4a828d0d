"""The parts of a report in the order in which its templates show them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gavel.metrics import Direction, builtin_metric, direction_of
from gavel.report.figures import Axis, difference_axis, metric_scale
from gavel.report.verdict import leader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gavel.report.data import ReportData
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

type Cells = dict[tuple[str, str, str | None], MetricSummary]


@dataclass(frozen=True)
class MetricRow:
    """One metric by one judge that was asked for it: its summaries in the order of the generators, and who leads.

    `ordered` is whether its values are numbers, of which one end is good; `axis` is the metric's scale for all judges.
    `by_category` holds for each generator the summaries in the order of the judge's categories.
    """

    metric: str
    judge: str
    title: str
    question: str
    direction: Direction
    ordered: bool
    cells: Sequence[MetricSummary | None]
    leader: str | None
    axis: Axis
    by_category: Sequence[Sequence[MetricSummary | None]]


@dataclass(frozen=True)
class PairView:
    """The comparisons of two generators, or of one and its baseline, by one judge, on one axis."""

    a: str
    b: str
    comparisons: Sequence[Comparison]
    axis: Axis


@dataclass(frozen=True)
class JudgeView:
    """Everything that one judge said; `against_baseline` are the pairs of a generator and its counterpart."""

    judge: str
    rows: Sequence[MetricRow]
    pairs: Sequence[PairView]
    against_baseline: Sequence[PairView]
    categories: Sequence[str]


def judge_view(data: ReportData, judge: str) -> JudgeView:
    """What one judge said."""
    cells = {(one.metric, one.model, one.category): one for one in data.summaries if one.judge == judge}
    asked = {metric for metric, _, _ in cells}
    categories = sorted({category for _, _, category in cells if category is not None})
    return JudgeView(
        judge=judge,
        rows=[_metric_row(data, judge, metric, cells, categories) for metric in data.head.metrics if metric in asked],
        pairs=list(_pairs(data, judge, data.comparisons)),
        against_baseline=list(_pairs(data, judge, data.baseline.comparisons if data.baseline else ())),
        categories=categories,
    )


def _metric_row(data: ReportData, judge: str, metric: str, cells: Cells, categories: Sequence[str]) -> MetricRow:
    known = builtin_metric(metric)
    summaries = [cells.get((metric, name, None)) for name in data.head.generators]
    found = [one for one in summaries if one is not None]
    return MetricRow(
        metric=metric,
        judge=judge,
        title=title(metric),
        question=known.question if known else data.head.questions.get(metric, ""),
        direction=found[0].direction if found else direction_of(metric),
        ordered=not found or any(one.mean is not None or not one.values for one in found),
        cells=summaries,
        leader=leader(data.comparisons, generators=data.head.generators, judge=judge, metric=metric),
        axis=scale_of(data, metric),
        by_category=[[cells.get((metric, name, category)) for category in categories] for name in data.head.generators],
    )


def scale_of(data: ReportData, metric: str) -> Axis:
    """The scale of a metric, told by the scores of all generators and judges."""
    return metric_scale([one for one in data.summaries if one.metric == metric and one.category is None])


def _pairs(data: ReportData, judge: str, comparisons: Iterable[Comparison]) -> Iterator[PairView]:
    pairs: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for one in comparisons:
        if one.judge == judge and one.category is None:
            pairs[one.model_a, one.model_b].append(one)
    for (a, b), found in pairs.items():
        found.sort(key=lambda one: _place(data, one.metric))
        yield PairView(a, b, found, difference_axis(found))


def _place(data: ReportData, metric: str) -> int:
    metrics = list(data.head.metrics)
    return metrics.index(metric) if metric in metrics else len(metrics)


def title(metric: str) -> str:
    """The metric without the API's prefix."""
    return metric.removeprefix("Builtin.")
