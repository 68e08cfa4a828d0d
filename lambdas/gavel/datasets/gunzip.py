"""A gzip file's content as a stream, in memory that does not depend on how much a byte of it unpacks to.

By zlib itself: the standard library's GzipFile reads the file name in a header byte by byte, which of a name of some
hundred megabytes takes minutes, and copies all that it has read ahead at every member's end.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.formats import GZIP

if TYPE_CHECKING:
    from gavel.datasets.byte_source import ByteSource

_INPUT: Final = 16 * 1024  # bytes taken in at once; what lies behind a member's end is copied
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS  # a gzip header and checksum around the data


class Gunzip:
    """The uncompressed bytes of a source, all its members one after the other, with their checksums verified."""

    def __init__(self, source: ByteSource) -> None:
        """Begin. Raises BrokenDatasetError for a file that is no gzip file."""
        if source.head and not source.head.startswith(GZIP):
            raise BrokenDatasetError(
                "is no gzip file, though its name says so", "compress it (gzip), or name it .jsonl"
            )
        self._source = source
        self._waiting = b""
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end. Raises BrokenDatasetError."""
        while self._waiting or self._take():
            try:
                data = self._member.decompress(self._waiting, size)
            except zlib.error:
                raise BrokenDatasetError("is a damaged gzip file", "compress and upload it again") from None
            self._begun = True
            self._waiting = self._member.unconsumed_tail
            if self._member.eof:
                # Zeros may fill up the room behind a member (RFC 1952, gzip(1)).
                self._waiting = self._member.unused_data.lstrip(b"\0")
                self._member = zlib.decompressobj(_GZIP_WINDOW)
                self._begun = False
            if data:
                return data
        if self._begun:
            raise BrokenDatasetError("is a gzip file that was cut off", "compress and upload it again")
        return b""

    def _take(self) -> bool:
        """Take in more of the file; whether there was more."""
        self._waiting = self._source.read(_INPUT)
        if not self._begun and self._waiting:
            # Only behind a member: a file that begins with zeros is no gzip file.
            self._waiting = self._waiting.lstrip(b"\0") or self._more_zeros()
        return bool(self._waiting)

    def _more_zeros(self) -> bytes:
        while chunk := self._source.read(_INPUT):
            if rest := chunk.lstrip(b"\0"):
                return rest
        return b""
