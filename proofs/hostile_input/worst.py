"""The worst inputs that we know for each reader: at its limits, in bulk, made while they are read.

What a case states in `megabytes` is the promise: so much more than before the reading, for any input. The file's own
bytes count where a reader is given them at once.
"""

from __future__ import annotations

import gzip
import io
import itertools
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.datasets.answer_files import AnswerFile
from gavel.datasets.limits import MAX_LINE_BYTES, MAX_SUITE_BYTES
from gavel.datasets.reader import DatasetRules, read_dataset
from gavel.problems import Problems
from gavel.results.rating_files import read_ratings
from gavel.results.rows import read_results
from proofs.hostile_input import api_bodies, configuration
from proofs.hostile_input.reader import Outcome, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gavel.datasets.byte_source import Readable

MEGABYTE: Final = 1 << 20
_BULK: Final = 256 * MEGABYTE
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input: which reader, what is bad about it, the promised bound in MB, and what reads it.

    `prepare` makes a file beforehand, where making it takes more memory than reading it may.
    """

    reader: str
    about: str
    megabytes: int
    read: Callable[[Any], Outcome]
    prepare: Callable[[], Any]


class Stream:
    """Pieces as a stream that is never whole in memory."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._left = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end."""
        while len(self._left) < size and (piece := next(self._pieces, None)) is not None:
            self._left += piece
        chunk, self._left = self._left[:size], self._left[size:]
        return chunk


