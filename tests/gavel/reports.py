"""An evaluation with everything that a report can show: gates, a baseline, trends, two judges, categories, labels."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gavel.gates.decide import decide
from gavel.gates.decision import Kind
from gavel.gates.evidence import Counterparts, Evidence
from gavel.gates.gate import Gate
from gavel.history.entry import Entry, Figure
from gavel.history.trends import trends
from gavel.metrics import builtin_metric
from gavel.report import ReportData, ReportHead
from gavel.report.data import Baseline, Cost
from gavel.results.judge_sample import scores_of
from gavel.results.scores import ScoreRow
from gavel.statistics.comparison import compare
from gavel.statistics.judge_report import trust_report
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GENERATORS: Final = {"nova-lite": 0.78, "haiku": 0.84, "my-app": 0.6}
JUDGES: Final = ("nova-pro", "sonnet")
METRICS: Final = (
    "Builtin.Correctness",
    "Builtin.Completeness",
    "Builtin.Helpfulness",
    "Builtin.Faithfulness",
    "Builtin.Harmfulness",
    "brand-voice",
)
CATEGORIES: Final = ("refunds", "shipping", "account", None)
OLD: Final = "nova-lite (baseline)"
_LABELS: Final = ("on brand", "close", "off brand")
_WORDS: Final = (
    *("refund", "order", "parcel", "late", "account", "password", "invoice", "address", "return", "label", "box"),
    *("delivery", "courier", "damaged", "missing", "customer", "policy", "days", "receipt", "voucher", "please"),
    *("thanks", "could", "would", "cannot", "found", "twice", "charged", "because"),
)

type Scored = dict[tuple[int, str, str, str], float | str | None]  # record, generator, judge, metric


def words(dice: random.Random, count: int) -> str:
    """So many words that mean nothing."""
    return " ".join(dice.choice(_WORDS) for _ in range(count)).capitalize() + "."


def scored(records: int, dice: random.Random, judges: Sequence[str], metrics: Sequence[str]) -> Scored:
    """Scores of every generator and of the first one's baseline; records are easier or harder for all of them."""
    found: Scored = {}
    for record in range(1, records + 1):
        ease = dice.gauss(0, 0.16)
        for name, quality in {**GENERATORS, OLD: 0.8}.items():
            answer = quality + ease + dice.gauss(0, 0.12)
            for judge in judges:
                for metric in metrics:
                    seen = min(0.999, max(0.0, answer + dice.gauss(0, 0.1) - (0.05 if judge == "sonnet" else 0)))
                    found[record, name, judge, metric] = _value(metric, seen, dice)
    return found


def _value(metric: str, seen: float, dice: random.Random) -> float | str | None:
    if dice.random() < 0.01:
        return None
    known = builtin_metric(metric)
    if known is None:
        return _LABELS[min(2, int((1 - seen) * 3))]
    if known.direction.value == "lower":
        return 1.0 if seen < 0.35 else 0.0
    return round(int(seen * known.levels) / (known.levels - 1), 4)


