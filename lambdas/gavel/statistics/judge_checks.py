"""Whether a judge can be trusted: against people, against answer length, against its own family, against itself."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gavel.statistics.agreement import Coefficient, cohen_kappa
from gavel.statistics.bootstrap import bootstrap_interval
from gavel.statistics.correlation import spearman
from gavel.statistics.intervals import NORMAL_95, share_interval
from gavel.statistics.ratings import Rating, Ratings
from gavel.statistics.scale import merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_REGION: Final = re.compile(r"(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\.")
NOTHING_LABELLED: Final = "no record has both a rating of the judge and one of people"
NO_POSITIVE: Final = "people gave this rating to no record of the subset, so the judge's hits cannot be known"
NO_NEGATIVE: Final = "people gave every record of the subset this rating, so the judge's misses cannot be known"
NO_BETTER_THAN_CHANCE: Final = "on the subset the judge is no better than chance here, so its rate says nothing"


@dataclass(frozen=True)
class CorrectedRate:
    """How often a rating is right to be given, from how often the judge gives it and how often it is wrong.

    `judged` is the judge's own share over all of its records; `rate` and `interval` are corrected for the errors that
    the subset labelled by people shows, within 0..1. None, and why, where they cannot be known.
    """

    rating: str
    judged: float
    rate: float | None
    interval: tuple[float, float] | None
    why: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The rate as a JSON object."""
        low, high = self.interval or (None, None)
        return {
            "rating": self.rating,
            "judged": self.judged,
            "rate": self.rate,
            "ci_low": low,
            "ci_high": high,
            "why": self.why,
        }


@dataclass(frozen=True)
class AgainstPeople:
    """A judge on the `n` records that people rated too.

    `confusion` has a row for each rating of people and a column for each of the judge, both in the order of `ratings`.
    """

    n: int
    agreement: float | None
    agreement_interval: tuple[float, float] | None
    kappa: Coefficient
    ratings: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    rates: tuple[CorrectedRate, ...]

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        low, high = self.agreement_interval or (None, None)
        return {
            "n": self.n,
            "agreement": self.agreement,
            "ci_low": low,
            "ci_high": high,
            "cohen_kappa": self.kappa.value,
            "ratings": list(self.ratings),
            "confusion": [list(row) for row in self.confusion],
            "rates": [rate.to_json() for rate in self.rates],
            "why": self.kappa.why,
        }


def against_people(judge: Mapping[str, Rating], people: Mapping[str, Rating]) -> AgainstPeople:
    """The judge's ratings, by record, against those of people for a subset of the records."""
    both = Ratings.of(
        {(item, "people"): value for item, value in people.items()}
        | {(item, "the judge"): value for item, value in judge.items()}
    )
    table = both.pair(0, 1) if len(both.raters) == 2 else np.zeros((len(both.scale),) * 2, dtype=np.int64)
    n, alike = int(table.sum()), int(np.trace(table))
    given = both.levels[:, both.raters.index("the judge")] if judge else np.empty(0, dtype=np.intp)
    judged = np.bincount(given[given >= 0], minlength=len(both.scale))
    return AgainstPeople(
        n=n,
        agreement=alike / n if n else None,
        agreement_interval=share_interval(alike, n) if n else None,
        kappa=cohen_kappa(table, both, "none") if n else Coefficient(None, NOTHING_LABELLED),
        ratings=both.names,
        confusion=tuple(tuple(row) for row in table.tolist()),
        rates=tuple(
            _corrected(name, int(judged[level]), int(judged.sum()), table, level)
            for level, name in enumerate(both.names)
            if judged.sum()
        ),
    )


def _corrected(name: str, hits: int, n: int, table: Any, level: int) -> CorrectedRate:
    positive, whole = int(table[level].sum()), int(table.sum())
    true_positive = int(table[level, level])
    true_negative = whole - positive - int(table[:, level].sum()) + true_positive
    judged = hits / n
    if whole == 0:
        return CorrectedRate(name, judged, None, None, NOTHING_LABELLED)
    if positive == 0:
        return CorrectedRate(name, judged, None, None, NO_POSITIVE)
    if positive == whole:
        return CorrectedRate(name, judged, None, None, NO_NEGATIVE)
    return rogan_gladen(name, (hits, n), (true_positive, positive), (true_negative, whole - positive))


def rogan_gladen(
    name: str, judged: tuple[int, int], sensitivity: tuple[int, int], specificity: tuple[int, int]
) -> CorrectedRate:
    """A share corrected for the errors of who judged it, each given as hits of n: (q + Sp - 1) / (Se + Sp - 1).

    Sources: Rogan and Gladen, "Estimating prevalence from the results of a screening test", American Journal of
    Epidemiology 107 (1978); 95 % interval: Lang and Reiczigel, "Confidence limits for prevalence of disease adjusted
    for estimated sensitivity and specificity", Preventive Veterinary Medicine 113 (2014).
    """
    (hits, n), (found, positive), (spared, negative) = judged, sensitivity, specificity
    reach = found / positive + spared / negative - 1
    if reach <= 0:
        return CorrectedRate(name, hits / n, None, None, NO_BETTER_THAN_CHANCE)
    rate = (hits / n + spared / negative - 1) / reach
    z2 = NORMAL_95**2
    share = (hits + z2 / 2) / (n + z2)
    se, sp = (found + 1) / (positive + 2), (spared + 1) / (negative + 2)
    middle = (share + sp - 1) / (se + sp - 1)
    of_se, of_sp = se * (1 - se) / (positive + 2), sp * (1 - sp) / (negative + 2)
    shift = 2 * z2 * (middle * of_se - (1 - middle) * of_sp)
    variance = share * (1 - share) / (n + z2) + middle**2 * of_se + (1 - middle) ** 2 * of_sp
    half = NORMAL_95 * math.sqrt(variance) / (se + sp - 1)
    low, high = middle + shift - half, middle + shift + half
    return CorrectedRate(name, hits / n, _share(rate), (_share(low), _share(high)))


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


