"""Who rated what how: items × raters, with holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from gavel.statistics.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

type Rating = float | str

UNRATED: Final = -1


@dataclass(frozen=True)
class Ratings:
    """Ratings of items by raters, both in ascending order of their names.

    `levels` (items × raters) holds the place of each rating on the `scale`, or UNRATED. When any rating is a label, all
    are: their order means nothing then.
    """

    items: tuple[str, ...]
    raters: tuple[str, ...]
    levels: npt.NDArray[np.intp]
    scale: Scale

    @classmethod
    def of(cls, ratings: Mapping[tuple[str, str], Rating]) -> Self:
        """The ratings by item and rater; the order of the mapping leaves no trace."""
        items, raters = sorted({item for item, _ in ratings}), sorted({rater for _, rater in ratings})
        values: dict[Rating, int] = {}
        for value in ratings.values():
            values.setdefault(value, len(values))
        scale = Scale.of(list(values))
        item_at = {item: place for place, item in enumerate(items)}
        rater_at = {rater: place for place, rater in enumerate(raters)}
        levels = np.full((len(items), len(raters)), UNRATED, dtype=np.intp)
        for (item, rater), value in ratings.items():
            levels[item_at[item], rater_at[rater]] = scale.level_of[values[value]]
        return cls(tuple(items), tuple(raters), levels, scale)

    @property
    def labelled(self) -> bool:
        """Whether the ratings have no order."""
        return bool(self.scale.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """Every rating that occurs, as text, in the order of the scale."""
        return (*(f"{number:g}" for number in self.scale.numbers), *self.scale.labels)

    def counts(self) -> npt.NDArray[np.int64]:
        """How often each item got each rating: items × levels."""
        table = np.zeros((len(self.items), len(self.scale)), dtype=np.int64)
        rows, columns = np.nonzero(self.levels != UNRATED)
        np.add.at(table, (rows, self.levels[rows, columns]), 1)
        return table

    def pair(self, a: int, b: int) -> npt.NDArray[np.int64]:
        """How many items raters a and b gave which pair of ratings: levels of a × levels of b."""
        both = (self.levels[:, a] != UNRATED) & (self.levels[:, b] != UNRATED)
        size = len(self.scale)
        joint = self.levels[both, a] * size + self.levels[both, b]
        table: npt.NDArray[np.int64] = np.bincount(joint, minlength=size * size).reshape(size, size)
        return table