def rich_report(
    records: int = 120,
    *,
    seed: int = 7,
    texts: Mapping[int, str] | None = None,
    judges: Sequence[str] = JUDGES,
    metrics: Sequence[str] = METRICS,
    generators: Sequence[str] = tuple(GENERATORS),
    length: tuple[int, int, int] = (30, 60, 20),
) -> ReportData:
    """A report's data; `texts` replace every text of single records, `length` is in words: prompt, answer, reason."""
    dice = random.Random(seed)  # noqa: S311 - made-up scores
    found = {
        key: value for key, value in scored(records, dice, judges, metrics).items() if key[1] in {*generators, OLD}
    }
    counts, table, rows = SummaryBuilder(), ScoreTable(), []
    prompts = {record: _texts(record, dice, texts, length) for record in range(1, records + 1)}
    for (record, name, judge, metric), value in found.items():
        category = CATEGORIES[record % len(CATEGORIES)]
        table.add(record=record, category=category, generator=name, judge=judge, metric=metric, value=value)
        if name != OLD:
            counts.add(model=name, judge=judge, metric=metric, category=category, value=value)
        prompt, reference, answer, reason = prompts[record]
        rows.append(
            ScoreRow(
                record=record,
                category=category,
                generator=name,
                judge=judge,
                metric=metric,
                value=None if isinstance(value, str) else value,
                label=value if isinstance(value, str) else None,
                missing=value is None,
                reason="the judge's answer held no score" if value is None else "",
                explanation="" if value is None else reason,
                response=f"{name}: {answer}" if texts is None or record not in texts else answer,
                stop_reason="MAX_TOKENS" if record % 17 == 0 else "END_TURN",
                prompt=prompt,
                reference=reference,
            )
        )
    rows.sort(key=lambda row: row.record)
    names, lead = list(generators), judges[0]
    summaries = counts.summaries()
    against = compare(table, generators=[names[0], OLD], by_category=True, wanted=lambda _, a, b: b == OLD)
    evidence = Evidence(
        generators=names,
        judges_of={metric: list(judges) for metric in metrics},
        directions={},
        summaries={(one.model, one.judge, one.metric, one.category): one for one in summaries},
        scores=table,
        usd=3.21,
        baseline=Counterparts("support-1111", {names[0]: OLD}),
    )
    head = ReportHead(
        evaluation_id="support-5a1b2c3d4e5f6a7b",
        suite="support",
        dataset="datasets/support/questions.jsonl",
        dataset_sha256="5a" * 32,
        records=records,
        generators=names,
        judges=list(judges),
        metrics=list(metrics),
        started_at="2026-03-04T09:12:00Z",
        ended_at="2026-03-04T10:03:30Z",
        jobs=len(names) * len(judges),
        failed_jobs=0,
        reused_jobs=1,
        scores_at="s3://gavel-bucket/evaluations/support-5a1b2c3d4e5f6a7b/scores/",
        version="0.1.0",
        questions={"brand-voice": "Does it keep our voice?"},
    )
    trust = trust_report(
        scores_of(table, range(1, records + 1), generators=names),
        lengths={(str(row.record), row.generator): len(row.response or "") for row in rows},
        models={"nova-pro": "amazon.nova-pro-v1:0", "nova-lite": "amazon.nova-lite-v1:0", "sonnet": "anthropic.claude"},
    )
    return ReportData(
        head=head,
        summaries=summaries,
        comparisons=compare(table, generators=names, by_category=True),
        scores=rows,
        decision=decide(_gates(names, lead), evidence),
        baseline=Baseline("support-1111", "support-1111 of 2026-02-01", {names[0]: OLD}, against),
        trends=trends(_entries(summaries, judges)),
        cost=Cost(3.4, 3.21, (812_000, 240_000), (790_412, 231_877), {"amazon.nova-pro-v1:0": 2.6, "haiku": 0.8}),
        trust={"records": records, **trust},
    )


def _texts(
    record: int, dice: random.Random, texts: Mapping[int, str] | None, length: tuple[int, int, int]
) -> tuple[str, str | None, str, str]:
    if texts and record in texts:
        return (texts[record],) * 4
    prompt, answer, reason = length
    reference = words(dice, 12) if record % 3 else None
    return words(dice, prompt), reference, words(dice, answer), words(dice, reason)


def _gates(names: Sequence[str], judge: str) -> tuple[Gate, ...]:
    first, last, correctness = names[0], names[-1], METRICS[0]
    return (
        Gate(Kind.MEAN, metric=correctness, judge=judge, generator=first, minimum=0.6),
        Gate(Kind.DIFFERENCE, metric=correctness, judge=judge, generator=first, versus="baseline", minimum=-0.1),
        Gate(Kind.DIFFERENCE, metric=correctness, judge=judge, generator=first, versus=last, minimum=0.0, strict=True),
        Gate(Kind.MEAN, metric=correctness, judge=judge, generator=last, minimum=0.8),
        Gate(Kind.RATE, metric=METRICS[1], judge=judge, generator=first, below=0.5, maximum=0.2),
        Gate(Kind.COVERAGE, minimum=0.95),
        Gate(Kind.COST, maximum=5.0),
    )


def _entries(summaries: Sequence[object], judges: Sequence[str]) -> list[Entry]:
    """Five evaluations; before the fourth the second judge became another model."""
    entries = []
    for number in range(1, 6):
        figures = tuple(
            _moved(figure, 0.02 * (number - 5)) for one in summaries if (figure := _figure_of(one)) is not None
        )
        models = {judge: f"{judge}-v{2 if judge == judges[-1] and number > 3 else 1}" for judge in judges}
        entries.append(
            Entry(
                evaluation_id=f"support-{number:016x}",
                created_at=f"2026-0{number}-01T00:00:00Z",
                dataset="datasets/support/questions.jsonl",
                records_sha256="aa",
                records=120,
                judges=models,
                texts={},
                figures=figures,
            )
        )
    return entries


def _figure_of(one: object) -> Figure | None:
    from gavel.history.entry import _figure  # noqa: PLC0415 - the figure that a history keeps
    from gavel.statistics.summary import MetricSummary  # noqa: PLC0415 - as above

    return _figure(one) if isinstance(one, MetricSummary) and one.category is None else None


def _moved(figure: Figure, by: float) -> Figure:
    """A figure some time ago."""

    def moved(value: float | None) -> float | None:
        return None if value is None else min(1.0, max(0.0, value + by))

    return replace(figure, mean=moved(figure.mean), low=moved(figure.low), high=moved(figure.high))
