"""Reading blocks of lines at once finds what reading line by line finds, in files of many lines of every kind."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.datasets import json_lines, line_reader, plain_line, reader
from gavel.datasets.formats import Format
from gavel.datasets.json_lines import _check_layout, _checked
from gavel.datasets.plain_line import PlainLine, decoded
from gavel.datasets.reader import DatasetRules, PlainRecords, Responses, read_dataset
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
    most = reading.rules.max_line_bytes
    data = b"".join(iter(lambda: stream.read(1 << 20), b""))
    lines = data.split(b"\n")
    for number, raw in enumerate(lines if lines[-1] else lines[:-1], start=1):
        reading.lines = number
        line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
        fits = len(raw) <= most or (len(raw) == most + 1 and raw.endswith(b"\r"))
        if fits and not line.strip(b" \t\r\f\v"):
            continue
        reading.records += 1
        if reading.records == 1 and fits:
            _check_layout(line, number)
        record = _checked(line if fits else None, number, reading)
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


ODD_LINES = [b"", b'{"prompt":" "}', b'{"prompt":"a","prompt":"b"}', b'{"prompt":"a","id":1}', b'{"prompt":1}']


@pytest.mark.parametrize("every", [2, 3, 9, 64])
@pytest.mark.parametrize("odd", ODD_LINES)
def test_no_line_is_decoded_twice(monkeypatch: pytest.MonkeyPatch, odd: bytes, every: int) -> None:
    lines = [b'{"prompt":"%d"}' % number if number % every else odd for number in range(4_000)]
    asked = 0
    decode = plain_line._DECODE

    def counted(line: bytes) -> PlainLine:
        nonlocal asked
        asked += 1
        return decode(line)

    monkeypatch.setattr(plain_line, "_DECODE", counted)
    found_in(b"\n".join(lines), DatasetRules(), 1 << 20)

    assert 4_000 * (every - 1) // every <= asked <= 4_000


def batches_of(lines: list[bytes]) -> list[int]:
    """How many records came together each time."""
    stream = io.BytesIO(b"\n".join(lines))
    reader = read_dataset(stream, file="a.jsonl", rules=DatasetRules(), problems=Problems())
    return [len(batch.lines) if isinstance(batch, PlainRecords) else 1 for batch in reader.batches()]


def test_blank_lines_keep_no_lines_from_being_read_at_once() -> None:
    batches = batches_of([b'{"prompt":"%d"}' % number if number % 2 else b" " for number in range(2_000)])

    assert sum(batches) == 1_000
    assert len(batches) <= 3


@pytest.mark.parametrize("odd", [b'{"prompt":" "}', b'{"prompt":"a","id":1}'])
def test_odd_lines_here_and_there_keep_no_others_from_being_read_at_once(odd: bytes) -> None:
    batches = batches_of([b'{"prompt":"%d"}' % number if number % 20 else odd for number in range(4_000)])

    # The end of a block cuts a run in two.
    assert batches.count(19) >= 195


def test_where_no_line_is_plain_few_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0

    def counted(lines: Iterator[bytes]) -> list[PlainLine]:
        nonlocal tried
        tried += 1
        return decoded(lines)

    monkeypatch.setattr(json_lines, "decoded", counted)

    assert batches_of([b'{"prompt":"a","id":%d}' % number for number in range(2_000)]) == [1] * 2_000
    assert tried < 10
