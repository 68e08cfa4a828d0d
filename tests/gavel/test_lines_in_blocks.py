"""Reading blocks of lines at once finds what reading line by line finds, in files of many lines of every kind."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets import json_lines, line_reader, reader
from gavel.datasets.formats import Format
from gavel.datasets.json_lines import _check_layout, _checked
from gavel.datasets.line_reader import read_lines
from gavel.datasets.plain_line import PlainLine, decoded
from gavel.datasets.reader import DatasetRules, Responses, read_dataset
from gavel.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reading import Reading
    from gavel.datasets.record import Record

PLAIN = [
    b'{"prompt":"a","category":"c"}',
    b'{ "category" : "k" , "prompt" : "z" } ',
    b'{"prompt":"q \\"x\\" \\\\","referenceResponse":"r"}',
    b'{"prompt":"\\u00e9\\ud83d\\ude00"}',
    '{"prompt":"é\u2028\u0085"}'.encode(),
    b'{"prompt":"a","modelResponses":[{"response":"x","modelIdentifier":"a"}]}',
    b'{"prompt":"a"}\r',
]
ODD = [
    b"",
    b" \t",
    b"\r",
    b"{",
    b"}",
    b"{}",
    b"[]",
    b"null",
    b'{"prompt":"a"',
    b'"prompt":"a"}',
    b'{"prompt":1}',
    b'{"prompt":" "}',
    b'{"prompt":"a","id":1}',
    b'{"prompt":"a","Prompt":"b"}',
    b'{"prompt":"a","prompt":"b"}',
    b'{"prompt":"a","pr\\u006fmpt":"b"}',
    b'{"prompt":"a","category":null}',
    b'{"prompt":"a","category":"a\\nb"}',
    b'{"prompt":"a\\u0000"}',
    b'{"prompt":"a\x01"}',
    b'{"prompt":"a"}\0',
    b'{"prompt":"\\ud800"}',
    b'{"prompt":"\xff"}',
    b'{"prompt":"\xed\xa0\x80"}',
    b'{"prompt":"a"}{"prompt":"b"}',
    b'{"prompt":"a"}' * 9 + b'{"prompt":2}',
    b'{"prompt":"a"}\r\r',
    b'{"prompt":\r"a"}',
    b'\xef\xbb\xbf{"prompt":"a"}',
    b'\x0c{"prompt":"a"}',
    b'{"prompt":"a","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"prompt":"a","modelResponses":[]}',
    b'{"prompt":"a","modelResponses":[{"response":"x","response":"y","modelIdentifier":"a"}]}',
    b'{"prompt":"' + b"x" * 90 + b'"}',
    b'{"prompt":"a","at `$[99999]`":1}',
]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Runs of the same few plain lines with other ones in between, ended in one way or another."""
    parts: list[bytes] = []
    for _ in range(draw(st.integers(0, 6))):
        parts += [draw(st.sampled_from(PLAIN))] * draw(st.sampled_from([0, 1, 4, 5, 30]))
        parts += [draw(st.sampled_from(ODD))] * draw(st.sampled_from([0, 1, 1, 2, 8]))
    end = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    return draw(st.sampled_from([b"", b"", b"\xef\xbb\xbf"])) + end.join(parts) + draw(st.sampled_from([b"", end]))


def line_by_line(stream: Readable, reading: Reading) -> Iterator[Record]:
    """What the reader promises, said in the plainest way: no block, no typed decoding."""
    reading.lines = 0
    for number, raw in read_lines(stream, max_line_bytes=reading.rules.max_line_bytes):
        reading.lines = number
        data = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 and raw else raw
        if data is not None and not data.strip(b" \t\r\f\v"):
            continue
        reading.records += 1
        if reading.records == 1 and data is not None:
            _check_layout(data, number)
        record = _checked(data, number, reading)
        if record is not None:
            yield record


def found_in(data: bytes, rules: DatasetRules, chunk: int) -> tuple[Any, ...]:
    class Stream(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(chunk, size or 0))

    read = read_dataset(Stream(data), file="data.jsonl", rules=rules, problems=(problems := Problems()))
    return list(read), problems.count, problems.listed, read.facts


@given(
    files(),
    st.sampled_from(list(Responses)),
    st.sampled_from([None, "helpful"]),
    st.sampled_from([60, 10_000, 1 << 20]),
    st.sampled_from([50, 1_000, 1 << 20]),
    st.sampled_from([64, 500, line_reader.BLOCK_BYTES]),
)
def test_blocks_and_single_lines_give_the_same_records_problems_and_facts(
    data: bytes, responses: Responses, metric: str | None, most: int, chunk: int, block: int
) -> None:
    rules = DatasetRules(
        responses=responses,
        sources=frozenset({"a"}),
        needs_reference=metric,
        max_prompt_bytes=50,
        max_line_bytes=most,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_reader, "BLOCK_BYTES", block)
        at_once = found_in(data, rules, chunk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(reader._TEXT_READERS, Format.JSONL, line_by_line)
        single = found_in(data, rules, chunk)

    assert at_once == single


@pytest.mark.parametrize("every", [2, 3, 9, 64])
@pytest.mark.parametrize("odd", [b"", b'{"prompt":" "}', b'{"prompt":"a","prompt":"b"}'])
def test_no_line_is_decoded_at_once_more_than_once(monkeypatch: pytest.MonkeyPatch, odd: bytes, every: int) -> None:
    rows = 0

    def counted(lines: Iterator[bytes]) -> list[PlainLine]:
        nonlocal rows
        found = decoded(lines)
        rows += len(found)
        return found

    monkeypatch.setattr(json_lines, "decoded", counted)
    lines = [b'{"prompt":"%d"}' % number if number % every else odd for number in range(4_000)]

    found_in(b"\n".join(lines), DatasetRules(), 1 << 20)

    assert 0 < rows <= 4_000
