"""Numbered lines of a result file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.datasets.byte_source import Readable
from gavel.datasets.line_reader import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Readable", "byte_lines"]

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
MAX_LINE_BYTES: Final = 16 * 1024 * 1024  # a record of 1 MiB, its answer, and the explanations of 21 metrics


def byte_lines(stream: Readable, *, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[tuple[int, bytes | None]]:
    r"""Lines that are not blank with their number from 1, split at `\n` only; None in place of a line that is too long.

    A byte order mark before the first line is dropped.
    """
    for number, line in read_lines(stream, max_line_bytes=max_line_bytes):
        data = None if line is None else line.removesuffix(b"\r")
        if data is not None and number == 1:
            data = data.removeprefix(BYTE_ORDER_MARK)
        if data is None or (data and not data.isspace()):
            yield number, data
