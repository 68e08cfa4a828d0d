"""A stream of bytes as numbered lines, in memory that depends on the longest line kept and not on the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.datasets.byte_source import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable


def read_lines(stream: Readable, *, max_line_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    r"""The lines with their number from 1, split at `\n` only (U+2028 and U+0085 are legal inside JSON text).

    A line that is too long to keep is None. A carriage return before the line feed stays in the line and does not count
    in its length. A last line without a line feed counts as a line; nothing after the last line feed does not.
    """
    number = 0
    kept: list[bytes] = []
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        start = 0
        # bytes.split looks at each byte by itself, which costs more than this where lines are long.
        while (end := chunk.find(b"\n", start)) >= 0:
            piece = chunk[start:end]
            start = end + 1
            number += 1
            yield number, _joined(kept, piece, size, max_line_bytes) if size else _kept(piece, max_line_bytes)
            if size:
                kept, size = [], 0
        rest = chunk[start:]
        if not rest:
            continue
        size += len(rest)
        if size <= max_line_bytes + 1:  # one more for the carriage return of a line that just fits
            kept.append(rest)
        else:
            kept = []
    if size:
        yield number + 1, _joined(kept, b"", size, max_line_bytes)


def _joined(kept: list[bytes], piece: bytes, size: int, max_bytes: int) -> bytes | None:
    return _kept(b"".join((*kept, piece)), max_bytes) if size + len(piece) <= max_bytes + 1 else None


def _kept(line: bytes, max_bytes: int) -> bytes | None:
    size = len(line)
    return line if size <= max_bytes or (size == max_bytes + 1 and line.endswith(b"\r")) else None
