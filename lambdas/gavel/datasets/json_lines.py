"""JSON Lines: one object a line. Blank lines and a byte order mark at the start are skipped; lines may end in CRLF.

Lines are read many at once as far as they are plain (`plain_line`), else one by one, where the strict decoder and the
full check have the last word. Both ways give the same records and tell the same problems.
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
    from collections.abc import Iterable, Iterator, Sequence

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.plain_line import PlainLine
    from gavel.datasets.reading import Reading

_BLANK: Final = b" \t\r\n\f\v"
_TRY_EVERY: Final = 16
# So many lines in a row that are not plain say that none will be, as where each has a key of the user's own.
_MANY_ODD: Final = 5
# Lines that are not worth the work of handing them on at once. What is handed on at once goes into a shard as it was
# written, all else written anew, and a job's results are found again by the bytes of its shard: another number here,
# or other blocks of lines, and evaluations of the same dataset are paid for again after an upgrade.
_FEW: Final = 4
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class PlainRecords:
    """Valid records of plain lines: the numbers of the records go on from `number`, and each has its line's number."""

    lines: PlainLines
    number: int
    line_numbers: Sequence[int]

    def __iter__(self) -> Iterator[Record]:
        """The records one by one."""
        return _records(self.lines.rows, self.number, self.line_numbers)


def _records(rows: Iterable[PlainLine], first: int, line_numbers: Iterable[int]) -> Iterator[Record]:
    for number, (row, line) in enumerate(zip(rows, line_numbers, strict=True), start=first):
        yield Record(number, line, row.prompt, row.reference, row.category, row.responses or ())


def json_lines(stream: Readable, reading: Reading) -> Iterator[Record | PlainRecords]:
    """The valid records, many at once where they can be. Raises BrokenDatasetError for JSON of another layout."""
    reading.lines = lines = 0
    reader = _Reader(reading)
    for block in read_blocks(stream, max_line_bytes=reading.rules.max_line_bytes):
        if block is None:
            yield from reader.one(None, lines + 1)
            lines += 1
        else:
            yield from reader.many(block, range(lines + 1, lines + 1 + len(block)))
            lines += len(block)
        reading.lines = lines


class _Reader:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        # How many lines in a row were no plain ones.
        self._odd = 0

    @property
    def _expects_plain(self) -> bool:
        """Whether lines are worth decoding at once."""
        return self._odd < _MANY_ODD

    def many(self, raw: list[bytes], numbers: Sequence[int]) -> Iterator[Record | PlainRecords]:
        """Read lines, each with its line feed and its number, as many at once as are plain."""
        coming = iter(raw)
        done = 0
        while done < len(raw):
            at_once = self._expects_plain
            if not at_once:
                next(coming)
            elif rows := decoded(coming):
                end = done + len(rows)
                yield from self._decoded(raw[done:end], rows, numbers[done:end])
                done = end
            if done == len(raw):
                return
            if at_once and not raw[done].strip(_BLANK):
                # An error for each blank line would take longer than to take them all away.
                filled = [place for place in range(done, len(raw)) if raw[place].strip(_BLANK)]
                yield from self.many([raw[place] for place in filled], [numbers[place] for place in filled])
                return
            yield from self.one(raw[done][:-1], numbers[done], is_odd=at_once)
            done += 1

    def _decoded(
        self, raw: list[bytes], rows: list[PlainLine], numbers: Sequence[int]
    ) -> Iterator[Record | PlainRecords]:
        """Read lines that were decoded: those between the ones that are not plain after all at once."""
        rules = self._reading.record_rules
        keys_once = False
        if len(rows) > _FEW:
            lines = PlainLines(raw, rows)
            keys_once = lines.have_keys_once()
            if keys_once and rules.accept(lines):
                yield PlainRecords(lines, self._count(numbers), numbers)
                return
        start = 0
        for place, (data, row) in enumerate(zip(raw, rows, strict=True)):
            if not ((keys_once or has_keys_once(data, row)) and rules.takes(row)):
                yield from self._run(raw[start:place], rows[start:place], numbers[start:place])
                yield from self.one(data[:-1], numbers[place], is_odd=True)
                start = place + 1
        yield from self._run(raw[start:], rows[start:], numbers[start:])

    def _run(self, raw: list[bytes], rows: list[PlainLine], numbers: Sequence[int]) -> Iterator[Record | PlainRecords]:
        """Take lines each of which is plain by itself."""
        if len(rows) > _FEW:
            yield PlainRecords(PlainLines(raw, rows), self._count(numbers), numbers)
        elif rows:
            yield from _records(rows, self._count(numbers), numbers)

    def _count(self, numbers: Sequence[int]) -> int:
        """Count lines that are plain; the number of their first record."""
        reading = self._reading
        first = reading.records + 1
        self._odd = 0
        reading.lines = numbers[-1]
        reading.records += len(numbers)
        return first

    def one(self, raw: bytes | None, number: int, *, is_odd: bool = False) -> Iterator[Record]:
        """Read one line, of which None is too long; with `is_odd` it is known to be no plain one."""
        reading = self._reading
        reading.lines = number
        data = raw.removeprefix(_BOM) if number == 1 and raw else raw
        if data is not None and not data.startswith(b"{") and not data.strip(_BLANK):
            return
        reading.records += 1
        if reading.records == 1 and data is not None:
            _check_layout(data, number)
        record = None
        if is_odd:
            self._odd += 1
        elif data is not None and (self._expects_plain or number % _TRY_EVERY == 0):
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
