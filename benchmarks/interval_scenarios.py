"""Populations of paired scores with a known mean difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.statistics.pairs import count_pairs
from gavel.statistics.scale import Scale

if TYPE_CHECKING:
    import numpy.typing as npt

    from gavel.statistics.pairs import Pairs

_FIVE: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_TWO: Final = (0.0, 1.0)
_FEWEST: Final = 5


@dataclass(frozen=True)
class Scenario:
    """The joint probabilities of two models' scores on one scale, and the share of scores that each loses by itself."""

    name: str
    values: tuple[float, ...]
    joint: npt.NDArray[np.float64]
    lost: float = 0.0

    @property
    def truth(self) -> float:
        """The mean difference in the population."""
        values = np.array(self.values)
        return float((self.joint * (values[:, None] - values[None, :])).sum())

    def differing(self, n: int) -> float:
        """How many of n records can be expected to differ."""
        return float(n * (1 - self.lost) ** 2 * (1 - np.trace(self.joint)))

    def promised(self, n: int) -> bool:
        """Whether enough records can be expected to differ for an interval to keep its level."""
        return self.differing(n) >= _FEWEST

    @property
    def first(self) -> npt.NDArray[np.float64]:
        """The probabilities of the first model's scores by themselves."""
        probabilities: npt.NDArray[np.float64] = self.joint.sum(axis=1)
        return probabilities

    def promised_mean(self, n: int) -> bool:
        """Whether enough records can be expected off the commonest value for a mean's interval to keep its level."""
        return float(n * (1 - self.lost) * (1 - self.first.max())) >= _FEWEST

    def mean_sample(self, n: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """The first model's scores in a random sample of n records; what is missing is left out."""
        drawn = random.choice(self.values, n, p=self.first)
        scored: npt.NDArray[np.float64] = drawn[random.random(n) >= self.lost]
        return scored

    def sample(self, n: int, random: np.random.Generator) -> Pairs:
        """A random sample of n records as the statistics see it."""
        size = len(self.values)
        a, b = np.divmod(random.choice(size * size, n, p=self.joint.ravel()), size)
        # Levels count from 2: 1 is a missing score.
        a, b = (np.where(random.random(n) < self.lost, 1, level + 2) for level in (a, b))
        return count_pairs(a, b, Scale.of(list(self.values)))[0]


def _with_ties(first: npt.ArrayLike, second: npt.ArrayLike, ties: float) -> npt.NDArray[np.float64]:
    """Scores that are the same with a probability of `ties`, and otherwise drawn independently."""
    one, other = np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)
    return ties * np.diag(one) + (1 - ties) * np.outer(one, other)


SCENARIOS: Final = (
    Scenario("five levels, few ties", _FIVE, _with_ties([0.1, 0.2, 0.4, 0.2, 0.1], [0.2, 0.2, 0.3, 0.2, 0.1], 0.1)),
    Scenario("five levels, most tied", _FIVE, _with_ties([0.1, 0.2, 0.4, 0.2, 0.1], [0.2, 0.2, 0.3, 0.2, 0.1], 0.7)),
    Scenario("skewed to the top", _FIVE, _with_ties([0.02, 0.03, 0.05, 0.2, 0.7], [0.05, 0.1, 0.1, 0.25, 0.5], 0.3)),
    Scenario("no difference", _FIVE, _with_ties([0.1, 0.2, 0.4, 0.2, 0.1], [0.1, 0.2, 0.4, 0.2, 0.1], 0.4)),
    Scenario("a tenth missing", _FIVE, _with_ties([0.1, 0.2, 0.4, 0.2, 0.1], [0.2, 0.2, 0.3, 0.2, 0.1], 0.4), 0.1),
    Scenario("two values, a third differ", _TWO, np.array([[0.35, 0.13], [0.21, 0.31]])),
    Scenario("two values, a fifth differ", _TWO, np.array([[0.2, 0.06], [0.14, 0.6]])),
    Scenario("two values, few differ", _TWO, np.array([[0.05, 0.03], [0.06, 0.86]])),
)
# A dataset of three categories that differ: each with its share of the records.
STRATA: Final = ((SCENARIOS[0], 0.5), (SCENARIOS[2], 0.3), (SCENARIOS[3], 0.2))
