"""Renders the report."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2
from markupsafe import Markup

from gavel.gates.wording import usd
from gavel.report.figures import BAR_WIDTH, heat, segments
from gavel.report.gate_views import ICONS, gate_views
from gavel.report.record_data import Legend, record_data
from gavel.report.text import excerpt, moment, shown
from gavel.report.trend_views import HEIGHT, WIDTH, pictures
from gavel.report.verdict import verdict
from gavel.report.views import judge_view, scale_of, title

if TYPE_CHECKING:
    from gavel.report.data import ReportData

_MINUS: Final = "\u2212"
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
    return _template().render(
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script=Markup(script),  # noqa: S704 - our own files
        script_hash=_hash(script),
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
        longest=data.longest,
        colours=colours | {partner: colours[name] for name, partner in partners.items() if name in colours},
        bar_width=BAR_WIDTH,
        directions=directions,
        duration=_duration(head.started_at, head.ended_at),
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=moment, shown=shown, excerpt=excerpt, figure=_figure, signed=_signed, title=title, usd=usd
    )
    environment.globals.update(segments=segments, heat=heat, icons={one.value: icon for one, icon in ICONS.items()})
    return environment.get_template("report.html.j2")


def _hash(text: str) -> str:
    """The hash by which a Content-Security-Policy knows a style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("-", _MINUS)


def _signed(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", _MINUS)


def _duration(start: str, end: str) -> str | None:
    """How long it took, as people say it; None where a time is no time."""
    try:
        seconds = round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    except (ValueError, TypeError):
        return None
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"
