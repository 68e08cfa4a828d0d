"""CSV as RFC 4180 means it: a header, a row for each record, and texts in double quotes that may hold line breaks.

Cells are separated by commas, or by the semicolons or tabs that spreadsheets write in some countries; the header tells.
Empty lines and rows of empty cells are skipped. A row's place is the line that it begins on.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.columns import KNOWN, Columns
from gavel.datasets.keys import meant_key
from gavel.datasets.line_reader import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reading import Reading
    from gavel.datasets.record import Record

_SEPARATORS: Final = (",", ";", "\t")
_BOM: Final = b"\xef\xbb\xbf"
_SAVE: Final = 'save it as "CSV UTF-8"'
_QUOTES: Final = 'put the text in double quotes, and write double quotes inside it twice: ""'
_REASONS: Final = (
    ("unexpected end of data", "opens a quote that is never closed", _QUOTES),
    ("new-line character seen", "holds a carriage return outside quotes", "end lines in LF or CRLF"),
)
_UNCHECKED: Final = "; nothing behind it was checked"
_ROW_LINES: Final = 4  # lines of the most bytes in a row: quotes are written twice, and cells have separators


def csv_rows(stream: Readable, reading: Reading) -> Iterator[Record]:
    """The valid records. Raises BrokenDatasetError for a header or a row that ends the reading."""
    # The limit belongs to the module, not to a reader; it is the same for every dataset.
    csv.field_size_limit(reading.rules.max_line_bytes)
    lines = _Lines(stream, reading)
    header = next((line for line in lines if line.strip("\r\n")), None)
    if header is None:
        raise BrokenDatasetError("holds nothing", "write a header with the column `prompt`, and a row for each prompt")
    separator = max(_SEPARATORS, key=lambda mark: _meant(header, mark))
    lines.put_back(header)
    rows = _rows(csv.reader(lines, delimiter=separator, strict=True), lines, reading)
    place, names = next(rows, (lines.number, None))
    # What is wrong with a header is told once, and not again in every row.
    columns = None if names is None or lines.tell_faults() else Columns.of(names, reading.at(place))
    if columns is None or names is None:
        return
    for line, cells in rows:
        record = _record(line, cells, columns, reading, width=len(names), readable=not lines.tell_faults())
        if record is not None:
            yield record


def _record(
    line: int, cells: list[str] | None, columns: Columns, reading: Reading, *, width: int, readable: bool
) -> Record | None:
    reading.records += 1
    if cells is None or not readable:
        return None
    add = reading.at(line)
    if len(cells) != width:
        add(None, f"has {len(cells)} cells, and the header has {width}", _QUOTES)
        return None
    most = reading.rules.max_line_bytes
    if sum(map(len, cells)) * 4 > most and sum(len(cell.encode()) for cell in cells) > most:
        add(None, f"is longer than {most:,} bytes", "shorten the record")
        return None
    add = columns.adding(add)
    value = columns.record([cell or None for cell in cells], add)
    return None if value is None else reading.record_rules.check(value, number=reading.records, line=line, add=add)


def _rows(rows: Iterator[list[str]], lines: _Lines, reading: Reading) -> Iterator[tuple[int, list[str] | None]]:
    """Rows that are not empty with the line each begins on; None in place of one whose problem was told."""
    while True:
        first = lines.begin_row()
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            _tell(str(error), first, reading)
            yield first, None
            continue
        if any(cells) or lines.faults:
            yield first, cells


def _tell(message: str, line: int, reading: Reading) -> None:
    if message.startswith("field larger than"):
        most = reading.rules.max_line_bytes
        reason = f"holds a text longer than {most:,} characters, or opens a quote that is never closed"
        raise BrokenDatasetError(reason + _UNCHECKED, _QUOTES, place=line)
    for start, reason, remedy in _REASONS:
        if message.startswith(start):
            reading.add(line, None, reason, remedy)
            return
    reading.add(line, None, "has text behind a closing quote", _QUOTES)


def _meant(header: str, separator: str) -> int:
    """How many columns of the header mean something when that mark separates them."""
    try:
        names = next(csv.reader([header], delimiter=separator))
    except csv.Error:
        return 0
    present = frozenset(names)
    return sum(name in KNOWN or meant_key(name, KNOWN, present) is not None for name in names)


class _Lines:
    """Lines of text with their ends, for the csv module; `faults` are places that are not UTF-8."""

    def __init__(self, stream: Readable, reading: Reading) -> None:
        self._lines = read_lines(stream, max_line_bytes=reading.rules.max_line_bytes)
        self._reading = reading
        self._waiting: str | None = None
        self.faults: list[tuple[int, int]] = []
        self.number = 0
        self._row = 1
        self._row_bytes = 0
        reading.lines = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._waiting is not None:
            line, self._waiting = self._waiting, None
            self.number += 1
            return line
        number, data = next(self._lines)
        self.number = self._reading.lines = number
        most = self._reading.rules.max_line_bytes
        if data is None:
            raise BrokenDatasetError(f"is longer than {most:,} bytes{_UNCHECKED}", "shorten the record", place=number)
        # A quoted text may go on over lines without end, and the csv module keeps the whole row until it ends.
        self._row_bytes += len(data)
        if self._row_bytes > _ROW_LINES * most:
            reason = f"begins a row longer than {_ROW_LINES * most:,} bytes, or opens a quote that is never closed"
            raise BrokenDatasetError(reason + _UNCHECKED, _QUOTES, place=self._row)
        if number == 1:
            data = data.removeprefix(_BOM)
        try:
            return data.decode() + "\n"
        except UnicodeDecodeError as error:
            self.faults.append((number, error.start + 1))
            return data.decode(errors="replace") + "\n"

    def begin_row(self) -> int:
        """Count the bytes of a row from here on; the line that it begins on."""
        self._row, self._row_bytes = self.number + 1, 0
        return self._row

    def put_back(self, line: str) -> None:
        """Give the line that was read last once more."""
        self._waiting = line
        self.number -= 1

    def tell_faults(self) -> bool:
        """Report what is not UTF-8 in the lines read since the last call; whether there was any."""
        told = bool(self.faults)
        for line, byte in self.faults:
            self._reading.add(line, None, f"is not UTF-8 at byte {byte}", _SAVE)
        self.faults.clear()
        return told
