"""Every format of a dataset gives the same records and the same problems, and none takes more memory than it should."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gavel.datasets.formats import Format
from gavel.datasets.reader import DatasetReader, DatasetRules, Record, read_dataset
from gavel.names.object_keys import DATASET_SUFFIXES
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = b'{"prompt": "p"}\n'
packed = partial(gzip.compress, mtime=0)


def read(
    data: bytes, name: str, *, max_bytes: int = 1_000_000, rules: DatasetRules | None = None
) -> tuple[list[Record], list[Problem], DatasetReader]:
    problems = Problems()
    reader = read_dataset(
        io.BytesIO(data),
        file=name,
        rules=rules or DatasetRules(),
        problems=problems,
        max_bytes=max_bytes,
        hashed=True,
    )
    return list(reader), problems.listed, reader


def the_problem(data: bytes, name: str, **options: Any) -> Problem:
    (problem,) = read(data, name, **options)[1]
    return problem


def test_what_starts_an_evaluation_and_what_can_be_read_are_the_same_files() -> None:
    assert set(DATASET_SUFFIXES) == {known.value for known in Format}


@pytest.mark.parametrize("name", ["data", "data.txt", "data.jsonl.zip", "data.JSONL", "jsonl"])
def test_a_name_that_says_no_format_is_refused_with_those_that_do(name: str) -> None:
    problem = the_problem(GOOD, name)

    assert (problem.line, problem.record) == (None, None)
    assert ".jsonl.gz" in problem.remedy


# --- Size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "fits"), [(len(GOOD) * 3, True), (len(GOOD) * 3 - 1, False)])
@pytest.mark.parametrize("name", ["data.jsonl", "data.jsonl.gz"])
def test_the_limit_counts_uncompressed_bytes(name: str, limit: int, fits: bool) -> None:
    data = GOOD * 3

    _, problems, _ = read(packed(data) if name.endswith(".gz") else data, name, max_bytes=limit)

    assert bool(problems) is not fits
    if not fits:
        assert f"{limit:,} bytes" in problems[0].reason
        assert "`max_dataset_bytes`" in problems[0].remedy


class Counted:
    """A stream that knows how much was taken from it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        piece = next(self._pieces, b"")
        self.taken += len(piece)
        return piece


def test_what_is_beyond_the_limit_is_not_read() -> None:
    endless = Counted(iter(lambda: GOOD * 1000, b""))
    problems = Problems()

    list(read_dataset(endless, file="d.jsonl", rules=DatasetRules(), problems=problems, max_bytes=100_000))

    assert endless.taken < 200_000
    assert [problem.reason[:12] for problem in problems.listed] == ["is too large"]


# --- Gzip -----------------------------------------------------------------------------------------------------------


def test_a_compressed_dataset_reads_as_its_content_does() -> None:
    data = b'\xef\xbb\xbf{"prompt": "a"}\r\n\n{"prompt": ""}\n{"prompt": "b", "category": "c"}'

    plain = read(data, "data.jsonl")
    zipped = read(packed(data), "data.jsonl.gz")

    assert zipped[0] == plain[0]
    assert [(problem.line, problem.field) for problem in zipped[1]] == [(3, "prompt")]


def test_the_hash_of_a_compressed_dataset_is_that_of_the_file() -> None:
    data = packed(GOOD)

    reader = read(data, "data.jsonl.gz")[2]

    assert (reader.sha256, reader.facts.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))


def test_members_of_a_gzip_file_follow_each_other() -> None:
    records, problems, _ = read(packed(GOOD[:7]) + packed(GOOD[7:] + GOOD), "data.jsonl.gz")

    assert not problems
    assert len(records) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (GOOD, "is no gzip file"),
        (packed(GOOD * 1000)[:-12], "cut off"),
        (packed(GOOD * 1000)[:20], "cut off"),
        (packed(GOOD)[:-8] + b"\0" * 8, "damaged"),
        (packed(GOOD) + b"rubbish behind", "damaged"),
        (packed(b"")[:10] + b"\x07" * 20, "damaged"),
        (packed(packed(GOOD)), "is a gzip file"),
        (packed(b"PK\x03\x04 a zip file in it"), "is a zip file"),
        (packed(b""), "holds no record"),
        (b"", "holds no record"),
    ],
)
def test_a_gzip_file_that_cannot_be_read_is_refused(data: bytes, reason: str) -> None:
    problem = the_problem(data, "data.jsonl.gz")

    assert reason in problem.reason
    assert problem.remedy


@pytest.mark.parametrize("zeros", [1, 600, 100_000])
def test_zeros_behind_a_member_are_room_that_was_filled_up(zeros: int) -> None:
    records, problems, _ = read((packed(GOOD) + bytes(zeros)) * 2 + bytes(zeros), "data.jsonl.gz")

    assert (len(records), problems) == (2, [])


@pytest.mark.timeout(60)
def test_a_header_without_end_and_members_without_number_are_read_in_a_moment() -> None:
    name = b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 50_000_000

    assert "cut off" in the_problem(name, "data.jsonl.gz", max_bytes=100_000_000).reason
    assert the_problem(packed(b"") * 200_000, "data.jsonl.gz", max_bytes=100_000_000).reason == "holds no record"


def test_a_gzip_bomb_stops_at_the_limit_in_little_memory() -> None:
    bomb = packed(b" " * 200_000_000, compresslevel=1)
    tracemalloc.start()
    try:
        problem = the_problem(bomb, "data.jsonl.gz", max_bytes=5_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "too large" in problem.reason
    assert peak < 20_000_000


def test_a_line_of_a_compressed_dataset_may_not_be_longer_than_another() -> None:
    data = packed(json.dumps({"prompt": "x" * 90}).encode() + b"\n" + GOOD)

    records, problems, _ = read(data, "data.jsonl.gz", rules=DatasetRules(max_line_bytes=50))

    assert [problem.line for problem in problems] == [1]
    assert [record.line for record in records] == [2]
