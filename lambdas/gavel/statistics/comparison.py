"""Comparisons of two generators, record by record.

Scores are paired by record number, so a score that one of the two lacks drops that record from the pair and never
shifts the others. Everything about a pair is computed from one small table (value of a, value of b, how many records),
which gives the same figures as SciPy's functions over the paired lists, and looks at every record only once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gavel.metrics import Direction, direction_of
from gavel.statistics.score_table import NOT_EXPECTED
from gavel.statistics.summary import mean_interval, moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gavel.statistics.score_table import ScoreTable

type Numbers = npt.NDArray[np.float64]

NO_CLEAR_DIFFERENCE: Final = "no clear difference"
_TOLERANCE: Final = 1e-9
_SMALL_TABLE: Final = 1 << 16
# With six records that all point the same way a two-sided sign test falls below 5 % (2 / 2**6 = 0.031).
_SIGN_TEST_RECORDS: Final = 6


@dataclass(frozen=True)
class Comparison:
    """Generators a and b on one metric by one judge, over the `n` records that have a score of both.

    `missing_a` and `missing_b` count records without a score of a and of b; a record without either counts in both, and
    once in `dropped`. `difference` is the mean of a minus b with its 95 % `interval`; `wins` and `losses` count the
    records on which a scored better and worse by the metric's direction. `rho` and `p_value` are Spearman's.
    `agreement` is the share of records on which both got the same value or label. What cannot be computed is None,
    never NaN, and `why` has a sentence for it. `better` names a generator only when the interval excludes 0.
    """

    a: str
    b: str
    judge: str
    metric: str
    category: str | None
    direction: Direction
    n: int
    missing_a: int
    missing_b: int
    dropped: int
    mean_a: float | None = None
    mean_b: float | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    wins: int = 0
    ties: int = 0
    losses: int = 0
    rho: float | None = None
    p_value: float | None = None
    agreement: float | None = None
    better: str | None = None
    wording: str = NO_CLEAR_DIFFERENCE
    why: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The comparison as a JSON object, keys in a fixed order."""
        return {
            "a": self.a,
            "b": self.b,
            "judge": self.judge,
            "metric": self.metric,
            "category": self.category,
            "direction": self.direction.value,
            "n": self.n,
            "missing_a": self.missing_a,
            "missing_b": self.missing_b,
            "dropped": self.dropped,
            "mean_a": self.mean_a,
            "mean_b": self.mean_b,
            "difference": self.difference,
            "interval": None if self.interval is None else list(self.interval),
            "wins": self.wins,
            "ties": self.ties,
            "losses": self.losses,
            "rho": self.rho,
            "p_value": self.p_value,
            "agreement": self.agreement,
            "better": self.better,
            "wording": self.wording,
            "why": list(self.why),
        }


def compare(
    table: ScoreTable,
    *,
    generators: Sequence[str] = (),
    directions: Mapping[str, Direction] | None = None,
    by_category: bool = False,
) -> list[Comparison]:
    """Every pair of generators on every metric by every judge that scored both; by category too, when asked.

    Pairs follow the order of `generators` (default: by name), which also says who takes part; comparisons are sorted by
    metric, judge, category and pair.
    """
    given = directions or {}
    order = {name: place for place, name in enumerate(generators or sorted(table.generators))}
    comparisons = []
    selections = list(table.selections(by_category=by_category))
    for judge, metric in sorted(table.keys, key=lambda key: (key[1], key[0])):
        direction = given.get(metric) or direction_of(metric)
        column = table.column(judge, metric)
        names = sorted((name for name in column.codes if name in order), key=order.__getitem__)
        for category, records in selections:
            for a, b in combinations(names, 2):
                pair = _pair(column.aligned(a, records), column.aligned(b, records), column.value_list)
                head = Comparison(
                    a=a,
                    b=b,
                    judge=judge,
                    metric=metric,
                    category=category,
                    direction=direction,
                    n=pair.n,
                    missing_a=pair.missing_a,
                    missing_b=pair.missing_b,
                    dropped=pair.dropped,
                )
                comparisons.append(_judge(head, pair))
    return comparisons


@dataclass(frozen=True)
class _Pair:
    """Distinct pairs of values in ascending order, with their counts."""

    a: list[float | str]
    b: list[float | str]
    counts: npt.NDArray[np.int64]
    n: int
    missing_a: int
    missing_b: int
    dropped: int


