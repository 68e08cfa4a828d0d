"""A JSON array of records is read element by element, as strictly as JSON Lines, in bounded memory."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets import json_array
from gavel.datasets.reader import DatasetRules, Record, read_dataset
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = DatasetRules(max_line_bytes=100)


class Pieces:
    """A stream that hands out pieces of one size."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream = io.BytesIO(data)
        self._size = size

    def read(self, _size: int, /) -> bytes:
        return self._stream.read(self._size)


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that moves with nearly every record."""
    monkeypatch.setattr(json_array, "_AHEAD", 1)


def read(data: bytes, *, size: int = 1 << 20, rules: DatasetRules = SMALL) -> tuple[list[Record], list[Problem]]:
    problems = Problems()
    reader = read_dataset(Pieces(data, size), file="data.json", rules=rules, problems=problems)
    return list(reader), problems.listed


def found(data: bytes, *, size: int = 1 << 20) -> list[tuple[int | None, str | None, str]]:
    problems = read(data, size=size)[1]
    assert all(problem.line is None and problem.remedy for problem in problems)
    return [(problem.record, problem.field, problem.reason) for problem in problems]


@pytest.mark.usefixtures("small_window")
@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 20])
def test_records_come_out_whatever_pieces_the_stream_hands_out(size: int) -> None:
    items = [{"prompt": f"grün {n} 😀", "category": "語", "own": [1, {"a": None}]} for n in range(40)]
    data = b"\xef\xbb\xbf \r\n" + json.dumps(items, ensure_ascii=False, indent="\t").encode() + b"\n "

    records, problems = read(data, size=size)

    assert not problems
    assert [(record.number, record.line, record.prompt) for record in records] == [
        (n + 1, None, item["prompt"]) for n, item in enumerate(items)
    ]


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ('{"prompt": "a", "prompt": "b"}', "`prompt` twice"),
        ('{"prompt": "a", "x": {"y": NaN}}', "NaN"),
        ('{"prompt": "a", "x": -1e999}', "too large"),
        ('{"prompt": "\\ud800"}', "surrogate"),
        ('{"prompt": "a", "x": ' + "[" * 40 + "]" * 40 + "}", "levels deep"),
        ('{"prompt": "' + "é" * 60 + '"}', "longer than 100 bytes"),
        ("7", "is a number, not an object"),
        ("null", "is null, not an object"),
        ("[]", "is a list, not an object"),
        ('{"prompt": ""}', "is blank"),
        ('{"Prompt": "a"}', "is written `Prompt`"),
    ],
)
def test_a_bad_element_is_told_by_its_number_and_the_others_go_on(element: str, reason: str) -> None:
    data = f'[{{"prompt": "first"}}, {element} ,{{"prompt": "last"}}]'.encode()

    records, problems = read(data)

    assert [record.number for record in records] == [1, 3]
    assert [(problem.record, reason in problem.reason) for problem in problems] == [(2, True)]


@pytest.mark.parametrize(
    ("data", "record", "reason"),
    [
        (b'[{"prompt": "a"}, {"prompt" "b"}, {"prompt": "c"}]', 2, "lacks a colon after a key at character 11"),
        (b'[{"prompt": "a"} {"prompt": "b"}]', 1, "no comma or ] follows"),
        (b'[{"prompt": "a"}, ]', 2, "is not JSON at character 1"),
        (b'[{"prompt": "a"},', 2, "ends before"),
        (b'[{"prompt": "a"}', 1, "is not closed"),
        (b'[{"prompt": "a"}, {"prompt": "b', 2, "ends inside a text"),
        (b'[{"prompt": "a"}]]', None, "behind the end of the array"),
        (b'[{"prompt": "a"}] {"prompt": "b"}', None, "behind the end of the array"),
        (b'[{"prompt": "a"}, {"prompt": "\xff"}]', None, "is not UTF-8 at byte 31"),
        (b'[{"prompt": "a"}, {"prompt": "\xe2\x82', None, "is not UTF-8 at byte 31"),
        (b'[{"prompt": "a"}, {"x": ' + b"[" * 200_000, 2, "levels deep"),
    ],
)
def test_a_broken_array_is_read_up_to_where_it_breaks(data: bytes, record: int | None, reason: str) -> None:
    records, problems = read(data)

    assert [item.prompt for item in records] == ["a"]
    assert [(problem.record, reason in problem.reason) for problem in problems] == [(record, True)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "holds no record"),
        (b" \n", "holds no record"),
        (b"[]", "holds no record"),
        (b"[ \n ]\n", "holds no record"),
        (b'{"prompt": "a"}\n{"prompt": "b"}', "is one object"),
        (b'"text"', "is something else"),
        (b"prompt,category\n", "is something else"),
        ("[]".encode("utf-16"), "UTF-16"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PAR1", "Parquet"),
    ],
)
def test_a_file_that_is_no_array_is_refused(data: bytes, reason: str) -> None:
    assert [(place, field, reason in why) for place, field, why in found(data)] == [(None, None, True)]


@pytest.mark.usefixtures("small_window")
def test_an_element_beyond_the_window_ends_the_reading() -> None:
    data = b'[{"prompt": "a"}, {"prompt": "' + b"x" * 5000 + b'"}, {"prompt": "c"}]'

    assert [(place, "longer than 100 bytes" in reason) for place, _, reason in found(data, size=64)] == [(2, True)]


@given(st.binary(max_size=80), st.integers(1, 9))
def test_any_bytes_are_records_or_problems(noise: bytes, size: int) -> None:
    for data in (noise, b"[" + noise, b'[{"prompt": "a"}, ' + noise + b"]"):
        records, problems = read(data, size=size)
        assert problems or records


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_problem_repeats_the_text(noise: str) -> None:
    private = f"CANARY {noise}"
    data = json.dumps([{"prompt": 5, private: private}, {"prompt": private * 300}, {private: "\ud800"}])

    for broken in (data, data[:-9], data.replace("5", f'"{private}"', 1)):
        assert "CANARY" not in str(read(broken.encode("utf-8", "replace"))[1])


def test_memory_does_not_grow_with_the_array() -> None:
    class Endless:
        def __init__(self, records: int) -> None:
            self._pieces = self._made(records)

        @staticmethod
        def _made(records: int) -> Iterator[bytes]:
            yield b'[{"prompt": "same"}'
            for _ in range(records // 100):
                yield b',\n{"prompt": "same", "category": "c"}' * 100
            yield b"]"

        def read(self, _size: int, /) -> bytes:
            return next(self._pieces, b"")

    def peak_of(records: int) -> int:
        problems = Problems()
        tracemalloc.start()
        try:
            reader = read_dataset(Endless(records), file="d.json", rules=DatasetRules(), problems=problems)
            count = sum(1 for _ in reader)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (count, problems.count) == (records + 1, 0)
        return peak

    assert peak_of(240_000) < peak_of(120_000) + 500_000
