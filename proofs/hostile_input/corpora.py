"""Corpora: JSON to reject or to accept, JSON that is legal and yet no data, and YAML that attacks parsers."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gavel.datasets.reader import DatasetRules, read_dataset
from gavel.datasets.strict_json import JsonError, decode
from gavel.problems import InvalidInputError, Problems
from gavel.suites.suite import load_suite
from proofs.hostile_input.reader import BrokenPromiseError, check_problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gavel.problems import Problem

_FILE: Final = Path(__file__).parents[2] / "tests" / "data" / "json-corpus" / "cases.json"
_GOOD: Final = b'{"prompt": "q"}\n'


@dataclass(frozen=True)
class Case:
    """A text with its name; `accepted` is what a parser owes it."""

    name: str
    data: bytes
    accepted: bool


def json_cases() -> list[Case]:
    """JSONTestSuite's cases with one right outcome, by name."""
    found = []
    for one in json.loads(_FILE.read_text(encoding="utf-8")):
        data = bytes.fromhex(one["hex"]) if "hex" in one else one["text"].encode()
        data = data * one.get("times", 1) + one.get("end", "").encode()
        found.append(Case(one["name"], data, accepted=one["name"].startswith("y_")))
    return found


# What Gavel refuses of the cases that a parser of JSON must accept, each with its reason.
STRICTER: Final = {
    "y_object_duplicated_key": "twice in one object",
    "y_object_duplicated_key_and_value": "twice in one object",
}


def judge_json(case: Case) -> str | None:
    """What is wrong with how the decoder and the dataset reader take a case; None when both are right."""
    accepted = case.accepted and case.name not in STRICTER
    try:
        decode(case.data)
    except JsonError as error:
        if accepted:
            return f"the decoder refuses it: {error}"
        if not (error.reason and error.remedy):
            return "the decoder refuses it without a reason or a remedy"
        wanted = STRICTER.get(case.name)
        if wanted and wanted not in error.reason:
            return f"the decoder gives another reason: {error.reason}"
    else:
        if not accepted:
            return "the decoder accepts it"
    return _judge_as_line(case, accepted=accepted)


def _judge_as_line(case: Case, *, accepted: bool) -> str | None:
    """The same for the case as the value of a key of the user's own, in the second of three lines.

    A line feed ends a line, also as white space of JSON: in what must be accepted it becomes a blank. What must be
    rejected keeps it and is several lines, of which the first is the second of the file.
    """
    data = case.data.replace(b"\n", b" ") if accepted else case.data
    valid, told = _dataset("d.jsonl", _GOOD + b'{"prompt": "r", "x": ' + data + b"}\n" + _GOOD)
    if accepted:
        return None if (valid, told) == (3, []) else f"the reader has {valid} records and says {told}"
    if valid != 2:
        return f"the reader takes {valid} records, and 2 are good"
    last = 2 + data.count(b"\n")
    elsewhere = [problem.line for problem in told if not 2 <= (problem.line or 0) <= last]
    return f"the reader names the lines {elsewhere}" if elsewhere else _told_at(told[:1], line=2)


def _dataset(file: str, data: bytes) -> tuple[int, list[Problem]]:
    problems = Problems()
    reader = read_dataset(io.BytesIO(data), file=file, rules=DatasetRules(), problems=problems)
    return sum(1 for _ in reader), problems.listed


def _told_at(told: Sequence[Problem], *, line: int | None) -> str | None:
    """What is wrong with problems that should all stand on one line."""
    try:
        for problem in told:
            check_problem(problem)
    except BrokenPromiseError as error:
        return str(error)
    if not told or {problem.line for problem in told} != {line}:
        return f"the reader names the lines {[problem.line for problem in told]}, and it is line {line}"
    return None


@dataclass(frozen=True)
class Strict:
    """A file that must be refused at a line (None: as a whole) with these words in the reason; or accepted, without."""

    name: str
    data: bytes
    line: int | None = 2
    reason: str | None = None
    file: str = "d.jsonl"


