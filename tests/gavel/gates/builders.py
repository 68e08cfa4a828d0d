"""Evidence for gates from lists of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.gates.evidence import Counterparts, Evidence
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder
from gavel.suites.suite import load_suite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.gates.decision import Decision, GateResult
    from gavel.gates.evidence import Cell
    from gavel.gates.gate import Gate

type Values = Sequence[float | str | None]

CORRECTNESS = "Builtin.Correctness"
SUITE = """
version: 1
generators: [{{model: amazon.nova-lite-v1:0, name: lite}}, {{model: amazon.nova-micro-v1:0, name: micro}}]
judges: [{{model: amazon.nova-pro-v1:0, name: pro}}]
metrics:
  - Correctness
  - Harmfulness
  - name: voice
    instructions: "{{{{prediction}}}}"
    scale: [{{definition: bad, value: off}}, {{definition: good, value: fit}}]
gates: [{gates}]
"""


def gates(*texts: str) -> tuple[Gate, ...]:
    """The gates of a suite with the generators lite and micro, the judge pro, and a metric of labels called voice."""
    return load_suite(SUITE.format(gates=", ".join(texts)).encode(), name="suite", file="suite.yaml").gates


def evidence(
    scores: Mapping[str, Values],
    *,
    metric: str = CORRECTNESS,
    judges: Sequence[str] = ("pro",),
    categories: Sequence[str] = (),
    baseline: Mapping[str, Values] | str = "the suite has no baseline yet",
    lost: Mapping[Cell, int] | None = None,
    usd: float | None = 1.0,
    unlike: Mapping[tuple[str, str], str] | None = None,
    baseline_lost: Mapping[Cell, int] | None = None,
    ratings: Sequence[float] = (),
) -> Evidence:
    """Each generator's scores record by record (None is missing); every judge gives the same ones."""
    counts, table = SummaryBuilder(), ScoreTable()
    old = baseline if not isinstance(baseline, str) else {}
    for judge in judges:
        for name, values in (*scores.items(), *((f"{name} (baseline)", values) for name, values in old.items())):
            for record, value in enumerate(values):
                category = categories[record] if categories else None
                table.add(record=record, category=category, generator=name, judge=judge, metric=metric, value=value)
                if name in scores:
                    counts.add(model=name, judge=judge, metric=metric, category=category, value=value)
    about = Counterparts(
        "suite-1", {name: f"{name} (baseline)" for name in old}, unlike or {}, lost=baseline_lost or {}
    )
    return Evidence(
        generators=list(scores),
        judges_of={metric: list(judges)},
        directions={},
        summaries={
            (one.model, one.judge, one.metric, one.category): one for one in counts.summaries(ratings={metric: ratings})
        },
        scores=table,
        lost=lost or {},
        usd=usd,
        ratings={metric: ratings} if ratings else {},
        baseline=baseline if isinstance(baseline, str) else about,
    )


def one(decision: Decision) -> GateResult:
    """The only result of a decision."""
    (result,) = decision.results
    return result