@dataclass(frozen=True)
class Verbosity:
    """Spearman's correlation of score and answer length over `n` answers, or why there is none."""

    n: int
    rho: float | None
    p: float | None
    why: str | None = None


def verbosity(scored: Iterable[tuple[float, int]]) -> Verbosity:
    """Whether longer answers score higher. Each score comes with the length of its answer in characters."""
    pairs = np.array(list(scored), dtype=np.float64).reshape(-1, 2)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    found = spearman(distinct[:, 0], distinct[:, 1], counts) if len(distinct) else None
    if found is None:
        why = "a rank correlation needs three answers" if len(pairs) < 3 else "all scores, or all lengths, are the same"
        return Verbosity(len(pairs), None, None, why)
    return Verbosity(len(pairs), *found)


@dataclass(frozen=True)
class SelfPreference:
    """By how much more a judge favours answers of its own family than the other judges do, over `n` records."""

    n: int
    bias: float | None
    interval: tuple[float, float] | None
    why: str | None = None


def family_of(model: str) -> str:
    """The maker of a model, from its id, inference profile or ARN (`us.anthropic.claude-…` → `anthropic`)."""
    return _REGION.sub("", model.rpartition("/")[2], count=1).partition(".")[0]


def self_preference(
    scores: Mapping[str, Mapping[tuple[str, str], float]], *, judge: str, families: Mapping[str, str]
) -> SelfPreference:
    """Whether a judge prefers its own family.

    `scores` holds for each judge its scores by record and generator, `families` the family of each judge and generator.
    On each record with answers of the judge's family and of another one, scored by it and by a judge of no such family:
    how much higher than the others it scores its own family, less how much higher it scores the rest. What the answers
    are worth falls out. Source of the design: a difference in differences, as in Panickssery et al., "LLM evaluators
    recognize and favor their own generations" (2024), which compares with people in place of other judges.
    """
    own_family = families.get(judge)
    others = [name for name in scores if name != judge and families.get(name) != own_family]
    if not others:
        return SelfPreference(0, None, None, "no judge of another family scored the same answers")
    excess: dict[str, tuple[list[float], list[float]]] = {}
    for (record, generator), value in scores[judge].items():
        rest = [scores[other][record, generator] for other in others if (record, generator) in scores[other]]
        if rest:
            own, foreign = excess.setdefault(record, ([], []))
            (own if families.get(generator) == own_family else foreign).append(value - sum(rest) / len(rest))
    gaps = [sum(own) / len(own) - sum(foreign) / len(foreign) for own, foreign in excess.values() if own and foreign]
    if not gaps:
        return SelfPreference(0, None, None, "no record has answers both of the judge's family and of another one")
    place, values = merged(np.array(gaps))
    interval = bootstrap_interval([(values, np.bincount(place))])
    why = None if interval else "one record gives no interval"
    return SelfPreference(len(gaps), math.fsum(gaps) / len(gaps), interval, why)


@dataclass(frozen=True)
class Repeatability:
    """The same answers judged twice: `n` scored both times, the share scored alike, and how far the rest is apart.

    `mean_gap` is the mean of second minus first, `mean_distance` that of its size; None for labels.
    """

    n: int
    missing: int
    alike: float | None
    kappa: Coefficient
    mean_gap: float | None
    mean_distance: float | None


def repeatability(first: Mapping[str, Rating], second: Mapping[str, Rating]) -> Repeatability:
    """Compares two runs by record."""
    shared = sorted(first.keys() & second.keys())
    ratings = Ratings.of({(item, "1"): first[item] for item in shared} | {(item, "2"): second[item] for item in shared})
    table = ratings.pair(0, 1) if shared else np.zeros((0, 0), dtype=np.int64)
    gaps = _gaps([(first[item], second[item]) for item in shared])
    return Repeatability(
        n=len(shared),
        missing=len(first.keys() | second.keys()) - len(shared),
        alike=int(np.trace(table)) / len(shared) if shared else None,
        kappa=cohen_kappa(table, ratings, "none"),
        mean_gap=math.fsum(gaps) / len(gaps) if gaps else None,
        mean_distance=math.fsum(map(abs, gaps)) / len(gaps) if gaps else None,
    )


def _gaps(pairs: Sequence[tuple[Rating, Rating]]) -> list[float]:
    """Second minus first, none at all when a rating is a label."""
    numbers = [(one, other) for one, other in pairs if not isinstance(one, str) and not isinstance(other, str)]
    return [other - one for one, other in numbers] if len(numbers) == len(pairs) else []