def strict_cases() -> Iterator[Strict]:
    """What JSON's grammar allows, or Python's parser lets pass, and data must not hold; and what they may hold."""

    def second(name: str, value: bytes, reason: str | None) -> Strict:
        return Strict(name, _GOOD + b'{"prompt": "r", "x": ' + value + b"}\n" + _GOOD, 2, reason)

    for constant in (b"NaN", b"Infinity", b"-Infinity"):
        yield second(constant.decode(), constant, f"holds {constant.decode()}")
    yield second("a number beyond a double", b"1e999", "too large for a double")
    yield second("a number beyond a double, negative", b"-1e999", "too large for a double")
    yield second("the smallest number", b"5e-324", None)
    yield second("an integer of 1,000 digits", b"9" * 1000, None)
    yield second("an integer of 1,001 digits", b"9" * 1001, "more than 1000 digits")
    yield second("an integer of 5,000 digits", b"9" * 5000, "more than 1000 digits")
    yield second("the first half of a surrogate pair", rb'"\ud83d"', "half of a surrogate pair")
    yield second("the second half of a surrogate pair", rb'"\ude00"', "half of a surrogate pair")
    yield second("both halves in the wrong order", rb'"\ude00\ud83d"', "half of a surrogate pair")
    yield second("half a pair as a key", rb'{"\ud83d": 1}', "half of a surrogate pair")
    yield second("both halves of a surrogate pair", rb'"\ud83d\ude00"', None)
    yield second("the same key twice", b'{"a": 1, "a": 1}', "twice in one object")
    yield second("the same key twice, once as an escape", rb'{"a": 1, "\u0061": 1}', "twice in one object")
    yield second("a NUL byte", b'"\0"', "NUL byte")
    yield second("an overlong UTF-8 sequence", b'"\xc0\xaf"', "not UTF-8")
    yield second("half a pair in UTF-8", b'"\xed\xa0\x80"', "not UTF-8")
    yield second("a Latin-1 letter", b'"\xe9"', "not UTF-8")
    yield second("U+2028, U+2029 and U+0085 inside a text", '"\u2028\u2029\u0085"'.encode(), None)
    yield second("a carriage return between tokens", b"\r1", None)
    yield second("a carriage return inside a text", b'"\r"', "raw control character")
    yield second("a line break between tokens", b"\n1", "before its JSON is complete")
    yield second("30 levels", b"[" * 30 + b"]" * 30, None)
    yield second("40 levels", b"[" * 40 + b"]" * 40, "levels deep")
    yield second("100,000 levels", b"[" * 100_000 + b"]" * 100_000, "levels deep")
    yield second("100,000 objects in each other", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "levels deep")
    yield Strict("a byte order mark at the start", b"\xef\xbb\xbf" + _GOOD, None)
    yield Strict("a byte order mark before the second line", _GOOD + b"\xef\xbb\xbf" + _GOOD, 2, "byte order mark")
    yield Strict("line ends CRLF", _GOOD.replace(b"\n", b"\r\n") * 2, None)
    yield Strict("no line end at the end", _GOOD + _GOOD.rstrip(), None)
    yield Strict("U+0000 as an escape in a prompt", _GOOD + rb'{"prompt": "\u0000"}' + b"\n", 2, "U+0000")
    yield Strict("UTF-16", _GOOD.decode().encode("utf-16"), None, "UTF-16")
    yield Strict("gzip named .jsonl", gzip.compress(_GOOD, mtime=0), None, "is a gzip file")
    yield Strict("plain lines named .jsonl.gz", _GOOD, None, "is no gzip file", "d.jsonl.gz")
    yield Strict("gzip that was cut off", gzip.compress(_GOOD * 99, mtime=0)[:-9], None, "cut off", "d.jsonl.gz")
    yield Strict(
        "gzip with a wrong checksum", gzip.compress(_GOOD, mtime=0)[:-8] + b"12345678", None, "damaged", "d.jsonl.gz"
    )
    yield Strict("gzip in two members", gzip.compress(_GOOD, mtime=0) * 2, None, None, "d.jsonl.gz")
    yield Strict("nothing", b"", None, "holds no record")


def judge_strict(case: Strict) -> str | None:
    """What is wrong with how the dataset reader takes a file; None when it is right."""
    valid, told = _dataset(case.file, case.data)
    if case.reason is None:
        return None if valid and not told else f"the reader has {valid} records and says {told}"
    wrong = next((problem for problem in told if case.reason in problem.reason), None)
    if wrong is None:
        return f"the reader says {[problem.reason for problem in told]}"
    return _told_at([wrong], line=case.line)


_SUITE: Final = b"version: 1\njudges: [{model: amazon.nova-pro-v1:0}]\n"
_LAUGHS: Final = b"".join(
    f"l{level}: &l{level} [{', '.join([f'*l{level - 1}' if level else 'lol'] * 9)}]\n".encode() for level in range(9)
)