def bulk(piece: bytes, size: int = _BULK) -> Iterator[bytes]:
    """A piece again and again, until there are `size` bytes or a few more."""
    block = piece * max(1, _CHUNK // len(piece))
    return itertools.repeat(block, size // len(block) + 1)


def _numbered(pattern: str, count: int) -> Iterator[bytes]:
    """A text with a number in it, for each number below `count`."""
    for start in range(0, count, 1000):
        yield "".join(pattern.replace("#", str(number)) for number in range(start, min(count, start + 1000))).encode()


def _full(before: bytes, piece: str, after: bytes, size: int = MAX_LINE_BYTES) -> bytes:
    """A text of about `size` bytes made of a numbered piece."""
    count = (size - len(before) - len(after)) // (len(piece) + 5)
    return before + b"".join(_numbered(piece, count)).removesuffix(b",") + after


def _dataset(file: str, pieces: Callable[[], Iterable[bytes]]) -> Outcome:
    return _read(file, Stream(pieces()))


def _bytes(file: str, data: bytes) -> Outcome:
    return _read(file, io.BytesIO(data))


def _read(file: str, stream: Readable) -> Outcome:
    problems = Problems()
    reader = read_dataset(stream, file=file, rules=DatasetRules(), problems=problems, max_bytes=4 * _BULK)
    valid = sum(1 for _ in reader)
    return told(problems, answers=valid)


def _answers(pieces: Callable[[], Iterable[bytes]]) -> Outcome:
    problems = Problems()
    with AnswerFile("app", file="answers.jsonl") as answers:
        return told(problems, answers=answers.read(Stream(pieces()), problems).records or int(not problems))


def _results(pieces: Callable[[], Iterable[bytes]]) -> Outcome:
    problems = Problems()
    return told(problems, answers=sum(1 for _ in read_results(Stream(pieces()), file="r.jsonl", problems=problems)))


def _ratings(pieces: Callable[[], Iterable[bytes]]) -> Outcome:
    problems = Problems()
    return told(problems, answers=len(read_ratings(Stream(pieces()), file="r.csv", problems=problems)) or 1)


def _zipped(pieces: Callable[[], Iterable[bytes]]) -> bytes:
    """The pieces in a gzip file."""
    with tempfile.TemporaryFile() as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0) as packed:
            for piece in pieces():
                packed.write(piece)
        file.seek(0)
        return file.read()


def _parquet(select: str) -> bytes:
    """What DuckDB writes for a query; in another process, since what it takes must not count as ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.parquet"
        copy = f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        program = "import duckdb, sys; duckdb.connect(config={'threads': 1}).execute(sys.argv[1])"
        subprocess.run([sys.executable, "-c", program, copy], check=True)
        return path.read_bytes()


def _request(target: str, kind: str, body: bytes) -> Outcome:
    return api_bodies.read(f"{target}\n{kind}\n".encode() + body)


def _line(record: Any) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _cases(reader: str, megabytes: int, read: Callable[[Any], Outcome], inputs: dict[str, Any]) -> list[Case]:
    return [
        Case(reader=reader, about=about, megabytes=megabytes, read=read, prepare=partial(_itself, made))
        for about, made in inputs.items()
    ]


def _itself(made: Any) -> Any:
    return made


_KEYS: Final = '"promp#": 0,'
_LINES: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    "a line of 256 MB": lambda: itertools.chain([b'{"prompt": "'], bulk(b"a")),
    "lines of 1 MiB of brackets": lambda: bulk(b"[" * (MAX_LINE_BYTES - 1) + b"\n", 32 * MEGABYTE),
    "lines of 1 MiB of keys like `prompt`": lambda: [_full(b'{"prompt": "q", ', _KEYS, b"}\n")] * 8,
    "lines of 1 MiB of small objects": lambda: [b'{"prompt": "q", "x": [' + b"{}," * 349_000 + b"0]}\n"] * 8,
    "1,000,000 lines that are all wrong": lambda: bulk(b"x\n", 2_000_000),
    "500,000 categories and prompts": lambda: _numbered('{"prompt": "q#", "category": "c#"}\n', 500_000),
    "16,000,000 blank lines": lambda: bulk(b"\n", 16_000_000),
}
_CSV: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    "a quote that is never closed, 256 MB": lambda: itertools.chain([b'prompt\n"'], bulk(b"a\n")),
    "a row of 256 MB in cells of 1,000 bytes with line breaks": lambda: itertools.chain(
        [b"prompt\n"], bulk(b'"' + b"a" * 1000 + b'\n",')
    ),
    "a header of 1 MiB of columns like `prompt`": lambda: [b"prompts," * (MAX_LINE_BYTES // 8 - 2), b"\nq\n"],
    "a header of 1 MiB of names": lambda: [b"".join(_numbered("promp#,", 80_000)), b"prompt\nq\n"],
    "rows of 1 MiB of commas": lambda: itertools.chain([b"prompt\n"], bulk(b"," * 1_000_000 + b"\n", 16_000_000)),
    "4,000,000 empty lines": lambda: itertools.chain([b"prompt\n"], bulk(b"\n", 4_000_000)),
}
_ARRAY: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    "brackets, 256 MB": lambda: bulk(b"["),
    "a text that is never closed, 256 MB": lambda: itertools.chain([b'[{"prompt": "'], bulk("\U0001f600".encode())),
    "records of 1 MiB of keys like `prompt`": lambda: [b"[", *[_full(b'{"prompt": "q", ', _KEYS, b"},")] * 4, b"{}]"],
    "records of 1 MiB of small objects": lambda: [b"[", *[b'{"x": [' + b"{}," * 349_000 + b"0]},"] * 8, b"{}]"],
    "1,000,000 records that are all wrong": lambda: itertools.chain([b"[1"], bulk(b",1", 2_000_000), [b"]"]),
    "256 MB of blanks": lambda: itertools.chain([b"["], bulk(b" ")),
}
_SUITES: Final[dict[str, bytes]] = {
    "256 KiB of keys": _full(b"version: 1\n", "key#: 1\n", b"", MAX_SUITE_BYTES),
    "256 KiB of one key": b"version: 1\nversio: 1\n" + b"k" * (MAX_SUITE_BYTES - 100) + b": 1\n",
    "256 KiB of wrong generators": b"version: 1\ngenerators:\n" + b"- x\n" * ((MAX_SUITE_BYTES - 30) // 4),
    "256 KiB of nameless generators": b"version: 1\ngenerators:\n" + b"- {}\n" * ((MAX_SUITE_BYTES - 30) // 5),
    "256 KiB of unknown metrics": _full(b"version: 1\nmetrics: [", "Correctnes#,", b"]\n", MAX_SUITE_BYTES),
    "256 KiB of the same key": b"version: 1\n" + b"a: 1\n" * ((MAX_SUITE_BYTES - 30) // 5),
    "256 KiB of anchors and aliases": b"- &a [x]\n" + b"- *a\n" * ((MAX_SUITE_BYTES - 30) // 5),
    "256 KiB of brackets": b"[" * MAX_SUITE_BYTES,
    "256 KiB of braces in lines": b"{\n" * (MAX_SUITE_BYTES // 2),
    "256 KiB of question marks": b"? " * (MAX_SUITE_BYTES // 2),
    "256 KiB of dashes": b"- " * (MAX_SUITE_BYTES // 2),
    "256 KiB of quotes": b"version: '" + b"''" * ((MAX_SUITE_BYTES - 30) // 2),
    "256 KiB of documents": b"--- 1\n" * (MAX_SUITE_BYTES // 6),
    "256 KiB of tags": b"- !x y\n" * (MAX_SUITE_BYTES // 7),
    "256 KiB of gates": b"version: 1\ngates:\n" + b"- {min: 1}\n" * ((MAX_SUITE_BYTES - 30) // 11),
}
_ROW: Final = _line({"automatedEvaluationResult": {"scores": [{"metricName": "m", "result": 1}]}, "inputRecord": {}})
_RESULTS: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    "a line of 256 MB": lambda: itertools.chain([b'{"prompt": "'], bulk(b"a")),
    "lines of the most bytes, of small objects": lambda: [b'{"x": [' + b"{}," * 5_500_000 + b"0]}\n"] * 2,
    "lines of the most bytes, of brackets": lambda: [b"[" * (16 * MEGABYTE - 1) + b"\n"] * 4,
    "1,000,000 lines that are all wrong": lambda: bulk(b"x\n", 2_000_000),
    "300,000 rows": lambda: itertools.repeat(_ROW, 300_000),
}
_RATINGS: Final[dict[str, Callable[[], Iterable[bytes]]]] = {
    "300 MB of ratings": lambda: itertools.chain([b"item,rater,value\n"], bulk(b"1,a,1\n", 300 * MEGABYTE)),
    "as many ratings as fit": lambda: itertools.chain([b"item,rater,value\n"], _numbered("#,a,1\n", 2_500_000)),
    "as many wrong ratings as fit": lambda: itertools.chain([b"item,rater,value\n"], bulk(b",,\n", 30 * MEGABYTE)),
    "30 MB in characters of four bytes": lambda: itertools.chain(
        [b"item,rater,value\n"], bulk("\U0001f600,a,1\n".encode(), 30 * MEGABYTE)
    ),
    "a quote that is never closed, 30 MB": lambda: itertools.chain(
        [b'item,rater,value\n"'], bulk(b"a\n", 30 * MEGABYTE)
    ),
}
_REQUESTS: Final[dict[str, tuple[str, str, bytes]]] = {
    "300 KiB of keys": ("POST /evaluations", "application/json", _full(b"{", '"key#": 1,', b"}", 300 * 1024)),
    "300 KiB of brackets": ("POST /evaluations", "application/json", b"[" * (300 * 1024)),
    "300 KiB of small objects": ("POST /estimates", "application/json", b"[" + b"{}," * 102_000 + b"0]"),
    "a name of 300 KiB": (
        "POST /evaluations",
        "application/json",
        b'{"dataset": "datasets/' + b"a" * (300 * 1024) + b'.jsonl"}',
    ),
    "a number of 300,000 digits": ("POST /datasets", "application/json", b'{"budget_usd": ' + b"9" * 300_000 + b"}"),
    "a suite of 256 KiB of keys": ("PUT /suites/mine", "application/yaml", _SUITES["256 KiB of keys"]),
}


def _every() -> Iterator[Case]:
    yield from _cases("jsonl", 128, partial(_dataset, "d.jsonl"), _LINES)
    yield from _cases("csv", 128, partial(_dataset, "d.csv"), _CSV)
    yield from _cases("json", 256, partial(_dataset, "d.json"), _ARRAY)
    bombs: dict[str, Callable[[], bytes]] = {
        "a bomb of 1 GB of zeros": lambda: _zipped(lambda: bulk(b"\0", 1024 * MEGABYTE)),
        "a bomb of 512 MB in one text": lambda: _zipped(
            lambda: itertools.chain([b'{"prompt": "'], bulk(b"a", 2 * _BULK))
        ),
        "a bomb of 64 MB of blank lines": lambda: _zipped(lambda: bulk(b"\n", 64 * MEGABYTE)),
        "50,000 empty members": lambda: gzip.compress(b"", mtime=0) * 50_000,
        "a header that never ends": lambda: b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"a" * _BULK,
    }
    for about, make in bombs.items():
        yield Case(reader="gz", about=about, megabytes=128, read=partial(_bytes, "d.jsonl.gz"), prepare=make)
    tables = {
        "a text of 300 MB": "SELECT repeat('a', 300000000) AS prompt",
        "100,000 rows of the same 20 KB": "SELECT repeat('a', 20000) AS prompt FROM range(100000)",
        "2,048 rows of 100 KB": "SELECT repeat('a', 100000) AS prompt FROM range(2048)",
        "a list of 10,000,000 entries": "SELECT 'q' AS prompt, range(10000000) AS \"modelResponses\"",
    }
    for about, select in tables.items():
        make = partial(_parquet, select)
        yield Case(reader="parquet", about=about, megabytes=1280, read=partial(_bytes, "d.parquet"), prepare=make)
    yield from _cases("answers", 128, _answers, {name: _LINES[name] for name in list(_LINES)[:5]})
    yield from _cases("suite", 256, configuration.read_suite, _SUITES)
    yield from _cases("prices", 256, configuration.read_prices, _SUITES)
    yield from _cases("results", 640, _results, _RESULTS)
    yield from _cases("ratings", 1024, _ratings, _RATINGS)
    yield from _cases("api", 256, lambda made: _request(*made), _REQUESTS)


CASES: Final = tuple(_every())
