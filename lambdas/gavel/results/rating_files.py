"""Files of ratings: CSV with the columns `item`, `rater` and `value`, one rating a row."""

from __future__ import annotations

import csv
import io
import math
from functools import partial
from typing import TYPE_CHECKING, Final

from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.statistics.ratings import Rating

type Cells = tuple[str, str, str]

COLUMNS: Final = ("item", "rater", "value")
MAX_BYTES: Final = 32 * 1024 * 1024
MOST_RATINGS: Final = 1_000_000  # all are held in memory; people give thousands
_HEADER: Final = "let the first line read item,rater,value"


def read_ratings(stream: Readable, *, file: str, problems: Problems) -> dict[tuple[str, str], Rating]:
    """The ratings by item and rater; what is wrong is added to `problems`.

    An empty value is no rating. The same rating twice counts once; two different ones of an item by a rater are a
    problem. Values are numbers when all of them are, and labels otherwise.
    """
    text = _text(stream, file, problems)
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for line, item, rater, value in _rows(text, file, problems) if text is not None else ():
        if len(found) >= MOST_RATINGS:
            problems.add(Problem(file, line, None, f"comes after {MOST_RATINGS:,} ratings", "take fewer items"))
            break
        earlier = found.setdefault((item, rater), (value, line))
        if not _equal(earlier[0], value):
            reason = f"differs from that of the same item and rater in line {earlier[1]}"
            problems.add(Problem(file, line, "value", reason, "keep one of the two"))
    numeric = all(_number(value) is not None for value, _ in found.values())
    return {key: _number(value) or 0.0 if numeric else value for key, (value, _) in found.items()}


def _text(stream: Readable, file: str, problems: Problems) -> str | None:
    data = bytearray()
    while chunk := stream.read(1 << 20):
        data += chunk
        if len(data) > MAX_BYTES:
            problems.add(Problem(file, None, None, f"is larger than {MAX_BYTES:,} bytes", "split it"))
            return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(Problem(file, line, None, "is not UTF-8", "save the file as UTF-8"))
        return None


def _rows(text: str, file: str, problems: Problems) -> Iterator[tuple[int, str, str, str]]:
    """Line, item, rater and value of each rating."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        for name in missing:
            problems.add(Problem(file, 1, name, "is no column of the file", _HEADER))
        if missing:
            return
        line = reader.line_num + 1
        for cells in reader:
            here, line = line, reader.line_num + 1
            rating = _rating(cells, header, partial(_add, problems, file, here))
            if rating is not None:
                yield here, *rating
    except csv.Error as error:
        problems.add(Problem(file, reader.line_num, None, f"is not CSV ({error})", "quote cells with commas or quotes"))


def _rating(cells: list[str], header: list[str], add: Callable[[str | None, str, str], None]) -> Cells | None:
    """Item, rater and value of a row; None for an empty line, a hole, and a row with something wrong in it."""
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) != len(header):
        add(None, f"has {len(cells)} cells, and the header {len(header)}", "write one cell a column")
        return None
    item, rater, value = (cells[header.index(name)].strip() for name in COLUMNS)
    for name, cell in (("item", item), ("rater", rater)):
        if not cell:
            add(name, "is empty", "say who rated what")
    if _is_not_finite(value):
        add("value", "is not a finite number", "leave it empty where there is none")
        return None
    return (item, rater, value) if item and rater and value else None


def _add(problems: Problems, file: str, line: int, field: str | None, reason: str, remedy: str) -> None:
    problems.add(Problem(file, line, field, reason, remedy))


def _number(value: str) -> float | None:
    """The number that a cell holds, if it holds one; what only Python reads as a number, such as 1_000, is a label."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number + 0.0 if math.isfinite(number) and "_" not in value and value.isascii() else None


def _is_not_finite(value: str) -> bool:
    """Whether a cell reads as a number that is none: nan, inf, 1e999."""
    try:
        return not math.isfinite(float(value))
    except ValueError:
        return False


def _equal(one: str, other: str) -> bool:
    numbers = _number(one), _number(other)
    return one == other or (None not in numbers and numbers[0] == numbers[1])
