"""A stream of bytes as numbered lines, in memory that depends on the longest line kept and not on the file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK_BYTES: Final = 256 * 1024
_HEAD_BYTES: Final = 16


class Readable(Protocol):
    """What is asked of a stream: a file, standard input, or the body of an S3 object."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Line:
    """One line without its end. `data` is None when the line is too long to keep; `number` counts from 1."""

    number: int
    data: bytes | None


class LineReader:
    r"""Splits at `\n` only (U+2028, U+0085 and form feeds are legal inside JSON text), and hashes what it reads.

    A last line without a line feed counts as a line; nothing after the last line feed does not.
    """

    def __init__(self, stream: Readable, *, max_line_bytes: int) -> None:
        self._stream = stream
        self._max = max_line_bytes
        self._digest = hashlib.sha256()
        self.lines_read = 0
        self.bytes_read = 0
        self._first = self._read()
        while 0 < len(self._first) < _HEAD_BYTES and (more := self._read()):  # a pipe may hand out single bytes
            self._first += more

    @property
    def head(self) -> bytes:
        """The first bytes of the stream, 16 or more where it has them, to recognise what kind of file it is."""
        return self._first

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the bytes read so far; of the whole file once the lines are exhausted."""
        return self._digest.hexdigest()

    def drain(self) -> None:
        """Read the rest for the hash alone."""
        while self._read():
            pass

    def __iter__(self) -> Iterator[Line]:
        """The lines, once."""
        kept: list[bytes] = []
        size = 0
        chunk = self._first
        while chunk:
            *ended, rest = chunk.split(b"\n")
            for piece in ended:
                yield self._line(kept, piece, size)
                kept, size = [], 0
            size += len(rest)
            if size <= self._max + 1:  # one more for the carriage return of a line that just fits
                kept.append(rest)
            else:
                kept = []
            chunk = self._read()
        if size:
            yield self._line(kept, b"", size)

    def _line(self, kept: list[bytes], piece: bytes, size: int) -> Line:
        self.lines_read += 1
        if size + len(piece) > self._max + 1:
            return Line(self.lines_read, None)
        data = (b"".join((*kept, piece)) if kept else piece).removesuffix(b"\r")
        return Line(self.lines_read, data if len(data) <= self._max else None)

    def _read(self) -> bytes:
        chunk = self._stream.read(CHUNK_BYTES)
        self._digest.update(chunk)
        self.bytes_read += len(chunk)
        return chunk
