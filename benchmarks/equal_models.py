"""Evaluations of two equally good models: what a verdict says of them by chance.

Scores of a record on several metrics depend on each other, as they do with real judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from gavel.gates.decide import decide
from gavel.gates.decision import Kind, Outcome
from gavel.gates.evidence import Evidence
from gavel.gates.gate import Gate
from gavel.metrics import BUILTIN_METRICS, Direction
from gavel.results.parquet import ScoreColumns, ScoreGroup
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gavel.metrics import Metric

GENERATORS: Final = ("a", "b")
_NOISE: Final = 3.0**0.5  # ease of the record, quality of the answer, what the judge sees: each of variance 1


def scores(n: int, random: np.random.Generator) -> dict[tuple[str, str], npt.NDArray[np.float64]]:
    """The scores of n records by generator and metric; both models are equally good on every metric."""
    ease = random.normal(size=n)
    found = {}
    for generator in GENERATORS:
        quality = ease + random.normal(size=n)
        for metric in BUILTIN_METRICS:
            seen = quality + random.normal(size=n)
            found[generator, metric.name] = np.searchsorted(_cuts(metric), seen) / (metric.levels - 1)
    return found


def true_mean(metric: Metric) -> float:
    """The mean of a metric in the population that `scores` draws from."""
    return float((1 - special.ndtr(_cuts(metric) / _NOISE)).sum() / (metric.levels - 1))


def _cuts(metric: Metric) -> npt.NDArray[np.float64]:
    return np.linspace(-2, 2, metric.levels - 1)


def table_of(found: dict[tuple[str, str], npt.NDArray[np.float64]]) -> ScoreTable:
    """The scores as comparisons take them."""
    table = ScoreTable()
    for (generator, metric), values in found.items():
        n = len(values)
        nothing = np.full(n, None, dtype=object)
        group = [ScoreGroup(generator, "j", metric, None)]
        table.add_columns(ScoreColumns(np.arange(n), values, nothing, np.zeros(n, dtype=np.int64), group))
    return table


def false_gates(n: int, families: int) -> dict[str, float]:
    """How often gates decide wrongly, in so many evaluations of n records.

    `passes`: one gate asks that a be better than b. `fails`: eleven gates, one a metric, ask that a be no worse than b.
    `mean_passes` and `mean_fails`: the same of means, one gate or eleven, whose bounds are the true means: as close to
    wrong as a gate can be right, and to right as it can be wrong.
    """
    random = np.random.default_rng([n, 2])
    better = (_versus(BUILTIN_METRICS[0], strict=True),)
    no_worse = tuple(_versus(metric, strict=False) for metric in BUILTIN_METRICS)
    means = tuple(_mean_gates())
    wrong = dict.fromkeys(("passes", "fails", "mean_passes", "mean_fails"), 0)
    for _ in range(families):
        evidence = _evidence(scores(n, random))
        wrong["passes"] += decide(better, evidence).outcome is Outcome.PASS
        wrong["fails"] += decide(no_worse, evidence).outcome is Outcome.FAIL
        wrong["mean_passes"] += decide(means[:1], evidence).outcome is Outcome.PASS
        wrong["mean_fails"] += decide(means, evidence).outcome is Outcome.FAIL
    return {name: count / families for name, count in wrong.items()}


def _versus(metric: Metric, *, strict: bool) -> Gate:
    return Gate(Kind.DIFFERENCE, metric=metric.name, generator="a", versus="b", minimum=0.0, strict=strict)


def _mean_gates() -> Iterator[Gate]:
    for metric in BUILTIN_METRICS:
        bound = true_mean(metric)
        if metric.direction is Direction.HIGHER:
            yield Gate(Kind.MEAN, metric=metric.name, generator="a", minimum=bound)
        else:
            yield Gate(Kind.MEAN, metric=metric.name, generator="a", maximum=bound)


def _evidence(found: dict[tuple[str, str], npt.NDArray[np.float64]]) -> Evidence:
    counts = SummaryBuilder()
    for (generator, metric), values in found.items():
        for value, count in zip(*map(np.ndarray.tolist, np.unique(values, return_counts=True)), strict=True):
            counts.add(model=generator, judge="j", metric=metric, category=None, value=value, count=count)
    return Evidence(
        generators=GENERATORS,
        judges_of={metric.name: ["j"] for metric in BUILTIN_METRICS},
        directions={},
        summaries={(one.model, one.judge, one.metric, one.category): one for one in counts.summaries()},
        scores=table_of(found),
    )
