"""What the comparisons say, in sentences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.report.data import ReportData
    from gavel.statistics.comparison import Comparison


@dataclass(frozen=True)
class Verdict:
    """The first thing a reader sees: a word or two, a sentence, and how sure the ground is."""

    pill: str
    sentence: str
    ground: str
    clear: bool


def leader(comparisons: Sequence[Comparison], *, generators: Sequence[str], judge: str, metric: str) -> str | None:
    """The generator that is clearly better than every other one on a metric by a judge, over all records."""
    pairs = [one for one in comparisons if (one.judge, one.metric, one.category) == (judge, metric, None)]
    for name in generators:
        own = [one for one in pairs if name in {one.model_a, one.model_b}]
        if len(own) == len(generators) - 1 and own and all(one.better == name for one in own):
            return name
    return None


def verdict(data: ReportData) -> Verdict:
    """The verdict over all metrics and judges; metrics are counted, never averaged."""
    head = data.head
    scored = sum(one.n for one in data.summaries if one.category is None)
    expected = sum(one.expected for one in data.summaries if one.category is None)
    share = f"{100 * scored / expected:.1f} %" if expected else "none"
    ground = f"{_count(head.records, 'record')}; {share} of the expected scores are there"
    if expected > scored:
        missing = expected - scored
        ground += f", {missing:,} {'is missing and counts' if missing == 1 else 'are missing and count'} for nothing"
    metrics = len(head.metrics)
    if len(head.generators) < 2:
        name = head.generators[0] if head.generators else "No model"
        return Verdict("One model", f"{name} was judged on {_count(metrics, 'metric')}.", f"{ground}.", clear=False)
    asked = {(one.judge, one.metric) for one in data.summaries}
    cells = [(judge, metric) for judge in head.judges for metric in head.metrics if (judge, metric) in asked]
    leaders = [
        leader(data.comparisons, generators=head.generators, judge=judge, metric=metric) for judge, metric in cells
    ]
    leads = Counter(name for name in leaders if name is not None)
    of = _count(metrics, "metric") if len(head.judges) == 1 else f"{len(cells)} pairs of metric and judge"
    parts = [f"{name} is clearly better on {leads[name]} of {of}" for name in head.generators if leads[name]]
    undecided = len(cells) - leads.total()
    if not leads:
        sentence = f"No model is clearly better on any of {of}."
    else:
        rest = f"{undecided} {'shows' if undecided == 1 else 'show'} no clear leader" if undecided else ""
        sentence = "; ".join([*parts, *([rest] if rest else [])]) + "."
    return Verdict(_pill(leads, len(cells)), sentence, f"{ground}.", clear=len(leads) == 1)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _pill(leads: Counter[str], cells: int) -> str:
    if not leads:
        return "No clear difference"
    if len(leads) == 1:
        ((name, count),) = leads.items()
        return f"{name} leads" if 2 * count > cells else f"{name} leads on {count} of {cells}"
    return "Mixed result"
