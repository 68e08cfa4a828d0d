"""A dataset is read as a stream: valid records come out, and every problem of every other line is told."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets.reader import DatasetRules, Record, Response, Responses, read_dataset, rules_for
from gavel.problems import Problems
from gavel.suites.suite import default_suite
from tests.gavel.dataset_builders import BEDROCK, GOOD, Chunks, line, places, read

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "examples" / "datasets"


def test_a_record_carries_its_fields_its_number_and_its_line() -> None:
    full = {
        "prompt": "p",
        "referenceResponse": "ref",
        "category": "c",
        "modelResponses": [{"response": "r", "modelIdentifier": "app"}],
        "ticket": 7,
    }

    (record,), problems, _ = read(b"\n\n" + line(**full))

    assert not problems
    assert record == Record(
        number=1, line=3, prompt="p", reference="ref", category="c", responses=(Response("app", "r"),)
    )


@pytest.mark.parametrize("file", ["live.jsonl", "bring-your-own.jsonl"])
def test_every_record_of_the_examples_is_valid(file: str) -> None:
    data = (EXAMPLES / file).read_bytes()

    records, problems, _ = read(data, rules_for(default_suite()))

    assert not problems
    assert len(records) == data.count(b"\n") >= 30


def test_the_real_dataset_keeps_its_texts_exactly() -> None:
    data = (EXAMPLES / "bring-your-own.jsonl").read_bytes()

    records, _, reader = read(data)

    lines = [json.loads(item) for item in data.decode().split("\n") if item]
    assert [(record.prompt, record.responses[0].text) for record in records] == [
        (item["prompt"], item["modelResponses"][0]["response"]) for item in lines
    ]
    assert reader.facts.sources == ("third-party-model",)


def test_keys_that_mean_nothing_here_are_tolerated() -> None:
    (record,), problems, _ = read(line(prompt="p", promptId="x", notes=None, cat="c", response="?"))

    assert not problems
    assert (record.prompt, record.category, record.responses) == ("p", None, ())


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_may_end_in_lf_or_crlf_and_the_last_in_nothing(end: bytes, last: bool) -> None:
    data = end.join([line(prompt="a"), line(prompt="b")]) + (end if last else b"")

    records, problems, reader = read(data)

    assert [record.prompt for record in records] == ["a", "b"]
    assert not problems
    assert reader.facts.lines == 2


def test_blank_lines_are_skipped_and_still_counted_in_line_numbers() -> None:
    records, problems, reader = read(b"\n  \t\r\n" + line(prompt="a") + b"\n\n" + line(prompt="b") + b"\n\n")

    assert not problems
    assert [(record.number, record.line) for record in records] == [(1, 3), (2, 5)]
    assert (reader.facts.records, reader.facts.lines) == (2, 6)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_unicode_line_separators_do_not_end_a_line(separator: str) -> None:
    (record,), problems, _ = read(line(prompt=f"a{separator}b"))

    assert not problems
    assert record.prompt == f"a{separator}b"


def test_a_byte_order_mark_is_skipped_at_the_start_and_refused_elsewhere() -> None:
    records, problems, _ = read(b"\xef\xbb\xbf" + line(prompt="a") + b"\n\xef\xbb\xbf" + line(prompt="b"))

    assert [record.prompt for record in records] == ["a"]
    assert [(problem.line, "byte order mark" in problem.reason) for problem in problems] == [(2, True)]


@given(st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_a_stream_may_hand_out_pieces_of_any_size(sizes: list[int]) -> None:
    data = b"\xef\xbb\xbf" + line(prompt="grün") + b"\r\n\n" + b"{}\n" + line(prompt="语")

    def pieces() -> Iterator[bytes]:
        rest, index = data, 0
        while rest:
            size = sizes[index % len(sizes)]
            yield rest[:size]
            rest, index = rest[size:], index + 1

    problems = Problems()
    records = list(read_dataset(Chunks(pieces()), file="f.jsonl", rules=BEDROCK, problems=problems))

    assert [(record.line, record.prompt) for record in records] == [(1, "grün"), (4, "语")]
    assert places(problems.listed) == [(3, "prompt")]


@pytest.mark.parametrize(
    ("data", "where", "reason"),
    [
        (b"", None, "holds no record"),
        (b"\n \r\n\t\n", None, "holds no record"),
        (b"\xef\xbb\xbf", None, "holds no record"),
        (gzip.compress(line(prompt="p"), mtime=0), None, "gzip"),
        (b"PK\x03\x04rest", None, "zip"),
        (b"PAR1rest", None, "Parquet"),
        ('{"prompt": "p"}'.encode("utf-16"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-16-le"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-16-be"), None, "UTF-16"),
        ('{"prompt": "p"}'.encode("utf-32"), None, "UTF-32"),
        (json.dumps([GOOD, GOOD]).encode(), 1, "JSON array"),
        (json.dumps([GOOD, GOOD], indent=1).encode(), 1, "JSON array"),
        (b"\n" + json.dumps([GOOD], indent=1).encode(), 2, "JSON array"),
        (json.dumps({**GOOD, "category": "c"}, indent=2).encode(), 1, "several lines"),
    ],
)
def test_a_file_of_another_kind_is_recognised_with_one_problem(data: bytes, where: int | None, reason: str) -> None:
    records, problems, reader = read(data)

    assert not records
    assert [(problem.line, reason in problem.reason) for problem in problems] == [(where, True)]
    assert problems[0].remedy
    assert reader.sha256 == hashlib.sha256(data).hexdigest()


def test_a_line_up_to_the_cap_is_read_and_a_longer_one_refused() -> None:
    fits = line(prompt="a").ljust(50)
    data = fits + b"\r\n" + fits + b" \n" + b"x" * 600_000 + b"\n" + line(prompt="z")

    records, problems, reader = read(data, DatasetRules(max_line_bytes=50))

    assert [record.line for record in records] == [1, 4]
    assert [(problem.line, "longer than 50 bytes" in problem.reason) for problem in problems] == [(2, True), (3, True)]
    assert reader.sha256 == hashlib.sha256(data).hexdigest()


def test_a_last_line_that_is_too_long_and_never_ends_is_refused() -> None:
    _, problems, _ = read(line(prompt="a") + b"\n" + b"x" * 1_000_000, DatasetRules(max_line_bytes=100))

    assert [problem.line for problem in problems] == [2]


@given(st.binary(max_size=400), st.sampled_from(list(Responses)))
def test_any_bytes_are_records_or_problems(data: bytes, responses: Responses) -> None:
    records, problems, reader = read(data, DatasetRules(responses=responses, sources=frozenset({"a"})))

    assert reader.facts.valid == len(records)
    assert problems or records


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
ANSWERS = st.lists(st.dictionaries(st.sampled_from(["response", "modelIdentifier"]), VALUES, max_size=2), max_size=2)
RECORDS = st.dictionaries(
    st.sampled_from(["prompt", "referenceResponse", "category", "modelResponses", "Prompt", "x"]),
    VALUES
    | st.lists(st.dictionaries(st.sampled_from(["response", "modelIdentifier"]), VALUES, max_size=2), max_size=2),
)


@given(st.lists(RECORDS, min_size=1, max_size=4), st.sampled_from(list(Responses)))
def test_each_line_gives_a_record_or_a_problem_and_never_both(objects: list[dict[str, Any]], rule: Responses) -> None:
    rules = DatasetRules(responses=rule, sources=frozenset({"a"}))

    records, problems, _ = read(b"\n".join(line(**item) for item in objects), rules)

    good, bad = {record.line for record in records}, {problem.line for problem in problems}
    assert good | bad == set(range(1, len(objects) + 1))
    assert not good & bad
