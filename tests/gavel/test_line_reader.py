"""Lines of a stream are those between its line feeds, in whatever pieces it comes, and long ones are not held."""

from __future__ import annotations

import io
import tracemalloc
from itertools import chain, repeat
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gavel.datasets import line_reader
from gavel.datasets.line_reader import read_lines
from tests.gavel.dataset_builders import Chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

MB = 1_000_000


@example([b"d" * 10 + b"\r", b"d" * 10 + b"\r"], 4, True)
@example([b"d" * 10 + b"\r"], 4, False)
@given(
    st.lists(
        st.sampled_from([b"", b"a", b"bb", b"c" * 9, b"d" * 10, b"e" * 11, b"f" * 12, b"g" * 40]).flatmap(
            lambda text: st.sampled_from([text, text + b"\r"])
        ),
        max_size=9,
    ),
    st.integers(1, 13),
    st.booleans(),
)
def test_blocks_hold_the_lines_that_a_reader_of_lines_gives(texts: list[bytes], chunk: int, ended: bool) -> None:
    data = b"\n".join(texts) + (b"\n" if ended else b"")

    class Stream(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(chunk, size or 0))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_reader, "BLOCK_BYTES", 16)
        blocks = list(line_reader.read_blocks(Stream(data), max_line_bytes=10))
        numbered = list(line_reader.read_lines(Stream(data), max_line_bytes=10))

    expected = [
        line if len(line) <= 10 or (len(line) == 11 and line.endswith(b"\r")) else None
        for line in (data if data.endswith(b"\n") else data + b"\n").split(b"\n")[:-1]
        if data
    ]
    assert numbered == list(enumerate(expected, start=1))
    lines = list(chain.from_iterable(block or (None,) for block in blocks))
    assert lines == [None if line is None else line + b"\n" for line in expected]


def peak_of(pieces: Iterator[bytes], *, max_line_bytes: int) -> tuple[list[tuple[int, int | None]], int]:
    """Numbers and lengths of the lines, and the most memory that reading them took."""
    tracemalloc.start()
    try:
        lines = read_lines(Chunks(pieces), max_line_bytes=max_line_bytes)
        found = [(number, None if line is None else len(line)) for number, line in lines]
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_line_without_end_is_not_held() -> None:
    pieces = chain([b"first\n"], repeat(b"x" * 100_000, 300), [b"\nlast\n"])

    found, peak = peak_of(pieces, max_line_bytes=MB)

    assert found == [(1, 5), (2, None), (3, 4)]
    assert peak < 3 * MB


def test_a_last_line_that_is_too_long_is_none_and_not_held() -> None:
    found, peak = peak_of(repeat(b"x" * 100_000, 300), max_line_bytes=MB)

    assert found == [(1, None)]
    assert peak < 3 * MB


def test_long_lines_are_held_one_at_a_time() -> None:
    pieces = chain.from_iterable([*([b"x" * 100_000] * 40), b"\n"] for _ in range(5))

    found, peak = peak_of(pieces, max_line_bytes=4 * MB)

    assert found == [(number, 4 * MB) for number in range(1, 6)]
    # What was gathered, the line, and the line without its line feed.
    assert peak < 3.2 * 4 * MB
