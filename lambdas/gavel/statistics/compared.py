"""What a comparison of two generators says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gavel.metrics import Direction

NO_CLEAR_DIFFERENCE: Final = "no clear difference"
NOT_TWO_VALUED: Final = "McNemar's test is for metrics of two values"
ALL_EQUAL: Final = "both have the same value on every record"
LABELS: Final = "labels can agree, but none is more than another"


class Verdict(StrEnum):
    """What a comparison says about the first generator."""

    BETTER = "better"
    WORSE = "worse"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Comparison:
    """Two generators on one metric by one judge, over the `n` records that have a score of both.

    `missing_a` and `missing_b` count records without a score of a and of b; a record without either counts in both, and
    once in `missing`. Differences are a minus b, with a 95 % bootstrap interval over records; wins and losses follow
    the metric's direction, `effect_size` (matched-pairs rank-biserial) the sign of the difference. `holm_p` corrects
    the p-value of the test that fits the metric (McNemar's for two values, Wilcoxon's for others) for the `family` of
    comparisons that have one. `detectable` is the difference that so many records show in 80 of 100 evaluations, and
    `more_records` about how many to add for the difference that was seen. A figure that does not exist is None, never
    NaN, and `why` has a sentence for it.
    """

    model_a: str
    model_b: str
    judge: str
    metric: str
    category: str | None
    direction: Direction
    n: int
    missing: int
    missing_a: int
    missing_b: int
    mean_a: float | None = None
    mean_b: float | None = None
    mean_difference: float | None = None
    stdev: float | None = None
    interval: tuple[float, float] | None = None
    wins: int | None = None
    ties: int | None = None
    losses: int | None = None
    effect_size: float | None = None
    wilcoxon_p: float | None = None
    mcnemar_p: float | None = None
    holm_p: float | None = None
    family: int = 0
    spearman: float | None = None
    spearman_p: float | None = None
    kendall: float | None = None
    kendall_p: float | None = None
    detectable: float | None = None
    more_records: int | None = None
    verdict: Verdict = Verdict.INCONCLUSIVE
    why: tuple[str, ...] = ()

    @property
    def coverage(self) -> float | None:
        """Records with a score of both ÷ records that should have one; None when there is none."""
        return self.n / (self.n + self.missing) if self.n + self.missing else None

    @property
    def test_p(self) -> float | None:
        """The p-value that decides: McNemar's for two values, else Wilcoxon's."""
        return self.wilcoxon_p if self.mcnemar_p is None else self.mcnemar_p

    @property
    def better(self) -> str | None:
        """The generator that is better, where that can be concluded."""
        names = {Verdict.BETTER: self.model_a, Verdict.WORSE: self.model_b}
        return names.get(self.verdict)

    @property
    def wording(self) -> str:
        """The verdict in a few words."""
        if self.better is not None:
            return f"{self.better} is better"
        if self.n == 0:
            return "no records in common"
        return "labels have no order" if LABELS in self.why else NO_CLEAR_DIFFERENCE

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know; that a test is for other metrics or has nothing to test needs no words."""
        return (ALL_EQUAL,) if ALL_EQUAL in self.why else tuple(why for why in self.why if why != NOT_TWO_VALUED)

    def to_json(self) -> dict[str, Any]:
        """The comparison as a JSON object, keys in a fixed order."""
        low, high = self.interval or (None, None)
        return {
            "metric": self.metric,
            "category": self.category,
            "judge": self.judge,
            "model_a": self.model_a,
            "model_b": self.model_b,
            "direction": self.direction.value,
            "n": self.n,
            "missing": self.missing,
            "missing_a": self.missing_a,
            "missing_b": self.missing_b,
            "coverage": self.coverage,
            "mean_a": self.mean_a,
            "mean_b": self.mean_b,
            "mean_difference": self.mean_difference,
            "ci_low": low,
            "ci_high": high,
            "wins": self.wins,
            "ties": self.ties,
            "losses": self.losses,
            "win_rate": _rate(self.wins, self.n),
            "tie_rate": _rate(self.ties, self.n),
            "loss_rate": _rate(self.losses, self.n),
            "effect_size": self.effect_size,
            "wilcoxon_p": self.wilcoxon_p,
            "mcnemar_p": self.mcnemar_p,
            "holm_p": self.holm_p,
            "spearman": self.spearman,
            "spearman_p": self.spearman_p,
            "kendall": self.kendall,
            "kendall_p": self.kendall_p,
            "detectable": self.detectable,
            "more_records": self.more_records,
            "verdict": self.verdict.value,
            "why": list(self.why),
        }


def _rate(count: int | None, n: int) -> float | None:
    return count / n if count is not None and n else None
