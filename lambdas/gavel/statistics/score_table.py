"""Scores of all generators side by side, as arrays over record numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.statistics.scale import Scale, coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gavel.results.parquet import ScoreColumns

type Codes = npt.NDArray[np.int32]

MISSING: Final = -1
NOT_EXPECTED: Final = -2


@dataclass
class Column:
    """One metric by one judge: per generator the code of each record's value; codes count from 0 into `value_list`.

    A code of MISSING says that the record has no score, NOT_EXPECTED that none was asked for.
    """

    values: dict[float | str, int] = field(default_factory=dict)
    codes: dict[str, Codes] = field(default_factory=dict)

    def scale(self) -> Scale:
        """The values in their order, whatever order they came in."""
        return Scale.of(list(self.values))

    def aligned(self, generator: str, size: int) -> Codes:
        """Codes of the first `size` records."""
        codes = self.codes[generator]
        if len(codes) < size:
            codes = np.concatenate([codes, np.full(size - len(codes), NOT_EXPECTED, dtype=np.int32)])
        return codes[:size]

    def room(self, generator: str, size: int) -> Codes:
        """The generator's codes, with room for `size` records."""
        codes = self.codes.get(generator)
        if codes is None or len(codes) < size:
            grown = np.full(max(size, 2 * len(codes) if codes is not None else 0), NOT_EXPECTED, dtype=np.int32)
            if codes is not None:
                grown[: len(codes)] = codes
            codes = self.codes[generator] = grown
        return codes


class ScoreTable:
    """Scores by metric, judge, generator and record number (from 0 or 1 on); four bytes a score.

    The same score given twice counts once: a repeated file changes nothing.
    """

    def __init__(self) -> None:
        """Start without scores."""
        self._columns: dict[tuple[str, str], Column] = {}
        # Codes of categories count from 1; a record without one has 0.
        self._category_codes: dict[str, int] = {}
        self._category_of = np.zeros(0, dtype=np.int32)
        self._size = 0

    @property
    def keys(self) -> Sequence[tuple[str, str]]:
        """Every judge and metric that there are scores of."""
        return list(self._columns)

    @property
    def generators(self) -> set[str]:
        """Names of all generators."""
        return {name for column in self._columns.values() for name in column.codes}

    def overlap(self, one: str, other: str) -> bool:
        """Whether some metric of some record was asked for of both generators by the same judge."""
        for column in self._columns.values():
            if one in column.codes and other in column.codes:
                expected = [column.aligned(name, self._size) > NOT_EXPECTED for name in (one, other)]
                if bool((expected[0] & expected[1]).any()):
                    return True
        return False

    def rename(self, names: Mapping[str, str]) -> None:
        """Give generators new names; those that get the same one become one, a score going before a missing one."""
        for column in self._columns.values():
            renamed: dict[str, Codes] = {}
            for old in column.codes:
                codes, new = column.aligned(old, self._size), names.get(old, old)
                renamed[new] = np.maximum(renamed[new], codes) if new in renamed else codes
            column.codes = renamed

    def column(self, judge: str, metric: str) -> Column:
        """The scores of one metric by one judge."""
        return self._columns[judge, metric]

    @property
    def size(self) -> int:
        """One more than the highest record number."""
        return self._size

    def categories(self) -> tuple[list[str], npt.NDArray[np.intp]]:
        """Names of the categories in ascending order; and for each record number 0, or the place of its name from 1."""
        codes = self._category_of[: self._size]
        used = np.unique(codes)
        known = {code: name for name, code in self._category_codes.items()}
        names = sorted(known[code] for code in used.tolist() if code)
        place = np.zeros(len(known) + 1, dtype=np.intp)
        for number, name in enumerate(names, start=1):
            place[self._category_codes[name]] = number
        of_record = np.zeros(self._size, dtype=np.intp)
        of_record[: len(codes)] = place[codes]
        return names, of_record

    def add(
        self,
        *,
        record: int,
        category: str | None,
        generator: str,
        judge: str,
        metric: str,
        value: float | str | None,
    ) -> None:
        """Take in one score; None is a missing one."""
        column = self._columns.setdefault((judge, metric), Column())
        code = MISSING if value is None else column.values.setdefault(value, len(column.values))
        column.room(generator, record + 1)[record] = code
        self._size = max(self._size, record + 1)
        if category:
            self._category_room(record + 1)[record] = self._category_code(category)

    def add_columns(self, columns: ScoreColumns) -> None:
        """Take in the scores of a file."""
        if not len(columns.record):
            return
        size = int(columns.record.max()) + 1
        self._size = max(self._size, size)
        # Groups that differ in their category alone are of one column.
        numbers: dict[tuple[str, str, str], int] = {}
        number_of = np.array(
            [numbers.setdefault((one.judge, one.metric, one.generator), len(numbers)) for one in columns.groups]
        )
        of_row = number_of[columns.group]
        for (judge, metric, generator), number in numbers.items():
            places = np.flatnonzero(of_row == number)
            column = self._columns.setdefault((judge, metric), Column())
            column.room(generator, size)[columns.record[places]] = _codes(column, columns, places)
        codes = np.array([self._category_code(one.category) if one.category else 0 for one in columns.groups])
        category = codes[columns.group]
        named = category > 0
        self._category_room(size)[columns.record[named]] = category[named]

    def _category_code(self, category: str) -> int:
        return self._category_codes.setdefault(category, len(self._category_codes) + 1)

    def _category_room(self, size: int) -> Codes:
        if len(self._category_of) < size:
            grown = np.zeros(max(size, 2 * len(self._category_of)), dtype=np.int32)
            grown[: len(self._category_of)] = self._category_of
            self._category_of = grown
        return self._category_of


def _codes(column: Column, columns: ScoreColumns, places: npt.NDArray[np.intp]) -> Codes:
    """The codes of some scores; a label, where there is one, goes before a number."""
    values, labels = columns.value[places], columns.label[places]
    codes = np.full(len(places), MISSING, dtype=np.int32)
    scored = ~np.isnan(values)
    distinct, among = coded(values[scored])
    known = [column.values.setdefault(value, len(column.values)) for value in distinct.tolist()]
    if known:
        codes[scored] = np.array(known, dtype=np.int32)[among]
    for place in np.flatnonzero(labels != None).tolist():  # noqa: E711 - element by element
        codes[place] = column.values.setdefault(labels[place], len(column.values))
    return codes