def yaml_cases() -> Iterator[Strict]:
    """Suites that attack a parser of YAML, or mean something else than they say; without a reason they are taken."""

    def third(name: str, text: bytes, reason: str | None, line: int = 3) -> Strict:
        return Strict(name, _SUITE + text + b"\n", line, reason, "mine.yaml")

    yield third("billion laughs", _LAUGHS, "anchor")
    yield third("an alias without an anchor", b"description: *nowhere", "alias")
    yield third("an anchor that holds itself", b"metrics: &a [*a]", "anchor")
    yield third("a merge key", b"<<: {description: x}", "not a known key")
    yield third("a merge key with an alias", b"<<: *a", "alias")
    for tag in (
        b"!!python/object/apply:os.system ['id']", b"!!python/name:os.system", b"!!python/object/new:object []",
        b"!!python/module:os", b"!!binary aGk=", b"!!set {a}", b"!!timestamp 2026-01-01", b"!local x", b"! x",
        b"!<tag:yaml.org,2002:str> x",
    ):  # fmt: skip
        yield third(f"the tag {tag.decode().split(' ', maxsplit=1)[0]}", b"description: " + tag, "tag")
    yield third("the same key twice", b"description: a\ndescription: b", "stands twice", 4)
    yield third("the same key twice, once in quotes", b"description: a\n'description': b", "stands twice", 4)
    yield third("a key that is a list", b"? [a]\n: b", "a list or a mapping")
    yield third("a NUL byte", b"description: a\0b", "control character")
    yield third("a control character", b"description: a\x07b", "control character")
    yield third("an escape beyond Unicode", rb'description: "\UFFFFFFFF"', "no character or number")
    yield third("half of a surrogate pair", rb'description: "\ud800"', "half of a surrogate pair")
    yield third("an escaped control character", rb'description: "\x07"', "control character")
    yield third("a second document", b"---\nversion: 1", "not valid YAML")
    yield third("a broken quote", b"description: 'a", "not valid YAML", 4)
    yield third("a tab as indentation", b"dataset:\n\tresponses: auto", "not valid YAML", 4)
    yield third("not UTF-8", b"description: \xe9", "not UTF-8")
    yield third("25 levels", b"x: " + b"[" * 25 + b"]" * 25, "levels deep")
    yield third("100,000 levels", b"x: " + b"[" * 100_000, "levels deep")
    yield third("a number of 10,000 digits", b"budget: {per_month_usd: " + b"9" * 10_000 + b"}", "is not a number")
    yield third("an infinite number", b"budget: {per_month_usd: .inf}", "is not a finite number")
    yield third("no number", b"budget: {per_month_usd: .nan}", "is not")
    yield third("a sexagesimal number", b"sample: {size: 1:30}", "is not a whole number")
    yield third("an octal number", b"sample: {size: 0o17}", "is not a whole number")
    yield third("a hexadecimal number", b"sample: {size: 0xFF}", "is not a whole number")
    yield third("a number with underscores", b"sample: {size: 1_000}", "is not a whole number")
    yield third("yes as a truth value", b"reuse: yes", "is neither true nor false")
    yield third("a date stays a text", b"description: 2026-01-01", None)
    yield third("no stays a text", b"description: no", None)
    yield third("12:30:45 stays a text", b"description: 12:30:45", None)
    version = b"%YAML 1." + b"1" * 5000 + b"\n---\n" + _SUITE
    yield Strict("a version of YAML with 5,000 digits", version, 1, "no character or number", "mine.yaml")
    yield Strict("256 KiB and a byte", b"#" * (256 * 1024 + 1), None, "larger than 256 KiB", "mine.yaml")
    yield Strict("nothing", b"", None, "is empty", "mine.yaml")
    yield Strict("a list", b"- a\n", 1, "is not a mapping", "mine.yaml")


def judge_yaml(case: Strict) -> str | None:
    """What is wrong with how the suite reader takes a file; None when it is right."""
    try:
        load_suite(case.data, name="mine", file=case.file)
    except InvalidInputError as error:
        told = error.problems.listed
    else:
        return None if case.reason is None else "the reader accepts it"
    wrong = next((one for one in told if case.reason is not None and case.reason in one.reason), None)
    if wrong is None:
        return f"the reader says {[problem.reason for problem in told][:5]}"
    return _told_at([wrong], line=case.line)
