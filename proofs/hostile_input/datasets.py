"""Datasets in every format, and answer files."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gavel.datasets.answer_files import AnswerFile, with_answers
from gavel.datasets.reader import DatasetRules, Record, Responses, read_dataset
from gavel.problems import Problems
from proofs.hostile_input.one_database import OneDatabase
from proofs.hostile_input.parquet_files import parquet_files
from proofs.hostile_input.reader import BrokenPromiseError, Outcome, Reader, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Small limits, so that a mutated input of some kilobytes reaches them.
_PROMPT_BYTES: Final = 200
MAX_BYTES: Final = 64 * 1024
_EITHER: Final = DatasetRules(max_prompt_bytes=_PROMPT_BYTES, max_line_bytes=1000)
_DECLARED: Final = replace(_EITHER, responses=Responses.DECLARED, sources=frozenset({"app-a", "app-b"}))
WORDS: Final = (
    *(text.encode() for text in (
        '"prompt"', '"referenceResponse"', '"category"', '"modelResponses"', '"response"', '"modelIdentifier"',
        '"Prompt"', '"promt"', '"prompts"', "null", "true", "NaN", "-Infinity", "1e999", "-0", "\\ud800", "\\udc00",
        "\\u0000", "\\u2028", "\u2028", "\u0085", "\ufeff", "\u202e", "{", "}", "[", "]", '"', ",", ":", "\\", "\n",
        "\r\n", "\r", '""', "prompt", "response", "modelIdentifier", "modelResponses", ";", "\t", "app-a", "app-b",
    )),
    b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1f\x8b", b"PAR1",
)  # fmt: skip
ROWS: Final[tuple[dict[str, Any], ...]] = (
    {"prompt": "What is 2 + 2?"},
    {"prompt": "Wie geht's?", "referenceResponse": "Gut – danke.", "category": "Grüße"},
    {"prompt": "q", "modelResponses": [{"response": "a", "modelIdentifier": "app-a"}]},
    {
        "prompt": "r",
        "id": 17,
        "more": {"deep": [1.5, None, True, "\U0001f600"]},
        "modelResponses": [
            {"response": "a", "modelIdentifier": "app-a"},
            {"response": "b", "modelIdentifier": "app-b"},
        ],
    },
)


def lines(rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as JSON Lines."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def read(file: str, data: bytes) -> Outcome:
    """Read bytes as the dataset of that name; the bytes choose under which rules."""
    rules = _DECLARED if zlib.crc32(data) & 1 else _EITHER
    problems = Problems()
    reader = read_dataset(io.BytesIO(data), file=file, rules=rules, problems=problems, max_bytes=MAX_BYTES)
    valid = 0
    for record in reader:
        _check_record(record, rules)
        valid += 1
    facts = reader.facts
    if facts.valid != valid or facts.records < valid:
        raise BrokenPromiseError("the facts count other records than came")
    if not problems and facts.records != valid:
        raise BrokenPromiseError("a record was left out without a word")
    json.dumps(facts.to_json(), ensure_ascii=False).encode()
    return told(problems, answers=valid)


def _check_record(record: Record, rules: DatasetRules) -> None:
    """A record that came through keeps the rules, and everything behind can write it."""
    texts = [record.prompt, record.reference, record.category, *(one.text for one in record.responses)]
    given = [text for text in texts if text is not None]
    for text in given:
        text.encode()
    if not all(text.strip() and "\0" not in text for text in given):
        raise BrokenPromiseError("a blank text or a NUL came through")
    if len(record.prompt.encode()) > rules.max_prompt_bytes:
        raise BrokenPromiseError("a prompt that is too long came through")
    if rules.sources and {one.model for one in record.responses} != rules.sources:
        raise BrokenPromiseError("a record without the declared answers came through")


def read_answers(data: bytes) -> Outcome:
    """Read bytes as an answer file, and join it to a dataset."""
    problems = Problems()
    with AnswerFile("app-a", file="answers.jsonl") as answers:
        found = answers.read(io.BytesIO(data), problems, max_prompt_bytes=_PROMPT_BYTES, max_bytes=MAX_BYTES).records
        records = [Record(number, number, str(row["prompt"]), None, None, ()) for number, row in enumerate(ROWS, 1)]
        joined = Problems()
        brought = list(with_answers(records, [answers], file="dataset.jsonl", problems=joined))
        if len(brought) + joined.count != len(records):
            raise BrokenPromiseError("a record is neither answered nor told of")
        for record in brought:
            record.responses[-1].text.encode()
    told(joined, answers=len(brought))
    return told(problems, answers=found)


def csv_seeds() -> list[bytes]:
    """Valid CSV files of every kind of columns."""
    return [
        b'prompt,referenceResponse,category\nWhat?,That.,a\n"With ""quotes""","two\nlines",b\n',
        b"prompt;response;modelIdentifier\nq;a;app-a\nr;b;app-a\n",
        b'\xef\xbb\xbfid\tprompt\tmodelResponses\r\n1\tq\t"[{""response"":""a"",""modelIdentifier"":""app-a""}]"\r\n',
    ]


