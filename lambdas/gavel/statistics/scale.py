"""The values that a metric's scores take, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

# Numbers this close are one: 0.1 + 0.2 is no better a score than 0.3.
TOLERANCE: Final = 1e-12
_FEW: Final = 32
_FIRST: Final = 1024


@dataclass(frozen=True)
class Scale:
    """Distinct numbers in ascending order, then distinct labels in theirs; `level_of` maps a value's code to its place.

    Numbers no further apart than 1e-12 are one level, which stands at the lowest of them.
    """

    numbers: npt.NDArray[np.float64]
    labels: tuple[str, ...]
    level_of: npt.NDArray[np.intp]

    @classmethod
    def of(cls, values: Sequence[float | str]) -> Self:
        """The scale of values given in the order of their codes."""
        given = np.array([value for value in values if not isinstance(value, str)], dtype=np.float64)
        levels, numbers = merged(given)
        labels = sorted({value for value in values if isinstance(value, str)})
        place = {label: len(numbers) + number for number, label in enumerate(labels)}
        level_of = np.empty(len(values), dtype=np.intp)
        is_label = np.array([isinstance(value, str) for value in values], dtype=bool)
        level_of[~is_label] = levels
        level_of[is_label] = [place[value] for value in values if isinstance(value, str)]
        return cls(numbers=numbers, labels=tuple(labels), level_of=level_of)

    def __len__(self) -> int:
        return len(self.numbers) + len(self.labels)

    @property
    def two_valued(self) -> bool:
        """Whether every value is 0 or 1."""
        return not self.labels and bool(len(self.numbers)) and set(self.numbers.tolist()) <= {0.0, 1.0}


def merged(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """The place of each number among the distinct ones, and these in ascending order."""
    if not len(values):
        return np.empty(0, dtype=np.intp), values
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    first = np.concatenate([[True], np.diff(ascending) > TOLERANCE])
    place = np.empty(len(values), dtype=np.intp)
    place[order] = np.cumsum(first) - 1
    return place, ascending[first]


def coded(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """The distinct numbers in ascending order, and the place of each number among them; as `np.unique` says.

    A judge's scale is short, so the first numbers show nearly always all that there are, and to find out that none is
    lacking is much faster than to sort them all. Numbers must not be NaN.
    """
    distinct = np.unique(values[:_FIRST])
    while len(distinct) <= _FEW:
        place = places_among(values, distinct)
        others = values[distinct[place] != values] if len(distinct) else values
        if not len(others):
            return distinct, place
        distinct = np.union1d(distinct, others[:_FIRST])
    return np.unique(values, return_inverse=True)


def places_among(values: npt.NDArray[np.float64], distinct: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The place of each number among the distinct ones in ascending order, all of which are there.

    A judge's scale is short, and counting how many of its steps a number reaches is much faster than a binary search.
    """
    if len(distinct) > _FEW:
        return np.searchsorted(distinct, values)
    place = np.zeros(len(values), dtype=np.int8)
    for step in distinct[1:]:
        place += values >= step
    return place.astype(np.intp)
