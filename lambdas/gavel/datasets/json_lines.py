"""JSON Lines: one object a line. Blank lines and a byte order mark at the start are skipped; lines may end in CRLF.

Lines are read many at once where all of them are plain (`plain_line`), else one by one, where the strict decoder and
the full check have the last word. Both ways give the same records and tell the same problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.line_blocks import lines_of, read_blocks
from gavel.datasets.plain_line import PlainLines, plain_lines
from gavel.datasets.record import Record
from gavel.datasets.strict_json import JsonError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reading import Reading

_BLANK: Final = b" \t\r\f\v"
_TRY_EVERY: Final = 16
_FEW: Final = 4  # lines that are not worth the work of reading them at once
# Readings of a block or of its parts that may turn out to be for nothing.
_TRIES: Final = 16
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class PlainRecords:
    """Valid records of plain lines: those of `lines`, with the numbers from `number` and `line` on."""

    lines: PlainLines
    number: int
    line: int

    def __iter__(self) -> Iterator[Record]:
        """The records one by one."""
        to_line = self.line - self.number
        for number, row in enumerate(self.lines.rows, start=self.number):
            yield Record(number, number + to_line, row.prompt, row.reference, row.category, row.responses or ())


def json_lines(stream: Readable, reading: Reading) -> Iterator[Record | PlainRecords]:
    """The valid records, many at once where they can be. Raises BrokenDatasetError for JSON of another layout."""
    reading.lines = 0
    reader = _Reader(reading)
    for block in read_blocks(stream, max_line_bytes=reading.rules.max_line_bytes):
        if block is None:
            yield from reader.one(None)
        else:
            yield from reader.block(block)


class _Reader:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._lines = 0
        # How many lines in a row were no plain ones.
        self._odd = 0

    @property
    def _plain(self) -> bool:
        """Whether to try it. Where lines are not plain, say by a key of the user's own, that is work for nothing."""
        return self._odd <= _FEW

    def block(self, block: bytes) -> Iterator[Record | PlainRecords]:
        """Read a block at once, or what of it is plain, at once as far as a few tries find that."""
        reading = self._reading
        most = reading.rules.max_line_bytes
        parts, tries = [block], _TRIES
        while parts:
            part = parts.pop()
            if not tries or not self._plain or len(part) > most or _has_few_lines(part):
                for line in lines_of(part, max_line_bytes=most):
                    yield from self.one(line)
                continue
            tries -= 1
            lines = plain_lines(part)
            if not isinstance(lines, PlainLines):
                other = lines
            elif reading.record_rules.accept(lines):
                yield self._taken(lines)
                continue
            else:
                other = reading.record_rules.first_refused(lines)
            smaller = _halves(part) if other is None else _around(part, other)
            parts.extend(piece for piece in reversed(smaller) if piece)

    def _taken(self, lines: PlainLines) -> PlainRecords:
        reading = self._reading
        records = PlainRecords(lines, reading.records + 1, self._lines + 1)
        self._lines += len(lines)
        self._odd = 0
        reading.lines = self._lines
        reading.records += len(lines)
        return records

    def one(self, raw: bytes | None) -> Iterator[Record]:
        """Read one line, of which None is too long."""
        self._lines += 1
        reading, number = self._reading, self._lines
        reading.lines = number
        data = raw.removeprefix(_BOM) if number == 1 and raw else raw
        if data is not None and not data.startswith(b"{") and not data.strip(_BLANK):
            return
        reading.records += 1
        if reading.records == 1 and data is not None:
            _check_layout(data, number)
        record = None
        if data is not None and (self._plain or number % _TRY_EVERY == 0):
            record = reading.record_rules.typed(data, number=reading.records, line=number)
            self._odd = 0 if record is not None else self._odd + 1
        if record is None:
            record = _checked(data, number, reading)
        if record is not None:
            yield record


def _around(block: bytes, place: int) -> tuple[bytes, ...]:
    """What is before the line at that place (from 0), the line, and what is behind it."""
    start = 0
    for _ in range(place):
        start = block.find(b"\n", start) + 1
    end = block.find(b"\n", start) + 1
    return block[:start], block[start:end], block[end:]


def _halves(block: bytes) -> tuple[bytes, ...]:
    middle = block.find(b"\n", len(block) // 2) + 1
    if middle == len(block):
        middle = block.rfind(b"\n", 0, -1) + 1
    return block[:middle], block[middle:]


def _has_few_lines(block: bytes) -> bool:
    end = -1
    for _ in range(_FEW):
        end = block.find(b"\n", end + 1)
        if end == len(block) - 1:
            return True
    return False


def _checked(data: bytes | None, line: int, reading: Reading) -> Record | None:
    if data is None:
        reading.add(line, None, f"is longer than {reading.rules.max_line_bytes:,} bytes", "shorten the record")
        return None
    try:
        value = decode(data.removesuffix(b"\r"))
    except JsonError as error:
        reading.add(line, None, error.reason, error.remedy)
        return None
    return reading.record_rules.check(value, number=reading.records, line=line, add=reading.at(line))


def _check_layout(data: bytes, line: int) -> None:
    """Raise for a first record that shows that the file is JSON, but not one object a line."""
    text = data.strip(_BLANK)
    if text.startswith(b"["):
        raise BrokenDatasetError(
            "starts a JSON array, not JSON Lines",
            "name the file .json, or write each element on one line (jq -c '.[]' does that)",
            place=line,
        )
    if text == b"{":
        raise BrokenDatasetError(
            "starts an object over several lines", "write each record on one line (jq -c . does that)", place=line
        )