def _pair(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32], values: Sequence[float | str]) -> _Pair:
    expected = (a > NOT_EXPECTED) | (b > NOT_EXPECTED)
    lost_a, lost_b = expected & (a < 0), expected & (b < 0)
    both = expected & ~lost_a & ~lost_b
    levels = len(values)
    joint = a[both].astype(np.int64) * levels + b[both]
    if levels * levels <= _SMALL_TABLE:
        table = np.bincount(joint, minlength=levels * levels)
        cells = np.flatnonzero(table)
        counts = table[cells]
    else:
        cells, counts = np.unique(joint, return_counts=True)
    rows = sorted(
        (
            (values[cell // levels], values[cell % levels], count)
            for cell, count in zip(cells.tolist(), counts.tolist(), strict=True)
        ),
        key=lambda row: [(isinstance(value, str), value) for value in row[:2]],
    )
    return _Pair(
        a=[row[0] for row in rows],
        b=[row[1] for row in rows],
        counts=np.array([row[2] for row in rows], dtype=np.int64),
        n=int(both.sum()),
        missing_a=int(lost_a.sum()),
        missing_b=int(lost_b.sum()),
        dropped=int((lost_a | lost_b).sum()),
    )


def _judge(head: Comparison, pair: _Pair) -> Comparison:
    if pair.n == 0:
        return replace(head, wording="no records in common", why=("no record has a score of both",))
    same = sum(count for a, b, count in zip(pair.a, pair.b, pair.counts.tolist(), strict=True) if a == b)
    head = replace(head, ties=same, agreement=same / pair.n)
    numbers_a = [value for value in pair.a if not isinstance(value, str)]
    numbers_b = [value for value in pair.b if not isinstance(value, str)]
    if len(numbers_a) + len(numbers_b) < len(pair.a) + len(pair.b):
        return replace(head, wording="labels have no order", why=("labels can agree, but none is more than another",))
    a, b = np.array(numbers_a), np.array(numbers_b)
    return _difference(_spearman(head, a, b, pair.counts), a, b, pair.counts)


def _difference(head: Comparison, a: Numbers, b: Numbers, counts: npt.NDArray[np.int64]) -> Comparison:
    weights = counts.tolist()
    differences = a - b
    mean, stdev = moments(list(zip(differences.tolist(), weights, strict=True)))
    above, below = int(counts[a > b].sum()), int(counts[a < b].sum())
    higher_wins = head.direction is Direction.HIGHER
    head = replace(
        head,
        mean_a=moments(list(zip(a.tolist(), weights, strict=True)))[0],
        mean_b=moments(list(zip(b.tolist(), weights, strict=True)))[0],
        difference=mean,
        wins=above if higher_wins else below,
        losses=below if higher_wins else above,
    )
    if mean is None or stdev is None:
        return replace(head, why=(*head.why, "one record in common gives no interval"))
    if np.ptp(differences) <= _TOLERANCE:
        return _constant(head, float(differences[0]))
    low, high = mean_interval(mean=mean, stdev=stdev, n=head.n)
    return _name_better(replace(head, interval=(low, high)), clear=low > 0 or high < 0)


def _constant(head: Comparison, difference: float) -> Comparison:
    """No spread, no t-interval: a sign test then says whether there are records enough to call a difference clear."""
    if difference == 0:
        return replace(head, interval=(0.0, 0.0), why=(*head.why, "both have the same value on every record"))
    why = f"every record differs by exactly {difference:+.4g}, so the interval has no width"
    head = replace(head, interval=(difference, difference), why=(*head.why, why))
    return _name_better(head, clear=head.n >= _SIGN_TEST_RECORDS)


def _name_better(head: Comparison, *, clear: bool) -> Comparison:
    if not clear or not head.difference:
        return head
    better = head.a if (head.difference > 0) == (head.direction is Direction.HIGHER) else head.b
    return replace(head, better=better, wording=f"{better} is better")


def _spearman(head: Comparison, a: Numbers, b: Numbers, counts: npt.NDArray[np.int64]) -> Comparison:
    """Spearman's rho with average ranks for ties, and its two-sided p-value, as `scipy.stats.spearmanr` has them."""
    if head.n < 3:
        return replace(head, why=(*head.why, "a rank correlation needs three records in common"))
    ranks_a, ranks_b = _centred_ranks(a, counts), _centred_ranks(b, counts)
    spread = math.fsum(counts * ranks_a**2) * math.fsum(counts * ranks_b**2)
    if spread == 0:
        constant = " and ".join(name for name, ranks in ((head.a, ranks_a), (head.b, ranks_b)) if not ranks.any())
        return replace(head, why=(*head.why, f"no rank correlation: {constant} has the same value on every record"))
    rho = max(-1.0, min(1.0, math.fsum(counts * ranks_a * ranks_b) / math.sqrt(spread)))
    return replace(head, rho=rho, p_value=_p_value(rho, head.n - 2))


def _centred_ranks(values: Numbers, counts: npt.NDArray[np.int64]) -> Numbers:
    """Average rank of each value among all records, less the mean rank."""
    _, level = np.unique(values, return_inverse=True)
    sizes = np.bincount(level, weights=counts)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    centred: Numbers = (ranks - (counts.sum() + 1) / 2)[level]
    return centred


def _p_value(rho: float, freedom: int) -> float:
    from scipy.special import stdtr  # noqa: PLC0415 - SciPy takes long to import, and only comparisons need it

    if abs(rho) == 1:
        return 0.0
    return float(2 * stdtr(freedom, -abs(rho) * math.sqrt(freedom / ((1 + rho) * (1 - rho)))))
