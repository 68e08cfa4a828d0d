"""How far the judges of an evaluation can be trusted, as JSON objects: agreement, and what sways each of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from gavel.statistics.agreement import (
    LEVELS,
    cohen_kappas,
    fleiss_kappa,
    krippendorff_alpha,
    majority,
    most_disputed,
    panel,
)
from gavel.statistics.judge_checks import against_people, family_of, self_preference, verbosity
from gavel.statistics.ratings import Ratings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.statistics.judge_checks import SelfPreference
    from gavel.statistics.ratings import Rating

type Key = tuple[str, str]  # record, generator
type Scores = dict[str, dict[str, dict[Key, Rating]]]  # metric, judge

_SHOWN: Final = 10
LABELS: Final = "labels have no order"


def agreement_report(found: Mapping[tuple[str, str], Rating], *, judge: str | None = None) -> dict[str, Any]:
    """How far the raters agree; null where there is no figure, with a sentence in `why` under the figure's name."""
    ratings = Ratings.of(found)
    alphas = {level: krippendorff_alpha(ratings, level) for level in LEVELS}
    fleiss = fleiss_kappa(ratings)
    pairs = cohen_kappas(ratings)
    why = {f"krippendorff_alpha.{level}": alpha.why for level, alpha in alphas.items() if alpha.why}
    if fleiss.why:
        why["fleiss_kappa"] = fleiss.why
    if not pairs:
        why["cohen_kappa"] = "agreement needs two raters"
    report: dict[str, Any] = {
        "items": len(ratings.items),
        "raters": len(ratings.raters),
        "ratings": len(found),
        "krippendorff_alpha": {level: alpha.value for level, alpha in alphas.items()},
        "fleiss_kappa": fleiss.value,
        "cohen_kappa": [
            {
                "a": one.a,
                "b": one.b,
                "n": one.n,
                "kappa": one.kappa.value,
                "linear": one.linear.value,
                "quadratic": one.quadratic.value,
                "agreement": one.agreement,
                **({"why": one.kappa.why} if one.kappa.why else {}),
            }
            for one in pairs
        ],
        "most_disputed": [asdict(one) for one in most_disputed(ratings, _SHOWN)],
        "undecided_items": sum(decided is None for decided, _ in panel(ratings).values()),
        "why": why,
    }
    if judge is not None:
        own = {item: value for (item, rater), value in found.items() if rater == judge}
        people = {key: value for key, value in found.items() if key[1] != judge}
        report["against_people"] = {"judge": judge, **against_people(own, majorities(people)).to_json()}
    return report


def majorities(ratings: Mapping[tuple[str, str], Rating]) -> dict[str, Rating]:
    """What most raters say of each item; items on which they are divided are left out."""
    by_item: defaultdict[str, list[Rating]] = defaultdict(list)
    for (item, _), value in sorted(ratings.items(), key=lambda entry: entry[0]):
        by_item[item].append(value)
    return {item: decided for item, values in by_item.items() if (decided := majority(values)) is not None}


def bias_report(
    by_judge: Mapping[str, Mapping[Key, Rating]], *, judge: str, lengths: Mapping[Key, int], models: Mapping[str, str]
) -> dict[str, Any]:
    """What sways a judge on a metric, given every judge's scores on it.

    `lengths` are those of answers in characters; `models` has the model behind a name of a judge or generator.
    """
    numeric = {name: _numbers(values) for name, values in by_judge.items()}
    generators = {generator for values in by_judge.values() for _, generator in values}
    families = {name: family_of(models.get(name, name)) for name in (*by_judge, *generators)}
    scored = ((value, lengths[key]) for key, value in numeric[judge].items() if key in lengths)
    found = verbosity(scored)
    if by_judge[judge] and not numeric[judge]:
        found = replace(found, why=LABELS)
    return {
        "verbosity": asdict(found),
        "self_preference": _preference(self_preference(numeric, judge=judge, families=families)),
    }


def trust_report(scores: Scores, *, lengths: Mapping[Key, int], models: Mapping[str, str]) -> dict[str, Any]:
    """What sways each judge on each metric, and for each metric how far several judges agree."""
    return {
        "judges": [
            {
                "judge": judge,
                "metric": metric,
                "n": len(values),
                **bias_report(by_judge, judge=judge, lengths=lengths, models=models),
            }
            for metric, by_judge in sorted(scores.items())
            for judge, values in sorted(by_judge.items())
        ],
        "agreement": panel_agreement(scores),
    }


def panel_agreement(scores: Scores) -> list[dict[str, Any]]:
    """How far the judges agree on each metric that several of them scored."""
    return [
        {
            "metric": metric,
            **agreement_report(
                {("/".join(key), judge): value for judge, values in by_judge.items() for key, value in values.items()}
            ),
        }
        for metric, by_judge in sorted(scores.items())
        if len(by_judge) > 1
    ]


def _numbers(values: Mapping[Key, Rating]) -> dict[Key, float]:
    return {key: value for key, value in values.items() if not isinstance(value, str)}


def _preference(found: SelfPreference) -> dict[str, Any]:
    low, high = found.interval or (None, None)
    return {"n": found.n, "bias": found.bias, "ci_low": low, "ci_high": high, "why": found.why}
