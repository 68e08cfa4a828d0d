"""How far raters agree: kappas, Krippendorff's alpha, panels, and what they disagree on most.

A coefficient that does not exist is None with the reason, never NaN: `Coefficient(value, why)`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from gavel.statistics.ratings import UNRATED

if TYPE_CHECKING:
    import numpy.typing as npt

    from gavel.statistics.ratings import Rating, Ratings

type Level = Literal["nominal", "ordinal", "interval"]
type Weights = Literal["none", "linear", "quadratic"]

LEVELS: Final[tuple[Level, ...]] = ("nominal", "ordinal", "interval")
NO_ORDER: Final = "ratings that are labels have no order and no distance"
ONE_RATER: Final = "agreement needs two raters"
NO_COMMON_ITEM: Final = "no item was rated by both"
NO_PAIR: Final = "no item was rated twice"
ALL_ALIKE: Final = "every rating is the same, so agreement by chance is certain and nothing can be said beyond it"
UNEVEN: Final = "Fleiss' kappa needs the same number of ratings for each item; Krippendorff's alpha takes any"


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, or None and why there is none."""

    value: float | None
    why: str | None = None


@dataclass(frozen=True)
class PairAgreement:
    """Two raters on the `n` items that both rated: Cohen's kappa, plain and weighted, and the share rated alike."""

    a: str
    b: str
    n: int
    kappa: Coefficient
    linear: Coefficient
    quadratic: Coefficient
    agreement: float | None


@dataclass(frozen=True)
class Disputed:
    """An item with its ratings by rater, and how far they are apart: 0 when all agree."""

    item: str
    ratings: dict[str, Rating]
    spread: float


def krippendorff_alpha(ratings: Ratings, level: Level) -> Coefficient:
    """Krippendorff's alpha, 1 - observed / expected disagreement. Any number of raters, and holes.

    Observed are the coincidences of an item's ratings, each pair weighted by 1 / (ratings of the item - 1); expected is
    what their margins say by chance. Source: Krippendorff, "Content Analysis" (4th edition, 2019), chapter 12.
    """
    counts = ratings.counts()
    paired = counts[counts.sum(axis=1) > 1]
    if len(ratings.raters) < 2:
        return Coefficient(None, ONE_RATER)
    if not len(paired):
        return Coefficient(None, NO_PAIR)
    if level != "nominal" and ratings.labelled:
        return Coefficient(None, NO_ORDER)
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        return Coefficient(None, ALL_ALIKE)
    coincidences = _coincidences(paired)
    margins = coincidences.sum(axis=0)
    distances = _squared_distances(level, ratings, margins)
    expected = float((distances * np.outer(margins, margins)).sum()) / (float(margins.sum()) - 1)
    return Coefficient(1 - float((distances * coincidences).sum()) / expected)


