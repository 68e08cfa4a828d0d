"""JSON Lines: one object a line. Blank lines and a byte order mark at the start are skipped; lines may end in CRLF.

Lines are read many at once where all of them are plain (`plain_line`), else one by one, where the strict decoder and
the full check have the last word. Both ways give the same records and tell the same problems.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.line_reader import read_blocks
from gavel.datasets.plain_line import PlainLines, decoded, has_keys_once
from gavel.datasets.record import Record
from gavel.datasets.strict_json import JsonError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.plain_line import PlainLine
    from gavel.datasets.reading import Reading

_BLANK: Final = b" \t\r\f\v"
_TRY_EVERY: Final = 16
_FEW: Final = 4  # lines that are not worth the work of reading them at once
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
            yield from reader.read(block)


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

    def read(self, lines: list[bytes]) -> Iterator[Record | PlainRecords]:
        """Read lines, each with its line feed, as many at once as are plain."""
        coming = iter(lines)
        done = 0
        while done < len(lines):
            # The first line of a file shows whether this is JSON Lines, and may begin with a byte order mark.
            if self._lines and self._plain:
                if rows := decoded(coming):
                    yield from self._decoded(lines[done : done + len(rows)], rows)
                    done += len(rows)
            else:
                next(coming)
            if done < len(lines):
                yield from self.one(lines[done][:-1])
                done += 1

    def _decoded(self, raw: list[bytes], rows: list[PlainLine]) -> Iterator[Record | PlainRecords]:
        """Read lines that were decoded: those between the ones that are not plain after all at once."""
        rules = self._reading.record_rules
        lines = PlainLines(raw, rows)
        keys_once = lines.have_keys_once()
        if keys_once and rules.accept(lines):
            yield self._taken(lines)
            return
        start = 0
        for place, (data, row) in enumerate(zip(raw, rows, strict=True)):
            if not ((keys_once or has_keys_once(data, row)) and rules.takes(row)):
                yield from self._run(raw[start:place], rows[start:place])
                yield from self.one(data[:-1])
                start = place + 1
        yield from self._run(raw[start:], rows[start:])

    def _run(self, raw: list[bytes], rows: list[PlainLine]) -> Iterator[Record | PlainRecords]:
        """Read lines each of which is plain by itself."""
        if len(rows) > _FEW and self._reading.record_rules.accept(lines := PlainLines(raw, rows)):
            yield self._taken(lines)
            return
        for data in raw:
            yield from self.one(data[:-1])

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
