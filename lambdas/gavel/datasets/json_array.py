"""A JSON array of records, read element by element through a window on its text.

The window holds more than the longest record that is allowed, so an element is either whole in it or too long. Each is
decoded as a line of JSON Lines is: no streaming parser was found that tells a repeated key and half a surrogate pair
(docs/decisions/json-arrays.md).
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any, Final

from gavel.dataset_fields import utf8_size
from gavel.datasets.byte_source import CHUNK_BYTES, BrokenDatasetError
from gavel.datasets.strict_json import ONE_LINE, JsonError, decode_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reading import Reading
    from gavel.datasets.record import Record

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_AHEAD: Final = 1024 * 1024  # characters read beyond what is needed, so that the window seldom moves
_ARRAY: Final = 'write the file as one array of objects: [{"prompt": "…"}, …]'
_UNCHECKED: Final = "; nothing behind it was checked"


def json_array(stream: Readable, reading: Reading) -> Iterator[Record]:
    """The valid records. Raises BrokenDatasetError where the array's own structure ends the reading."""
    window = _Window(stream, reach=reading.rules.max_line_bytes)
    first = window.skip_space()
    if not first:
        return
    if first != "[":
        found = "is one object" if first == "{" else "is something else"
        remedy = "name the file .jsonl if it has one object a line" if first == "{" else "begin with ["
        raise BrokenDatasetError(f"{found}, not a JSON array", f"{_ARRAY}, or {remedy}")
    window.place += 1
    more = window.skip_space() != "]"
    while more:
        record = _element(window, reading)
        if record is not None:
            yield record
        mark = window.skip_space()
        if mark not in (",", "]"):
            reason = "the array is not closed" if not mark else "no comma or ] follows the record"
            raise BrokenDatasetError(f"{reason}{_UNCHECKED}", _ARRAY, place=reading.records)
        more = mark == ","
        window.place += more
        if more:
            window.skip_space()
    window.place += 1
    if window.skip_space():
        raise BrokenDatasetError("holds text behind the end of the array", _ARRAY)


def _element(window: _Window, reading: Reading) -> Record | None:
    """The next element where it is a valid record, None after its problems were told."""
    reading.records += 1
    number, start = reading.records, window.place
    try:
        value, end = decode_next(window.text, start)
    except JsonError as error:
        if error.end is None:
            raise _broken(window, error, reading) from None
        reading.add(number, None, error.reason, error.remedy)
        window.place = error.end
        return None
    window.place = end
    most = reading.rules.max_line_bytes
    if (end - start) * 4 > most and utf8_size(window.text[start:end]) > most:
        reading.add(number, None, f"is longer than {most:,} bytes", "shorten the record")
        return None
    return reading.record_rules.check(value, number=number, line=None, add=reading.at(number))


def _broken(window: _Window, error: JsonError, reading: Reading) -> BrokenDatasetError:
    """Why nothing can be read beyond a place where the parser lost its way."""
    if window.failure is not None:
        return window.failure
    if not window.ended and error.reason.startswith("ends "):
        reason = f"is longer than {reading.rules.max_line_bytes:,} bytes, or lacks a closing quote or bracket"
        return BrokenDatasetError(reason + _UNCHECKED, "shorten or close the record", place=reading.records)
    remedy = _ARRAY if error.remedy.startswith(ONE_LINE) else error.remedy
    return BrokenDatasetError(error.reason + _UNCHECKED, remedy, place=reading.records)


class _Window:
    """A part of a stream's text: from `place`, `reach` characters or all there are. `failure` waits at its end."""

    def __init__(self, stream: Readable, *, reach: int) -> None:
        self._stream = stream
        self._reach = reach
        self._decoder: Any = codecs.getincrementaldecoder("utf-8")()
        self._bytes = 0
        self.text = ""
        self.place = 0
        self.ended = False
        self.failure: BrokenDatasetError | None = None
        self._fill()
        self.text = self.text.removeprefix("\ufeff")

    def skip_space(self) -> str:
        """Move to the next character that is no white space, and show it; the empty text at the end of the file."""
        while True:
            self._fill()
            found = _SPACE.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.text):
                self._fill()
                return self.text[self.place]
            if self.ended:
                if self.failure is not None:
                    raise self.failure
                return ""

    def _fill(self) -> None:
        if self.ended or len(self.text) - self.place > self._reach:
            return
        parts = [self.text[self.place :]]
        size = len(parts[0])
        while size <= self._reach + _AHEAD and not self.ended:
            parts.append(self._take())
            size += len(parts[-1])
        self.text = "".join(parts)
        self.place = 0

    def _take(self) -> str:
        chunk = self._stream.read(CHUNK_BYTES)
        self.ended = not chunk
        waiting = len(self._decoder.getstate()[0])
        try:
            text: str = self._decoder.decode(chunk, final=self.ended)
        except UnicodeDecodeError as error:
            # What stands before the fault is checked first.
            place = self._bytes - waiting + error.start + 1
            self.failure = BrokenDatasetError(f"is not UTF-8 at byte {place:,}{_UNCHECKED}", "save the file as UTF-8")
            self.ended = True
            return error.object[: error.start].decode()
        self._bytes += len(chunk)
        return text
