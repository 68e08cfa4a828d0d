"""Which generators, judges and metrics of an evaluation have a counterpart in its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.gates.evidence import Counterparts
from gavel.history.comparable import unlike
from gavel.history.entry import judge_models, metric_texts, records_of

if TYPE_CHECKING:
    from gavel.planning.manifest import Manifest


def counterparts(own: Manifest, baseline: Manifest) -> Counterparts:
    """The baseline's side of a comparison.

    A generator's counterpart has its name; where each side has one generator only, these two are counterparts whatever
    they are called.
    """
    mine = [generator.name for generator in own.suite.generators]
    theirs = [generator.name for generator in baseline.suite.generators]
    partners = {name: name for name in mine if name in theirs}
    if not partners and len(mine) == len(theirs) == 1:
        partners = {mine[0]: theirs[0]}
    judges = judge_models(own.suite), judge_models(baseline.suite)
    texts = metric_texts(own.suite), metric_texts(baseline.suite)
    asked = {(judge, metric) for metric in own.suite.metrics for judge in own.suite.judges_of(metric)}
    scored = {(judge, metric) for metric in baseline.suite.metrics for judge in baseline.suite.judges_of(metric)}
    reasons = {}
    for judge, metric in sorted(asked):
        if (judge, metric) not in scored:
            reasons[judge, metric] = f"the baseline has no scores of {judge} on this metric"
        elif why := unlike(metric, judge, judges=judges, texts=texts):
            reasons[judge, metric] = f"the baseline cannot be compared: {why}"
    same = records_of(own) == records_of(baseline)
    return Counterparts(
        about=f"{baseline.evaluation_id} of {baseline.created_at[:10]}{'' if same else ', shared records only'}",
        names={name: shown_name(partner, taken=mine) for name, partner in partners.items()},
        unlike=reasons,
        absent={name: f"the baseline has no generator called {name}" for name in mine if name not in partners},
    )


def shown_name(partner: str, *, taken: list[str]) -> str:
    """What the counterpart is called among the scores; no generator of the evaluation has that name."""
    name = f"{partner} (baseline)"
    while name in taken:
        name += "′"
    return name
