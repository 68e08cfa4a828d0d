"""Rows of scores as the columns of a score file: in its order, and with the texts of an answer once."""

from __future__ import annotations

from operator import attrgetter, lt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gavel.results.scores import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

type FileColumn = npt.NDArray[Any]

_KEY: Final = attrgetter("record", "generator", "judge", "metric")
_ANSWER: Final = attrgetter("record", "generator", "judge")
_SHARED: Final = ("response", "stop_reason", "prompt", "reference")
_SHARED_OF: Final = attrgetter(*_SHARED)
_OWN_TEXTS: Final = ("category", "generator", "judge", "metric", "label", "reason", "explanation")


def score_columns(rows: Iterable[ScoreRow]) -> dict[str, FileColumn]:
    """The columns of a score file by name, of equal length; the same rows in any order give the same.

    NaN stands for no value, as DuckDB reads it. Raises ValueError for a value that is not finite.

    Rows are sorted by record, generator, judge and metric, and where these repeat by what they say. The texts that an
    answer's metrics share stand in the first of its rows.
    """
    ordered = _ordered(list(rows))
    columns: dict[str, FileColumn] = {
        "record": np.array([row.record for row in ordered], dtype=np.int64),
        "value": _values(ordered),
        "missing": np.array([row.missing for row in ordered], dtype=np.bool_),
    }
    columns |= {name: _texts(list(map(attrgetter(name), ordered))) for name in _OWN_TEXTS}
    shared = _shared_once(ordered)
    columns |= {name: _texts([texts[place] for texts in shared]) for place, name in enumerate(_SHARED)}
    return {name: columns[name] for name in ScoreRow.__struct_fields__}


def _values(rows: Sequence[ScoreRow]) -> FileColumn:
    given = np.array([row.value for row in rows if row.value is not None], dtype=np.float64)
    if not np.isfinite(given).all():
        raise ValueError("a score's value is not finite")
    column = np.full(len(rows), np.nan)
    column[[row.value is not None for row in rows]] = given
    return column


def _ordered(rows: list[ScoreRow]) -> list[ScoreRow]:
    keys = list(map(_KEY, rows))
    if all(map(lt, keys, keys[1:])):
        return rows
    repeated = len(set(keys)) < len(keys)
    return sorted(rows, key=_whole_key if repeated else _KEY)


def _whole_key(row: ScoreRow) -> tuple[Any, ...]:
    """What orders rows of one key: nothing comes after something."""
    said = (row.value, row.label, row.missing, row.reason, row.explanation)
    return (*_KEY(row), *((one is None, one) for one in said))


def _shared_once(rows: Sequence[ScoreRow]) -> list[tuple[str | None, ...]]:
    """The shared texts of each answer in the place of its first row; of several texts the last in order."""
    nothing: tuple[str | None, ...] = (None,) * len(_SHARED)
    placed = [nothing] * len(rows)
    first, last = 0, None
    for place, row in enumerate(rows):
        answer, texts = _ANSWER(row), _SHARED_OF(row)
        if answer != last:
            first, last = place, answer
            placed[first] = texts
        elif texts != placed[first]:
            pairs = zip(placed[first], texts, strict=True)
            placed[first] = tuple(max((one for one in pair if one is not None), default=None) for pair in pairs)
    return placed


def _texts(texts: list[str | None]) -> FileColumn:
    """A column of texts, with half a surrogate pair, which no UTF-8 can hold, replaced by a question mark."""
    try:
        for text in texts:
            if text is not None and not text.isascii():
                text.encode()
    except UnicodeEncodeError:
        texts = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    column = np.empty(len(texts), dtype=np.object_)
    column[:] = texts
    return column
