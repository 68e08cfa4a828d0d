"""A stream of bytes as lines, in memory that depends on the longest line kept and not on the file.

Lines end at a line feed only (U+2028 and U+0085 are legal inside JSON text). A last line without a line feed counts as
a line; nothing after the last line feed does not. A line feed, or a carriage return before it, does not count in a
line's length.
"""

from __future__ import annotations

from io import SEEK_CUR, BytesIO
from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable

# What fits the processor's nearest caches. Another number changes the bytes of some shards (`json_lines._FEW`).
BLOCK_BYTES: Final = 64 * 1024


def read_blocks(stream: Readable, *, max_line_bytes: int) -> Iterator[list[bytes] | None]:
    """The lines, many at once, each with a line feed even at the end of the file; None for one that is too long."""
    begun = bytearray()
    size = 0
    most = max_line_bytes + 2
    while chunk := stream.read(CHUNK_BYTES):
        # It finds line feeds far quicker than `bytes.split`, which looks at each byte by itself.
        text = BytesIO(chunk)
        while lines := _fitting(text, size):
            rest = b"" if lines[-1].endswith(b"\n") else lines.pop()
            if size and lines:
                if size + len(lines[0]) <= most:
                    begun += lines[0]
                    lines[0] = bytes(begun)
                else:
                    yield None
                    del lines[0]
                begun.clear()
                size = 0
            if lines:
                yield from _kept(lines, max_line_bytes)
            if rest:
                size += len(rest)
                if size <= most:
                    begun += rest
                else:
                    begun.clear()
    if size:
        begun += b"\n"
        yield from _kept([bytes(begun)], max_line_bytes) if size <= most else [None]


def _fitting(text: BytesIO, begun: int) -> list[bytes]:
    """The next lines: as many as BLOCK_BYTES hold beside the bytes of one begun before, or one."""
    start = text.tell()
    lines = text.readlines(max(1, BLOCK_BYTES - begun))
    if len(lines) > 1 and begun + text.tell() - start > BLOCK_BYTES:
        text.seek(-len(lines.pop()), SEEK_CUR)
    return lines


def read_lines(stream: Readable, *, max_line_bytes: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines one by one with their number from 1, without their line feeds; None for one that is too long."""
    number = 0
    for block in read_blocks(stream, max_line_bytes=max_line_bytes):
        if block is None:
            number += 1
            yield number, None
            continue
        block.reverse()
        while block:
            number += 1
            yield number, block.pop()[:-1]  # so that a long line is not held for longer than whoever reads it does


def _kept(lines: list[bytes], max_line_bytes: int) -> Iterator[list[bytes] | None]:
    if max(map(len, lines)) <= max_line_bytes + 1:
        yield lines
        return
    run: list[bytes] = []
    for line in lines:
        size = len(line) - 1
        if size <= max_line_bytes or (size == max_line_bytes + 1 and line.endswith(b"\r\n")):
            run.append(line)
            continue
        if run:
            yield run
        yield None
        run = []
    if run:
        yield run
