"""The fast way to read a line says what the strict way says, whatever stands in the line, or says nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gavel.datasets import json_lines, line_blocks
from gavel.datasets.line_reader import read_lines
from gavel.datasets.plain_line import PlainLines, plain_line, plain_lines
from gavel.datasets.reader import DatasetRules, Responses, read_dataset
from gavel.datasets.record import RecordRules
from gavel.problems import Problems

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


def assert_both_ways_agree(data: bytes, rule: Responses) -> None:
    rules = DatasetRules(responses=rule, sources=frozenset({"a", "b"}), max_prompt_bytes=20)
    fast = reading_of(data, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "_FEW", 1)
        many_at_once = reading_of(data, rules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordRules, "typed", lambda *_, **__: None)
        patch.setattr(json_lines, "plain_lines", lambda _: None)
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
        # As many objects as lines, and none of them is on a line of its own.
        b'{"prompt":\n"a"} {"prompt": "b"}\n',
        b'{"prompt": "a"\n} {"prompt": "b"}\n',
        b'{"prompt": "a", "modelResponses": [ANSWER,\nANSWER]} {"prompt": "b"}\n'.replace(
            b"ANSWER", b'{"response": "x", "modelIdentifier": "a"}'
        ),
        b'{"prompt": "a"} {"prompt": "b"}\n\n',
        b'{"prompt": "a", "prompt": "b"}\n{"prompt": "a"}\n',
        b'{"prompt": "a", "prompt": ""}\n',
        b'{"prompt": "a", "category": null, "category": ""}\n',
        b'{"prompt":"","pr\\u006fmpt":""}\n',
        b'{"prompt": "a\\u0000"}\n',
    ],
)
def test_lines_are_not_read_at_once_where_one_is_no_object_with_each_key_once(data: bytes) -> None:
    assert not isinstance(plain_lines(data), PlainLines)
    assert not isinstance(plain_lines(PLAIN_LINE * 3 + data + PLAIN_LINE), PlainLines)


@pytest.mark.parametrize("bad", [b'{"prompt": 1}\n', b'{"prompt": "a"\n', b'{"category": "a"}\n'])
def test_the_line_that_keeps_others_from_being_read_at_once_is_found(bad: bytes) -> None:
    found = plain_lines(PLAIN_LINE * 3 + bad + PLAIN_LINE)

    assert found in (3, None)
    assert b"}" not in bad or found == 3


@pytest.mark.parametrize(
    "bad",
    [
        # More objects before the wrong one than there are lines: as many, and more.
        b'{"prompt": "a"}' * 8 + b'{"prompt": 1}\n',
        b'{"prompt": "a"}' * 9 + b'{"prompt": 1}\n',
        b'{"prompt": "a"}' * 300 + b'{"prompt": 1}\n',
        # Keys that look like the decoder's own words.
        b'{"prompt": "a", "at `$[90000000000]`": 1}\n',
        b'{"prompt": "a", "at `$[2]`": 1}\n',
        b'{"prompt": "a", "at `$[%s]": 1}\n' % (b"9" * 5_000),
        b'{"prompt": "a", "(byte %s)": 1}\n' % (b"9" * 5_000),
    ],
)
def test_a_line_misleads_nobody_about_where_it_is(bad: bytes) -> None:
    found = plain_lines(bad + PLAIN_LINE * 7)

    assert found in range(8) or found is None
    assert_both_ways_agree(bad + PLAIN_LINE * 7, Responses.REFUSED)
    assert_both_ways_agree(PLAIN_LINE * 7 + bad, Responses.REFUSED)


@given(
    st.lists(
        st.sampled_from([b"", b"\r", b"a", b"bb", b"c" * 9, b"d" * 10, b"e" * 11, b"f" * 12, b"g" * 40]), max_size=9
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
        patch.setattr(line_blocks, "BLOCK_BYTES", 16)
        blocks = list(line_blocks.read_blocks(Stream(data), max_line_bytes=10))
    lines = [
        line
        for block in blocks
        for line in ([None] if block is None else line_blocks.lines_of(block, max_line_bytes=10))
    ]
    assert lines == [line for _, line in read_lines(Stream(data), max_line_bytes=10)]
