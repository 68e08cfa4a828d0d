"""A gzip file's content as a stream, in memory that does not depend on how much a byte of it unpacks to."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any, cast

from gavel.datasets.byte_source import BrokenDatasetError
from gavel.datasets.formats import GZIP

if TYPE_CHECKING:
    from gavel.datasets.byte_source import ByteSource


class Gunzip:
    """The uncompressed bytes of a source, all its members one after the other, with their checksums verified."""

    def __init__(self, source: ByteSource) -> None:
        """Begin. Raises BrokenDatasetError for a file that is no gzip file."""
        if source.head and not source.head.startswith(GZIP):
            raise BrokenDatasetError(
                "is no gzip file, though its name says so", "compress it (gzip), or name it .jsonl"
            )
        # gzip asks a reader for `read` alone; its annotation asks for `seek`, too.
        self._file = gzip.GzipFile(fileobj=cast("Any", source), mode="rb")

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end. Raises BrokenDatasetError."""
        try:
            return self._file.read(size)
        except EOFError:
            raise BrokenDatasetError("is a gzip file that was cut off", "compress and upload it again") from None
        except (gzip.BadGzipFile, zlib.error):
            raise BrokenDatasetError("is a damaged gzip file", "compress and upload it again") from None
