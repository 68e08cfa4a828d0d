"""A dataset's bytes as they come: counted, hashed, limited, and with first bytes that can be looked at."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

CHUNK_BYTES: Final = 256 * 1024
_HEAD_BYTES: Final = 16


class Readable(Protocol):
    """What is asked of a stream: a file, standard input, or the body of an S3 object."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class BrokenDatasetError(Exception):
    """A dataset cannot be read any further: `reason` and `remedy`, and the line or record as far as one is known."""

    def __init__(self, reason: str, remedy: str, *, place: int | None = None) -> None:
        self.reason = reason
        self.remedy = remedy
        self.place = place
        super().__init__(f"{reason}; {remedy}")


class TooLargeError(BrokenDatasetError):
    """There is more data than the configured limit."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(
            f"is too large: it holds more than {max_bytes:,} bytes of uncompressed data",
            "split it, or raise `max_dataset_bytes` of the deployment (cdk.json)",
        )


class ByteSource:
    """A stream of at most `max_bytes` bytes; reading beyond raises TooLargeError."""

    def __init__(self, stream: Readable, *, max_bytes: int, hashed: bool = True) -> None:
        self._stream = stream
        self._max = max_bytes
        self._digest = hashlib.sha256() if hashed else None
        self._ahead = b""
        self.bytes_read = 0

    @property
    def head(self) -> bytes:
        """The first bytes, 16 or more where there are so many, as long as nothing has been read."""
        while len(self._ahead) < _HEAD_BYTES and (more := self._take(CHUNK_BYTES)):  # a pipe may give single bytes
            self._ahead += more
        return self._ahead

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the bytes taken so far; of the whole file once it has been read to its end."""
        if self._digest is None:
            raise RuntimeError("this source does not hash")
        return self._digest.hexdigest()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end. Raises TooLargeError."""
        if self._ahead:
            chunk, self._ahead = self._ahead[:size], self._ahead[size:]
            return chunk
        return self._take(size)

    def drain(self) -> None:
        """Read the rest for the hash alone. Raises TooLargeError."""
        while self.read(CHUNK_BYTES):
            pass

    def _take(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        if self._digest is not None:
            self._digest.update(chunk)
        self.bytes_read += len(chunk)
        if self.bytes_read > self._max:
            raise TooLargeError(self._max)
        return chunk
