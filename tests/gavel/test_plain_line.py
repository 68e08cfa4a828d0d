"""The fast way to read a line says what the strict way says, whatever stands in the line, or says nothing."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gavel.datasets import json_lines
from gavel.datasets.plain_line import PlainLine, PlainLines, decoded, has_keys_once, plain_line
from gavel.datasets.reader import DatasetRules, Responses, read_dataset
from gavel.datasets.record import RecordRules
from gavel.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

# What texts of real datasets are full of, and what JSON parsers differ in.
TEXTS = st.text(
    st.sampled_from(list('ab "\\/{}[]:,\n\t\0\x1f\x7fé語😀\u2028\ufeff')) | st.characters(codec="utf-8"), max_size=12
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANSWERS = st.lists(
    st.dictionaries(st.sampled_from(["response", "modelIdentifier", "x"]), st.sampled_from(["a", "b", ""]) | SCALARS)
    | st.fixed_dictionaries({"response": TEXTS, "modelIdentifier": st.sampled_from(["a", "b", "-"])}),
    max_size=3,
)
PLAIN = st.fixed_dictionaries(
    {"prompt": TEXTS},
    optional={"referenceResponse": TEXTS, "category": TEXTS, "modelResponses": ANSWERS},
)
ODD = st.dictionaries(
    st.sampled_from(["prompt", "Prompt", "referenceResponse", "category", "modelResponses", "id"]), SCALARS | ANSWERS
)


def escaped(key: str) -> str:
    return '"' + "".join(f"\\u{ord(character):04x}" for character in key) + '"'


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """One line: mostly JSON of a record, sometimes with a key twice, an escaped key, or a few bytes changed."""
    record: dict[str, Any] = draw(PLAIN | PLAIN | ODD)
    text = json.dumps(record, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 3)) == 0:
        again = draw(st.sampled_from(["prompt", "category", "modelResponses"]))
        key = draw(st.sampled_from([f'"{again}"', escaped(again)]))
        text = text[:-1] + (", " if record else "") + f"{key}: {json.dumps(draw(TEXTS | ANSWERS))}}}"
    data = bytearray(text.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(data).replace(b"\n", b"")


def reading_of(data: bytes, rules: DatasetRules) -> tuple[Any, ...]:
    problems = Problems()
    reader = read_dataset(io.BytesIO(data), file="data.jsonl", rules=rules, problems=problems)
    records = list(reader)
    return records, problems.listed, reader.facts


def no_line(lines: Iterator[bytes]) -> list[PlainLine]:
    next(lines)
    return []


def assert_both_ways_agree(data: bytes, rule: Responses) -> None:
    rules = DatasetRules(responses=rule, sources=frozenset({"a", "b"}), max_prompt_bytes=20)
    fast = reading_of(data, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "_MANY_ODD", 1_000_000)
        many_at_once = reading_of(data, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordRules, "typed", lambda *_, **__: None)
        patch.setattr(json_lines, "decoded", no_line)
        strict = reading_of(data, rules)
    assert fast == strict
    assert many_at_once == strict


@given(st.lists(lines(), max_size=8), st.sampled_from(list(Responses)), st.sampled_from([b"\n", b"\r\n"]))
@example([b'{"prompt": "a", "pr\\u006fmpt": "b"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "a\\\\", "prompt": "b\\\\"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "\\ud800"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "\\udc00"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "a\x01"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "\xed\xa0\x80"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "a"}\xff'], Responses.REFUSED, b"\n")
@example([b'\x0c{"prompt": "a"}'], Responses.REFUSED, b"\n")
@example([b'{"prompt": "a", "modelResponses": [], "modelResponses": []}'], Responses.UNKNOWN, b"\n")
def test_both_ways_give_the_same_records_problems_and_facts(items: list[bytes], rule: Responses, end: bytes) -> None:
    assert_both_ways_agree(end.join(items), rule)


@given(st.lists(PLAIN, max_size=6), st.sampled_from(list(Responses)))
def test_both_ways_agree_on_files_whose_records_depend_on_each_other(
    records: list[dict[str, Any]], rule: Responses
) -> None:
    assert_both_ways_agree(b"\n".join(json.dumps(record).encode() for record in records), rule)


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "What is 17 × 24?", "referenceResponse": "408", "category": "arithmetic"},
        {"prompt": 'say "\\frac{1}{2}\\\\"\n', "modelResponses": [{"response": '"', "modelIdentifier": "a"}]},
    ],
)
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_ordinary_lines_go_the_fast_way(record: dict[str, Any], ensure_ascii: bool) -> None:
    assert plain_line(json.dumps(record, ensure_ascii=ensure_ascii).encode()) is not None


@pytest.mark.parametrize(
    "data",
    [
        b'{"prompt": "a", "prompt": "b"}',
        b'{"prompt": "a", "pr\\u006fmpt": "b"}',
        b'{"prompt": "a", "modelResponses": [], "modelResponses": []}',
        b'{"prompt": "a\\\\", "category": "c", "category": "c\\\\"}',
    ],
)
def test_a_key_twice_is_seen_by_its_quotes(data: bytes) -> None:
    assert plain_line(data) is None


@pytest.mark.parametrize("every", [2, 6, 7, 50])
@pytest.mark.parametrize("bad", [b'{"prompt": 1}', b'{"prompt": " "}', b"", b'{"prompt": "a", "id": 1}', b"{"])
def test_both_ways_agree_on_large_blocks_with_other_lines_in_between(bad: bytes, every: int) -> None:
    items = [bad if number % every == every - 1 else b'{"prompt": "%d"}' % number for number in range(3_000)]

    assert_both_ways_agree(b"\n".join(items), Responses.REFUSED)


PLAIN_LINE = b'{"prompt": "a", "category": "c"}\n'


@pytest.mark.parametrize(
    "data",
    [
        b'{"prompt": "a", "prompt": "b"}\n',
        b'{"prompt": "a", "prompt": ""}\n',
        b'{"prompt": "a", "category": null, "category": ""}\n',
        b'{"prompt":"","pr\\u006fmpt":""}\n',
        b'{"prompt": "a\\u0000"}\n',
    ],
)
def test_lines_are_not_taken_at_once_where_one_has_a_key_twice_or_no_usable_text(data: bytes) -> None:
    raw = [PLAIN_LINE] * 3 + [data, PLAIN_LINE]
    rows = decoded(raw)

    assert len(rows) == 5
    assert not PlainLines(raw, rows).have_keys_once()
    assert not PlainLines([data], rows[3:4]).have_keys_once()
    assert PlainLines(raw[:3], rows[:3]).have_keys_once()
    assert [has_keys_once(line, row) for line, row in zip(raw, rows, strict=True)] == [True, True, True, False, True]


@pytest.mark.parametrize(
    "bad",
    [
        b'{"prompt": 1}\n',
        b'{"prompt": "a"\n',
        b'{"category": "a"}\n',
        b'{"prompt": "a"} {"prompt": "b"}\n',
        b'{"prompt": "a"}\0\n',
        b'{"prompt": "\xff"}\n',
        b"\n",
    ],
)
def test_the_lines_before_one_that_is_not_plain_are_decoded_and_those_behind_it_after_it(bad: bytes) -> None:
    coming = iter([PLAIN_LINE] * 3 + [bad] + [PLAIN_LINE] * 2)

    assert [row.category for row in decoded(coming)] == ["c"] * 3
    assert [row.category for row in decoded(coming)] == ["c"] * 2
    assert decoded(coming) == []