def parquet_seeds() -> list[bytes]:
    """Valid Parquet files: plain texts, nested answers, and columns of every other type."""
    selects = (
        "SELECT 'q' || range AS prompt, 'r' AS \"referenceResponse\", 'c' AS category FROM range(3)",
        "SELECT 'q' AS prompt, [{'response': 'a', 'modelIdentifier': 'app-a'}] AS \"modelResponses\"",
        "SELECT 'q' AS prompt, 'a' AS response, 'app-a' AS \"modelIdentifier\", 1 AS id, DATE '2026-01-01' AS day",
        "SELECT TIMESTAMP '2026-01-01' AS prompt, 1.5::DECIMAL(9, 2) AS category, 'x'::BLOB AS \"referenceResponse\"",
        "SELECT INTERVAL 3 DAY AS prompt, MAP {'a': 1} AS \"modelResponses\", TRUE AS category",
        "SELECT INTERVAL '100000000' YEAR AS prompt",
        "SELECT NULL::VARCHAR AS prompt, DATE '5874897-12-31' AS category",
    )
    return parquet_files(*selects)


def array_seeds() -> list[bytes]:
    """Valid JSON arrays."""
    return [json.dumps(ROWS[:2], ensure_ascii=False).encode(), json.dumps(ROWS[2:3], indent=1).encode()]


def line_seeds() -> Sequence[bytes]:
    """Valid JSON Lines."""
    return [
        lines(ROWS[:2]),
        lines(ROWS[2:3]),
        lines(ROWS[3:]),
        b"\xef\xbb\xbf" + lines(ROWS[:1]).replace(b"\n", b"\r\n"),
    ]


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, ValueError, zlib.error):
        return data


JSONL: Final = Reader(
    name="jsonl", about="JSON Lines dataset", read=partial(read, "d.jsonl"), seeds=line_seeds, words=WORDS
)
CSV: Final = Reader(name="csv", about="CSV dataset", read=partial(read, "d.csv"), seeds=csv_seeds, words=WORDS)
ARRAY: Final = Reader(
    name="json", about="JSON array dataset", read=partial(read, "d.json"), seeds=array_seeds, words=WORDS
)
GZIP: Final = Reader(
    name="gz",
    about="gzip of JSON Lines",
    read=partial(read, "d.jsonl.gz"),
    seeds=lambda: [gzip.compress(seed, mtime=0) for seed in line_seeds()],
    words=WORDS,
    unwrap=_unpacked,
    wrap=partial(gzip.compress, compresslevel=1, mtime=0),
)
PARQUET: Final = Reader(
    name="parquet",
    about="Parquet dataset",
    read=OneDatabase(partial(read, "d.parquet")),
    guided_share=100,  # what reads the bytes is no Python
    seeds=parquet_seeds,
    words=WORDS,
)
ANSWERS: Final = Reader(
    name="answers", about="answer file of a source", read=read_answers, seeds=line_seeds, words=WORDS
)
