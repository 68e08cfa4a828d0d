"""What a gate reads from the evidence: a figure, its interval at any level, and how many records stand behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gavel.gates.decision import BASELINE, Kind
from gavel.metrics import Direction, direction_of
from gavel.statistics.bootstrap import bootstrap_interval
from gavel.statistics.comparison import paired
from gavel.statistics.ends import scale_ends
from gavel.statistics.intervals import share_interval
from gavel.statistics.summary import moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gavel.gates.evidence import Evidence
    from gavel.gates.gate import Gate
    from gavel.statistics.summary import MetricSummary

type Interval = tuple[float, float]

NO_INTERVAL = "less than two records give no interval"


@dataclass(frozen=True)
class Reading:
    """One figure, or in `why` the reason that there is none.

    `interval` gives the interval at a confidence level, None where there is none. `lost` of the `missing` records were
    never judged because jobs gave no results. `stdev` is that of single records, where there is one. It is not
    `comparable` where there is no baseline, or one of other judges, metrics or generators.
    """

    value: float | None
    n: int
    missing: int
    lost: int
    interval: Callable[[float], Interval | None]
    stdev: float | None = None
    why: str | None = None
    comparable: bool = True


@dataclass(frozen=True)
class Target:
    """Which generator and judge a gate is held against; None where the gate looks at all of them together."""

    generator: str | None
    judge: str | None


def targets(gate: Gate, evidence: Evidence) -> Iterator[Target]:
    """Everything that a gate is held against: each generator and judge that it does not name."""
    if gate.kind in {Kind.COST, Kind.COVERAGE}:
        yield Target(gate.generator, gate.judge)
        return
    generators = [gate.generator] if gate.generator else [one for one in evidence.generators if one != gate.versus]
    judges = [gate.judge] if gate.judge else evidence.judges_of.get(gate.metric or "", ())
    for generator in generators:
        for judge in judges:
            yield Target(generator, judge)


def read(gate: Gate, target: Target, evidence: Evidence) -> Reading:
    """The figure of a MEAN, RATE or DIFFERENCE; that of a difference counts more as better, whatever the direction."""
    generator, judge, metric = target.generator or "", target.judge or "", gate.metric or ""
    if generator not in evidence.generators:
        return _nothing(f"{generator} took no part in this evaluation")
    if judge not in evidence.judges_of.get(metric, ()):
        return _nothing(f"{judge} does not score this metric")
    if gate.kind is Kind.DIFFERENCE:
        return _difference(gate, generator, judge, metric, evidence)
    cell = (generator, judge, metric, gate.category)
    summary = evidence.summaries.get(cell)
    if summary is None:
        return _nothing("no record of that category was evaluated" if gate.category else "no record was evaluated")
    return _single(gate, summary, evidence.lost.get(cell, 0))


def _single(gate: Gate, summary: MetricSummary, lost: int) -> Reading:
    """The mean or rate of one cell."""
    n, missing = summary.n, summary.missing
    if not n:
        return _nothing("no record has a score", missing=missing, lost=lost)
    if gate.kind is Kind.RATE:
        hits = sum(count for value, count in summary.values.items() if _counts(value, gate))
        stdev = math.sqrt(hits * (n - hits)) / n
        return Reading(hits / n, n, missing, lost, lambda level: share_interval(hits, n, level=level), stdev=stdev)
    if summary.mean is None:
        return _nothing("labels have no mean", n=n, missing=missing, lost=lost)
    return Reading(summary.mean, n, missing, lost, summary.interval_at, stdev=summary.stdev)


def _counts(value: str, gate: Gate) -> bool:
    """Whether a RATE counts a value, given as the key of `MetricSummary.values`."""
    if gate.label is not None:
        return value == gate.label
    try:
        score = float(value)
    except ValueError:
        return False  # a label among numbers is neither below nor above anything
    return score < gate.below if gate.below is not None else score > (gate.above or 0.0)


def _difference(gate: Gate, generator: str, judge: str, metric: str, evidence: Evidence) -> Reading:
    other = gate.versus or ""
    if gate.versus == BASELINE:
        baseline = evidence.baseline
        if isinstance(baseline, str):
            return _nothing(baseline, comparable=False)
        if why := baseline.unlike.get((judge, metric)) or baseline.absent.get(generator):
            return _nothing(why, comparable=False)
        other = baseline.names.get(generator, "")
    found = paired(
        evidence.scores,
        judge=judge,
        metric=metric,
        a=generator,
        b=other,
        category=gate.category,
        stratified=evidence.stratified,
    )
    cell = (generator, judge, metric, gate.category)
    owed = evidence.lost if isinstance(evidence.baseline, str) else {**evidence.baseline.lost, **evidence.lost}
    lost = evidence.lost.get(cell, 0) + owed.get((other, *cell[1:]), 0)
    if found is None:
        return _nothing("no record can be compared", lost=lost)
    pair, strata = found
    if not pair.n:
        return _nothing("no record has a score of both", missing=pair.missing, lost=lost)
    if pair.labelled:
        return _nothing("labels can agree, but none is more than another", n=pair.n, missing=pair.missing, lost=lost)
    values, counts = pair.differences
    mean, stdev = moments(list(zip(values.tolist(), counts.tolist(), strict=True)))
    lower_wins = (evidence.directions.get(metric) or direction_of(metric)) is Direction.LOWER
    sign = -1.0 if lower_wins else 1.0

    numbers = [*pair.a.tolist(), *pair.b.tolist()]
    scale = scale_ends(numbers, evidence.ratings.get(metric, ())) or (min(numbers), max(numbers))

    @cache
    def interval(level: float) -> Interval | None:
        if len(values) == 1:
            ends = _unseen(float(values[0]), pair.n, level=level, reach=scale[1] - scale[0])
        else:
            ends = bootstrap_interval([one.differences for one in strata if one.n], level=level)
        return None if ends is None else (-ends[1], -ends[0]) if lower_wins else ends

    return Reading(
        None if mean is None else sign * mean + 0.0,
        pair.n,
        pair.missing,
        min(lost, pair.missing),
        interval,
        stdev=stdev,
    )


def _unseen(value: float, n: int, *, level: float, reach: float) -> Interval | None:
    """The interval of a mean difference when all n records differ by the same value.

    Records that differ otherwise may be as frequent as 1 - ((1 - level) / 2)^(1 / n) without one being seen (Clopper
    and Pearson, "The use of confidence or fiducial limits", Biometrika 26, 1934, for no event), and differ by `reach`
    at most.
    """
    if n < 2:
        return None
    share = 1 - ((1 - level) / 2) ** (1 / n)
    return value - share * (value + reach), value + share * (reach - value)


def _nothing(why: str, *, n: int = 0, missing: int = 0, lost: int = 0, comparable: bool = True) -> Reading:
    return Reading(None, n, missing, lost, lambda _: None, why=why, comparable=comparable)
