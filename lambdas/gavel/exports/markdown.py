"""An evaluation as a comment on a pull request, in GitHub's Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gavel.exports.inert_markdown import code, prose, row
from gavel.gates.decision import Outcome
from gavel.metrics import Direction, builtin_metric
from gavel.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gavel.gates.decision import GateResult
    from gavel.report.data import Cost, ReportData
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

MOST_CHARACTERS: Final = 65_536  # GitHub refuses a longer comment
_LEFT_OUT: Final = "{count:,} more {rows} would pass the 65,536 characters that a comment may have; the report has all."
_RESERVE: Final = 200  # for that sentence
_SIGNS: Final = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.INCONCLUSIVE: "❔"}
_ORDER: Final = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
_BROADEST_TABLE: Final = 5  # models side by side; more of them stand below each other
_LABELS_SHOWN: Final = 3


@dataclass(frozen=True)
class _Part:
    """A heading with what always stands below it, and the rows below that, which may be left out from the end."""

    title: str
    lead: Sequence[str] = ()
    rows: Sequence[str] = field(default_factory=tuple)


def pull_request_comment(data: ReportData, *, report: str) -> str:
    """The comment: verdict first, then gates, means, concluded differences, coverage and cost; `report` says where.

    No text of a stranger has any effect in it. It is never longer than `MOST_CHARACTERS`: what decides stands first,
    and the rows that would pass the limit are left out, with a sentence that says so.
    """
    parts = [part for part in (_gates(data.decision.results), _means(data), _differences(data)) if part]
    above = [*_verdict(data), ""]
    below = ["", *_ground(data), "", f"Report: {code(report, longest=1_000)}", ""]
    fixed = sum(len(line) + 1 for line in [*above, *below]) + sum(_length(part) for part in parts)
    room = max(0, MOST_CHARACTERS - fixed - _RESERVE * len(parts))
    lines = above
    for part in parts:
        shown, room = _fitting(part.rows, room)
        lines += [f"### {part.title}", "", *part.lead, *shown]
        if left := len(part.rows) - len(shown):
            lines += ["", _LEFT_OUT.format(count=left, rows="row" if left == 1 else "rows")]
        lines.append("")
    return "\n".join([*lines[:-1], *below])


def _length(part: _Part) -> int:
    return len(part.title) + 8 + sum(len(line) + 1 for line in part.lead)


def _fitting(rows: Iterable[str], room: int) -> tuple[list[str], int]:
    """The first rows that fit, and the room that is left."""
    shown: list[str] = []
    for one in rows:
        if len(one) + 1 > room:
            return shown, 0  # a later, shorter row would stand there as if none was missing before it
        shown.append(one)
        room -= len(one) + 1
    return shown, room


def _verdict(data: ReportData) -> list[str]:
    head = data.head
    about = f"Suite {code(head.suite)}, evaluation {code(head.evaluation_id)}, dataset {code(head.dataset)}."
    outcome = data.decision.outcome
    if outcome is not None:
        return [f"## {_SIGNS[outcome]} Gavel: {outcome.value}", "", f"Verdict: {prose(data.decision.sentence)}", about]
    said = verdict(data)
    return [f"## Gavel: {prose(said.pill)}", "", f"Found: {prose(said.sentence, longest=2_000)}", about]


def _gates(results: Sequence[GateResult]) -> _Part | None:
    if not results:
        return None
    ordered = sorted(results, key=lambda one: _ORDER.index(one.outcome))
    return _Part(
        "Gates",
        [row("", "Gate", "Held against", "Found"), row("---", "---", "---", "---")],
        [
            row(f"{_SIGNS[one.outcome]} {one.outcome.value}", code(one.rule), _held_against(one), prose(one.sentence))
            for one in ordered
        ],
    )


def _held_against(result: GateResult) -> str:
    parts = [(result.generator, ""), (result.judge, "judge "), (result.category, "category ")]
    return ", ".join(f"{word}{code(text)}" for text, word in parts if text is not None) or "the evaluation"


def _means(data: ReportData) -> _Part | None:
    whole = {(one.metric, one.judge, one.model): one for one in data.summaries if one.category is None}
    if not whole:
        return None
    models = list(dict.fromkeys([*data.head.generators, *(model for _, _, model in whole)]))
    keys = list(dict.fromkeys((metric, judge) for metric, judge, _ in whole))
    several = len({judge for _, judge in keys}) > 1
    title = "Means with 95 % intervals"
    if len(models) <= _BROADEST_TABLE:
        names = ["Metric", *(["Judge"] if several else []), *(code(model, longest=60) for model in models)]
        rows = []
        for metric, judge in keys:
            found = [whole.get((metric, judge, model)) for model in models]
            cells = [_mean(one) if one else "–" for one in found]
            rows.append(row(_metric(metric, found), *([code(judge)] if several else []), *cells))
    else:
        names = ["Metric", *(["Judge"] if several else []), "Model", "Mean"]
        rows = [
            row(_metric(metric, [one]), *([code(judge)] if several else []), code(model), _mean(one))
            for (metric, judge, model), one in whole.items()
        ]
    return _Part(title, [row(*names), row(*("---" for _ in names))], rows)


def _metric(name: str, found: Iterable[MetricSummary | None]) -> str:
    builtin = builtin_metric(name)
    lower = any(one is not None and one.direction is Direction.LOWER for one in found)
    return code(builtin.title if builtin else name) + (" (lower is better)" if lower else "")


def _mean(one: MetricSummary) -> str:
    missing = f", {one.missing:,} missing" if one.missing else ""
    if one.mean is None:
        labels = sorted(one.values.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{code(label, longest=40)} {count:,}" for label, count in labels[:_LABELS_SHOWN])
        more = f", {len(labels) - _LABELS_SHOWN:,} more labels" if len(labels) > _LABELS_SHOWN else ""
        return (shown or "no score") + more + missing
    interval = f" [{one.interval[0]:.3f}, {one.interval[1]:.3f}]" if one.interval else ""
    return f"{one.mean:.3f}{interval}{missing}"


def _differences(data: ReportData) -> _Part | None:
    compared = [*data.comparisons, *(data.baseline.comparisons if data.baseline else ())]
    if not compared:
        return None
    concluded = [one for one in compared if one.better is not None]
    # Over all categories first: it is what a reader asks for.
    rows = [_difference(one) for one in sorted(concluded, key=lambda one: one.category is not None)]
    undecided = len(compared) - len(concluded)
    lead = [f"- {undecided:,} of {len(compared):,} comparisons, within categories too, show no clear difference."]
    return _Part("Differences that can be concluded", [] if not undecided else lead, rows)


def _difference(one: Comparison) -> str:
    worse = one.model_b if one.better == one.model_a else one.model_a
    builtin = builtin_metric(one.metric)
    within = "" if one.category is None else f" in category {code(one.category)}"
    interval = f" [{one.interval[0]:+.3f}, {one.interval[1]:+.3f}]" if one.interval else ""
    return (
        f"- {code(one.better or '')} is better than {code(worse)} on {code(builtin.title if builtin else one.metric)}"
        f"{within}, judged by {code(one.judge)}: {code(one.model_a)} minus {code(one.model_b)} is "
        f"{one.mean_difference or 0.0:+.3f}{interval} on {one.n:,} records."
    )


def _ground(data: ReportData) -> list[str]:
    head = data.head
    whole = [one for one in data.summaries if one.category is None]
    scored, expected = sum(one.n for one in whole), sum(one.expected for one in whole)
    share = f" ({100 * scored / expected:.1f} %)" if expected else ""
    sampled = f", sampled from {head.sampled_from:,}" if head.sampled_from else ""
    coverage = f"Coverage: {scored:,} of {expected:,} scores{share} on {head.records:,} records{sampled}"
    lines = [f"{coverage}; {head.jobs:,} jobs, {head.job_ends}."]
    if data.cost is not None and (cost := _cost(data.cost)):
        lines += ["", f"Cost: {cost}."]
    return lines


def _cost(cost: Cost) -> str:
    """Expected and counted; a dollar sign would begin a formula."""
    amounts = [(cost.counted_usd, "counted in the results"), (cost.expected_usd, "expected")]
    return ", ".join(f"{amount:,.2f} USD {what}" for amount, what in amounts if amount is not None)
