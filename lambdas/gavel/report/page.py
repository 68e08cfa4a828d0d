"""Renders the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from gavel.report.environment import environment, policy_hash
from gavel.report.figures import BAR_WIDTH
from gavel.report.gate_views import gate_views
from gavel.report.record_data import Legend, record_data
from gavel.report.text import duration
from gavel.report.trend_views import HEIGHT, WIDTH, pictures
from gavel.report.verdict import verdict
from gavel.report.views import judge_view, scale_of

if TYPE_CHECKING:
    from gavel.report.data import ReportData

_FOLDER: Final = Path(__file__).parent
_SCRIPT: Final = ("model.js", "text.js", "list.js", "detail.js", "main.js")


def render_report(data: ReportData) -> str:
    """The report as an HTML page; the same data give the same bytes.

    A sentence says where the records are that it does not show.
    """
    style = (_FOLDER / "report.css").read_text(encoding="utf-8")
    parts = [(_FOLDER / "script" / name).read_text(encoding="utf-8") for name in _SCRIPT]
    script = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"
    head, baseline = data.head, data.baseline
    partners = dict(baseline.partners) if baseline else {}
    directions = {one.metric: one.direction for one in data.summaries}
    axes = {metric: scale_of(data, metric) for metric in head.metrics}
    scales = {metric: (axis.low, axis.high) for metric, axis in axes.items()}
    judges = [judge_view(data, judge) for judge in head.judges]
    categories = sorted({category for judge in judges for category in judge.categories})
    legend = Legend(head.generators, partners, head.judges, head.metrics, directions, scales, categories, data.longest)
    records = record_data(data.scores, legend)
    colours = {name: place % 10 for place, name in enumerate(head.generators)}
    template = environment().get_template("report.html.j2")
    return template.render(
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=policy_hash(style),
        script=Markup(script),  # noqa: S704 - our own files
        script_hash=policy_hash(script),
        records_json=Markup(records.json),  # noqa: S704 - JSON in which nothing is left that HTML knows
        shown_records=records.records,
        head=head,
        decision=data.decision,
        gates=gate_views(data.decision),
        verdict=verdict(data),
        judges=judges,
        metrics=[[row for judge in judges for row in judge.rows if row.metric == metric] for metric in head.metrics],
        categories=categories,
        differences=baseline is not None or any(judge.pairs for judge in judges),
        baseline=baseline,
        trends=pictures(data.trends, metrics=head.metrics, judges=head.judges, generators=head.generators),
        trend_size=(WIDTH, HEIGHT),
        cost=data.cost,
        trust=data.trust,
        flags=data.flags,
        longest=data.longest,
        at_hand=data.at_hand,
        colours=colours | {partner: colours[name] for name, partner in partners.items() if name in colours},
        bar_width=BAR_WIDTH,
        directions=directions,
        duration=duration(head.started_at, head.ended_at),
    )
