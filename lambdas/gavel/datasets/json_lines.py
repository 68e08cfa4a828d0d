"""JSON Lines: one object a line. Blank lines and a byte order mark at the start are skipped; lines may end in CRLF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.line_reader import read_lines
from gavel.datasets.strict_json import JsonError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reading import Reading
    from gavel.datasets.record import Record

_BLANK: Final = b" \t\r\f\v"
_TRY_EVERY: Final = 16
_BOM: Final = b"\xef\xbb\xbf"


def json_lines(stream: Readable, reading: Reading) -> Iterator[Record]:
    """The valid records. Raises BrokenDatasetError for a file that is JSON of another layout."""
    reading.lines = 0
    typed = reading.record_rules.typed
    plain = True
    for number, raw in read_lines(stream, max_line_bytes=reading.rules.max_line_bytes):
        reading.lines = number
        data = raw.removeprefix(_BOM) if number == 1 and raw else raw
        if data is not None and not data.startswith(b"{") and not data.strip(_BLANK):
            continue
        reading.records += 1
        if reading.records == 1 and data is not None:
            _check_layout(data, number)
        record = None
        # Where lines are not plain, say by a key of the user's own, trying each would be work for nothing.
        if data is not None and (plain or number % _TRY_EVERY == 0):
            record = typed(data, number=reading.records, line=number)
            plain = record is not None
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
