"""Evaluations with one text wherever a stranger's text can stand."""

from __future__ import annotations

from gavel.gates.decision import Decision, GateResult, Kind, Outcome
from gavel.metrics import Direction
from gavel.report.data import Baseline, Cost, ReportData, ReportHead
from gavel.statistics.compared import Comparison, Verdict
from gavel.statistics.summary import MetricSummary

SUMMARIZED_AT = "2026-01-02T03:04:05.678Z"


def summary(
    model: str = "lite",
    *,
    judge: str = "pro",
    metric: str = "Builtin.Correctness",
    category: str | None = None,
    label: str | None = None,
) -> MetricSummary:
    """The figures of three records, of which one is missing; with a `label` its scores are words."""
    return MetricSummary(
        model=model,
        judge=judge,
        metric=metric,
        category=category,
        n=2,
        missing=1,
        mean=0.75 if label is None else None,
        stdev=0.35 if label is None else None,
        values={"0.5": 1, "1.0": 1} if label is None else {label: 2},
        direction=Direction.HIGHER,
    )


def comparison(
    a: str = "lite",
    b: str = "micro",
    *,
    judge: str = "pro",
    metric: str = "Builtin.Correctness",
    category: str | None = None,
    verdict: Verdict = Verdict.BETTER,
) -> Comparison:
    """A difference of +0.25 on two records."""
    return Comparison(
        model_a=a,
        model_b=b,
        judge=judge,
        metric=metric,
        category=category,
        direction=Direction.HIGHER,
        n=2,
        missing=1,
        missing_a=1,
        missing_b=0,
        mean_difference=0.25,
        interval=(0.1, 0.4),
        verdict=verdict,
    )


def gate(
    outcome: Outcome = Outcome.PASS,
    *,
    place: int = 0,
    rule: str = "Correctness at least 0.6",
    sentence: str = "The mean of lite is 0.75.",
    text: str | None = None,
) -> GateResult:
    """A gate over means; `text` stands as judge, generator, metric, category and versus."""
    return GateResult(
        gate=place,
        kind=Kind.MEAN,
        outcome=outcome,
        rule=rule,
        sentence=sentence,
        metric=text or "Builtin.Correctness",
        judge=text or "pro",
        generator=text or "lite",
        category=text,
        versus=text,
        minimum=0.6,
        value=0.75,
        low=0.5,
        high=0.9,
        level=0.95,
        n=2,
        missing=1,
    )


def head(*, generators: tuple[str, ...] = ("lite", "micro"), text: str | None = None) -> ReportHead:
    """Facts of an evaluation."""
    return ReportHead(
        evaluation_id="mine-0123456789abcdef",
        suite=text if text is not None else "mine",
        dataset=text if text is not None else "datasets/mine/a.jsonl",
        dataset_sha256="0" * 64,
        records=3,
        generators=generators,
        judges=["pro" if text is None else text],
        metrics=["Builtin.Correctness" if text is None else text],
        started_at=SUMMARIZED_AT,
        ended_at=SUMMARIZED_AT,
        jobs=2,
        failed_jobs=0,
        reused_jobs=0,
        scores_at="s3://bucket/scores/",
        version="1",
    )


def hostile(text: str, *, gates: bool = True) -> ReportData:
    """The evaluation of two models, both called `text`, as are judge, metric, category, label, rule and sentence."""
    names = (text, f"{text} b")
    common = {"judge": text, "metric": text}
    results = [gate(outcome, place=n, rule=text, sentence=text, text=text) for n, outcome in enumerate(Outcome)]
    compared = [
        comparison(*names, **common, category=category, verdict=verdict)
        for category in (None, text)
        for verdict in Verdict
    ]
    return ReportData(
        head=head(generators=names, text=text),
        summaries=[
            *(summary(name, **common, category=category) for name in names for category in (None, text)),
            *(summary(name, judge=text, metric=f"{text} label", label=text) for name in names),
        ],
        comparisons=compared,
        scores=[],
        decision=Decision(tuple(results)) if gates else Decision(),
        baseline=Baseline("mine-0", text, {text: f"{text} (baseline)"}, compared[:1], [text]),
        cost=Cost(expected_usd=1.5, counted_usd=1.25),
    )
