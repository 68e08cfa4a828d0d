"""Records, lines and readings for the tests of datasets."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from gavel.datasets.reader import DatasetReader, DatasetRules, Record, read_dataset
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

BEDROCK = DatasetRules()
GOOD = {"prompt": "good"}


class Chunks:
    """A stream that hands out the given pieces, whatever size is asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        return next(self._pieces, b"")


def line(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def answered(*sources: str, prompt: str = "p") -> dict[str, Any]:
    return {"prompt": prompt, "modelResponses": [{"response": "r", "modelIdentifier": source} for source in sources]}


def read(data: bytes, rules: DatasetRules = BEDROCK) -> tuple[list[Record], list[Problem], DatasetReader]:
    problems = Problems()
    reader = read_dataset(io.BytesIO(data), file="data.jsonl", rules=rules, problems=problems, hashed=True)
    return list(reader), problems.listed, reader


def read_objects(*objects: dict[str, Any], rules: DatasetRules = BEDROCK) -> tuple[list[Record], list[Problem]]:
    records, problems, _ = read(b"\n".join(line(**item) for item in objects), rules)
    return records, problems


def places(problems: list[Problem]) -> list[tuple[int | None, str | None]]:
    return [(problem.line, problem.field) for problem in problems]


def the_problem(*objects: dict[str, Any], rules: DatasetRules = BEDROCK) -> Problem:
    (problem,) = read_objects(*objects, rules=rules)[1]
    return problem
