"""Summaries: the figures of one model, judge, metric and category, from exact tables of value → count.

The values on a judge's scale are few, so the tables stay small for any number of records, and merging those of several
shards in any order gives the same figures to the last bit: every mean and deviation is computed in rational numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from gavel.metrics import Direction, direction_of
from gavel.statistics.ends import scale_ends
from gavel.statistics.intervals import bounded_mean_interval, mean_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXACT_VALUES: Final = 2000

type Value = float | str
type Key = tuple[str, str, str, str | None]


@dataclass(frozen=True)
class MetricSummary:
    """The scores of one model on one metric by one judge, over all records (`category` None) or those of one category.

    `n` scored + `missing` unscored = records expected. `mean` and `stdev` (of the sample, n - 1) are taken over scored
    records only; they are None when n is too small, and when any value is a label. `values` counts every value exactly:
    keys are `repr` of a number ("0.6667") or the label itself, numbers first, each in ascending order. `ends` are those
    of the scale, None where they are not known.
    """

    model: str
    judge: str
    metric: str
    category: str | None
    n: int
    missing: int
    mean: float | None
    stdev: float | None
    values: dict[str, int]
    direction: Direction
    ends: tuple[float, float] | None = None

    @property
    def expected(self) -> int:
        """Number of records that should have a score."""
        return self.n + self.missing

    @property
    def coverage(self) -> float | None:
        """Scored ÷ expected; None when nothing was expected."""
        return self.n / self.expected if self.expected else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean; see `interval_at`."""
        return self.interval_at(0.95)

    def interval_at(self, level: float) -> tuple[float, float] | None:
        """Interval of the mean at that confidence level; None without a mean or with less than two scores.

        It stays within the scale's ends where they are known.
        """
        if self.mean is None or self.stdev is None:
            return None
        if self.ends is None:
            return mean_interval(mean=self.mean, stdev=self.stdev, n=self.n, level=level)
        low, width = self.ends[0], self.ends[1] - self.ends[0]
        share = bounded_mean_interval(mean=(self.mean - low) / width, stdev=self.stdev / width, n=self.n, level=level)
        return low + width * share[0], low + width * share[1]

    def to_json(self) -> dict[str, Any]:
        """The summary as a JSON object, keys in a fixed order."""
        return {
            "model": self.model,
            "judge": self.judge,
            "metric": self.metric,
            "category": self.category,
            "n": self.n,
            "missing": self.missing,
            "mean": self.mean,
            "stdev": self.stdev,
            "values": self.values,
            "direction": self.direction.value,
        }


class SummaryBuilder:
    """Counts scores; holds one table per model, judge, metric and category, and nothing per record."""

    def __init__(self) -> None:
        """Start with no counts."""
        self._values: dict[Key, Counter[Value]] = {}
        self._missing: Counter[Key] = Counter()

    def add(
        self, *, model: str, judge: str, metric: str, category: str | None, value: Value | None, count: int = 1
    ) -> None:
        """Count `count` records with this value, or with none; each also counts for all categories together."""
        for key in {(model, judge, metric, None), (model, judge, metric, category)}:
            table = self._values.setdefault(key, Counter())
            if value is None:
                self._missing[key] += count
            else:
                table[value] += count

    def merge(self, other: SummaryBuilder) -> None:
        """Add the counts of another builder; the order of merges leaves no trace."""
        for key, table in other._values.items():
            self._values.setdefault(key, Counter()).update(table)
        self._missing.update(other._missing)

    def summaries(
        self,
        directions: Mapping[str, Direction] | None = None,
        ratings: Mapping[str, Sequence[float]] | None = None,
    ) -> list[MetricSummary]:
        """All summaries, sorted by model, judge, metric and category (all categories together come first).

        `directions` holds those of custom metrics that do not count as better when higher, `ratings` the numbers of
        their scales.
        """
        given, scales = directions or {}, ratings or {}
        return [
            _summary(
                key,
                self._values[key],
                self._missing[key],
                given.get(key[2]) or direction_of(key[2]),
                scales.get(key[2], ()),
            )
            for key in sorted(self._values, key=_order)
        ]

    def to_json(self) -> list[dict[str, Any]]:
        """The exact counts, from which `from_json` builds the same builder again."""
        return [
            {
                "model": key[0],
                "judge": key[1],
                "metric": key[2],
                "category": key[3],
                "missing": self._missing[key],
                "numbers": [[value, table[value]] for value in sorted(v for v in table if not isinstance(v, str))],
                "labels": [[value, table[value]] for value in sorted(v for v in table if isinstance(v, str))],
            }
            for key, table in sorted(self._values.items(), key=lambda item: _order(item[0]))
        ]

    @classmethod
    def from_json(cls, entries: list[dict[str, Any]]) -> SummaryBuilder:
        """The builder whose `to_json` gave these entries."""
        builder = cls()
        for entry in entries:
            key = (entry["model"], entry["judge"], entry["metric"], entry["category"])
            numbers = Counter[Value]({float(value): count for value, count in entry["numbers"]})
            builder._values[key] = numbers + Counter[Value](dict(entry["labels"]))
            builder._missing[key] = entry["missing"]
        return builder


def _order(key: Key) -> tuple[str, str, str, bool, str]:
    model, judge, metric, category = key
    return model, judge, metric, category is not None, category or ""


def _summary(
    key: Key, table: Counter[Value], missing: int, direction: Direction, ratings: Sequence[float]
) -> MetricSummary:
    numbers = sorted(value for value in table if not isinstance(value, str))
    labels = sorted(value for value in table if isinstance(value, str))
    n = table.total()
    mean, stdev = (None, None) if labels else moments([(value, table[value]) for value in numbers])
    return MetricSummary(
        model=key[0],
        judge=key[1],
        metric=key[2],
        category=key[3],
        n=n,
        missing=missing,
        mean=mean,
        stdev=stdev,
        values={repr(value): table[value] for value in numbers} | {label: table[label] for label in labels},
        direction=direction,
        ends=None if labels else scale_ends(numbers, ratings),
    )


def moments(counts: list[tuple[float, int]]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation (n - 1) of numbers given with their counts.

    None where n is too small (0 and below 2). Computed exactly in rational numbers and rounded once, so that neither
    the order of the numbers nor cancellation matters; above 2,000 distinct numbers, which no judge's scale has, by
    `math.fsum` over the sorted numbers.
    """
    n = sum(count for _, count in counts)
    if n == 0:
        return None, None
    if len(counts) > _EXACT_VALUES:
        return _long_moments(sorted(counts), n)
    total = sum((Fraction(value) * count for value, count in counts), Fraction())
    mean = total / n
    if n < 2:
        return float(mean), None
    squares = sum(((Fraction(value) - mean) ** 2 * count for value, count in counts), Fraction())
    return float(mean), math.sqrt(squares / (n - 1))


def _long_moments(counts: list[tuple[float, int]], n: int) -> tuple[float, float | None]:
    mean = math.fsum(value * count for value, count in counts) / n
    squares = math.fsum((value - mean) ** 2 * count for value, count in counts)
    return mean, math.sqrt(squares / (n - 1)) if n > 1 else None