def _coincidences(paired: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How often two ratings of an item met, values × values; whole numbers are added first, so no order shows."""
    found = np.zeros((paired.shape[1], paired.shape[1]))
    sizes = paired.sum(axis=1)
    for size in np.unique(sizes):
        counts = paired[sizes == size]
        found += (counts.T @ counts - np.diag(counts.sum(axis=0))) / (size - 1)
    return found


def _squared_distances(level: Level, ratings: Ratings, margins: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values × values: 1 for any two, the ratings that lie between two (each end by half), or their difference."""
    if level == "nominal":
        return 1.0 - np.eye(len(margins))
    if level == "ordinal":
        # Up to the middle of each value's own ratings, in the order of the scale.
        ranks = np.cumsum(margins) - margins / 2
        return np.asarray((ranks[:, None] - ranks[None, :]) ** 2)
    numbers = ratings.scale.numbers
    return np.asarray((numbers[:, None] - numbers[None, :]) ** 2)


def fleiss_kappa(ratings: Ratings) -> Coefficient:
    """Fleiss' kappa over items that all have the same number of ratings, by whichever raters.

    (P - P_e) / (1 - P_e), with P the mean share of agreeing pairs of an item's ratings and P_e the sum of squared
    shares of the categories. Source: Fleiss, "Measuring nominal scale agreement among many raters", Psychological
    Bulletin 76 (1971).
    """
    counts = ratings.counts()
    sizes = counts.sum(axis=1)
    if len(ratings.raters) < 2:
        return Coefficient(None, ONE_RATER)
    if (sizes != sizes[0]).any():
        return Coefficient(None, UNEVEN)
    n = int(sizes[0])
    if n < 2:
        return Coefficient(None, NO_PAIR)
    by_chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return Coefficient(None, ALL_ALIKE)
    agreeing = float(((counts**2).sum(axis=1) - n).mean()) / (n * (n - 1))
    return Coefficient((agreeing - by_chance) / (1 - by_chance))


def cohen_kappas(ratings: Ratings) -> list[PairAgreement]:
    """Every pair of raters, in the order of their names."""
    return [pair_agreement(ratings, a, b) for a, b in combinations(range(len(ratings.raters)), 2)]


def pair_agreement(ratings: Ratings, a: int, b: int) -> PairAgreement:
    """Raters by their places."""
    table = ratings.pair(a, b)
    n = int(table.sum())
    return PairAgreement(
        a=ratings.raters[a],
        b=ratings.raters[b],
        n=n,
        kappa=cohen_kappa(table, ratings, "none"),
        linear=cohen_kappa(table, ratings, "linear"),
        quadratic=cohen_kappa(table, ratings, "quadratic"),
        agreement=int(np.trace(table)) / n if n else None,
    )


def cohen_kappa(table: npt.NDArray[np.int64], ratings: Ratings, weights: Weights) -> Coefficient:
    """Cohen's kappa of a table levels × levels: 1 - Σ w·observed / Σ w·expected.

    Weights are 1 for any disagreement, or the distance of two numbers or its square. Sources: Cohen, Educational and
    Psychological Measurement 20 (1960); weighted: Psychological Bulletin 70 (1968).
    """
    n = int(table.sum())
    if n == 0:
        return Coefficient(None, NO_COMMON_ITEM)
    if weights == "none":
        cost = 1.0 - np.eye(len(table))
    elif ratings.labelled:
        return Coefficient(None, NO_ORDER)
    else:
        cost = np.abs(ratings.scale.numbers[:, None] - ratings.scale.numbers[None, :])
        cost = cost**2 if weights == "quadratic" else cost
    expected = float((cost * np.outer(table.sum(axis=1), table.sum(axis=0))).sum()) / n
    if expected == 0:
        return Coefficient(None, ALL_ALIKE)
    return Coefficient(1 - float((cost * table).sum()) / expected)


def majority(values: list[Rating]) -> Rating | None:
    """What more raters said than anything else; None when two ratings share the first place."""
    first, *rest = Counter(values).most_common(2)
    return None if rest and rest[0][1] == first[1] else first[0]


def panel(ratings: Ratings) -> dict[str, tuple[Rating | None, float | None]]:
    """For each item what the majority of its raters says, and the mean of their ratings (None for labels)."""
    found: dict[str, tuple[Rating | None, float | None]] = {}
    for item, own in zip(ratings.items, _by_rater(ratings), strict=True):
        values = list(own.values())
        numbers = [value for value in values if not isinstance(value, str)]
        mean = sum(numbers) / len(numbers) if numbers and not ratings.labelled else None
        found[item] = (majority(values) if values else None, mean)
    return found


def most_disputed(ratings: Ratings, most: int = 10) -> list[Disputed]:
    """The items that raters disagree on most, the worst first, then by name; none that all agree on.

    The spread is the standard deviation of an item's ratings, or for labels the share of all but the most frequent one.
    """
    found = []
    for item, own in zip(ratings.items, _by_rater(ratings), strict=True):
        if len(own) < 2:
            continue
        values = list(own.values())
        if ratings.labelled:
            spread = 1 - Counter(values).most_common(1)[0][1] / len(values)
        else:
            spread = float(np.std([float(value) for value in values]))
        if spread > 0:
            found.append(Disputed(item, own, spread))
    return sorted(found, key=lambda one: (-one.spread, one.item))[:most]


def _by_rater(ratings: Ratings) -> list[dict[str, Rating]]:
    values: list[Rating] = [*ratings.scale.numbers.tolist(), *ratings.scale.labels]
    return [
        {rater: values[level] for rater, level in zip(ratings.raters, row, strict=True) if level != UNRATED}
        for row in ratings.levels.tolist()
    ]
