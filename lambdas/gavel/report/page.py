"""Renders the report."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from gavel.metrics import Direction, builtin_metric, direction_of
from gavel.report.figures import BAR_WIDTH, Axis, difference_axis, mean_axis, segments
from gavel.report.records import record_views
from gavel.report.text import excerpt, moment, shown
from gavel.report.verdict import leader, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gavel.report.data import ReportData
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

type Cells = dict[tuple[str, str, str | None], MetricSummary]

SHOWN_RECORDS: Final = 100
_MINUS: Final = "\u2212"
_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class MetricRow:
    """One metric by one judge that was asked for it: its summaries in the order of the generators, and who leads.

    `by_category` holds for each generator the summaries in the order of the judge's categories.
    """

    metric: str
    judge: str
    title: str
    question: str
    direction: Direction
    cells: Sequence[MetricSummary | None]
    leader: str | None
    axis: Axis
    by_category: Sequence[Sequence[MetricSummary | None]]


@dataclass(frozen=True)
class PairView:
    """The comparisons of two generators by one judge, on one axis."""

    a: str
    b: str
    comparisons: Sequence[Comparison]
    axis: Axis


@dataclass(frozen=True)
class JudgeView:
    """Everything that one judge said."""

    judge: str
    rows: Sequence[MetricRow]
    pairs: Sequence[PairView]
    categories: Sequence[str]


def render_report(data: ReportData, *, shown_records: int = SHOWN_RECORDS) -> str:
    """The report as an HTML page; the same data give the same bytes.

    The first `shown_records` records are shown one by one, and a sentence says where the others are.
    """
    style = (_FOLDER / "report.css").read_text(encoding="utf-8")
    views = record_views(data.scores, generators=data.head.generators, metrics=data.head.metrics)
    records = list(islice(views, shown_records))
    judges = [_judge_view(data, judge) for judge in data.head.judges]
    return _template().render(
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        head=data.head,
        verdict=verdict(data),
        judges=judges,
        metrics=[
            [row for judge in judges for row in judge.rows if row.metric == metric] for metric in data.head.metrics
        ],
        records=records,
        colours={name: place % 10 for place, name in enumerate(data.head.generators)},
        bar_width=BAR_WIDTH,
        directions={one.metric: one.direction for one in data.summaries},
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=moment, shown=shown, excerpt=excerpt, figure=_figure, signed=_signed, title=_title
    )
    environment.globals.update(segments=segments)
    return environment.get_template("report.html.j2")


def _judge_view(data: ReportData, judge: str) -> JudgeView:
    cells = {(one.metric, one.model, one.category): one for one in data.summaries if one.judge == judge}
    asked = {metric for metric, _, _ in cells}
    categories = sorted({category for _, _, category in cells if category is not None})
    return JudgeView(
        judge=judge,
        rows=[_metric_row(data, judge, metric, cells, categories) for metric in data.head.metrics if metric in asked],
        pairs=list(_pairs(data, judge)),
        categories=categories,
    )


def _metric_row(data: ReportData, judge: str, metric: str, cells: Cells, categories: Sequence[str]) -> MetricRow:
    known = builtin_metric(metric)
    summaries = [cells.get((metric, name, None)) for name in data.head.generators]
    found = [one for one in summaries if one is not None]
    return MetricRow(
        metric=metric,
        judge=judge,
        title=_title(metric),
        question=known.question if known else data.head.questions.get(metric, ""),
        direction=found[0].direction if found else direction_of(metric),
        cells=summaries,
        leader=leader(data.comparisons, generators=data.head.generators, judge=judge, metric=metric),
        axis=mean_axis(found),
        by_category=[[cells.get((metric, name, category)) for category in categories] for name in data.head.generators],
    )


def _pairs(data: ReportData, judge: str) -> Iterator[PairView]:
    pairs: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for one in data.comparisons:
        if one.judge == judge and one.category is None:
            pairs[one.model_a, one.model_b].append(one)
    for (a, b), comparisons in pairs.items():
        comparisons.sort(key=lambda one: _place(data, one.metric))
        yield PairView(a, b, comparisons, difference_axis(comparisons))


def _place(data: ReportData, metric: str) -> int:
    metrics = list(data.head.metrics)
    return metrics.index(metric) if metric in metrics else len(metrics)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-", _MINUS)


def _signed(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", _MINUS)


def _title(metric: str) -> str:
    return metric.removeprefix("Builtin.")
