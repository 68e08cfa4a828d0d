"""A stream of bytes as blocks of whole lines, in memory that depends on the longest line kept and not on the file.

Lines end at a line feed only (U+2028 and U+0085 are legal inside JSON text), and so does every block. A last line
without a line feed counts as a line; nothing after the last line feed does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable

# What fits the processor's nearest caches, and what is read anew where one line of it is no plain one.
BLOCK_BYTES: Final = 64 * 1024


def read_blocks(stream: Readable, *, max_line_bytes: int) -> Iterator[bytes | None]:
    """The blocks one after the other; None for one line that is longer than that and two bytes, its line's end."""
    kept: list[bytes] = []
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        end = chunk.rfind(b"\n") + 1
        start = 0
        if size and end:
            start = chunk.find(b"\n") + 1
            size += start
            if size <= max_line_bytes + 2:
                # As many of the next lines as fit go with the one that was begun.
                start = max(start, chunk.rfind(b"\n", 0, max(0, start + BLOCK_BYTES - size)) + 1)
                kept.append(chunk[:start])
                yield b"".join(kept)
            else:
                yield None
            kept, size = [], 0
        yield from _cut(chunk, start, end)
        if end < len(chunk):
            size += len(chunk) - end
            if size <= max_line_bytes + 2:
                kept.append(chunk[end:])
            else:
                kept = []
    if size:
        yield b"".join(kept) + b"\n" if size <= max_line_bytes + 1 else None


def _cut(chunk: bytes, start: int, end: int) -> Iterator[bytes]:
    """The lines of `chunk[start:end]` in blocks, each of as many as fit, or of one that is longer."""
    while start < end:
        last = chunk.rfind(b"\n", start, start + BLOCK_BYTES)
        if last < 0:
            last = chunk.find(b"\n", start)
        yield chunk[start : last + 1]
        start = last + 1


def lines_of(block: bytes, *, max_line_bytes: int) -> Iterator[bytes | None]:
    """The lines of a block without their line feeds, None for each that is too long.

    A carriage return before the line feed stays in the line and does not count in its length.
    """
    for line in block[:-1].split(b"\n"):
        size = len(line)
        fits = size <= max_line_bytes or (size == max_line_bytes + 1 and line.endswith(b"\r"))
        yield line if fits else None
