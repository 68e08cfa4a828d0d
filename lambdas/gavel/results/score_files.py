"""Score files of Gavel's own format, as Parquet or as JSON Lines: one row a record, generator, judge and metric.

The columns, or keys, are those of `gavel.results.scores.ScoreRow`. Only `metric` is needed, with `value` or `label`,
and a `prompt` or a `record` to know the record by; a row without a value or label is a missing score. The texts of an
answer may stand in its first row only.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import duckdb

from gavel.problems import Problem, Problems
from gavel.results.byte_lines import byte_lines
from gavel.results.joining import AnswerTexts, ScoredRecord, ScoreKey, Value
from gavel.results.matching import identity_of
from gavel.results.parquet import SCHEMA, column_types, read_scores
from gavel.results.row_scores import UNKNOWN, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gavel.results.byte_lines import Readable

_COLUMNS: Final = f"the columns of a score file are {', '.join(SCHEMA)}; see `gavel compare --help`"
_TEXTS: Final = ("category", "generator", "judge", "metric", "label", "prompt", "reference", "response", "stop_reason")
_REASONS: Final = ("explanation", "reason")
_LAST_RECORD: Final = 2**63 - 1  # what a BIGINT of a Parquet score file holds


@dataclass
class _Answer:
    """One generator's answer to one record, as its rows are read."""

    number: int | None
    texts: dict[str, str | None] = field(default_factory=dict)
    scores: dict[ScoreKey, Value] = field(default_factory=dict)
    first_line: dict[ScoreKey, int | None] = field(default_factory=dict)
    reasons: dict[ScoreKey, str] = field(default_factory=dict)

    def scored(self, *, texts: bool) -> ScoredRecord:
        prompt, category = self.texts.get("prompt"), self.texts.get("category") or None
        # Without a prompt, a record of a dataset is known by its number.
        named = prompt if prompt is not None else f"record {self.number}"
        keys = tuple(sorted(self.scores))
        number = -1 if self.number is None else self.number
        return ScoredRecord(
            identity=identity_of(named, self.texts.get("reference"), category, None if prompt is not None else ""),
            rank=number.to_bytes(16, "big", signed=True),
            category=category,
            keys=keys,
            values=tuple(self.scores[key] for key in keys),
            length=None if (response := self.texts.get("response")) is None else len(response),
            number=self.number,
            texts=self._texts() if texts else None,
        )

    def _texts(self) -> AnswerTexts:
        prompt, reference, response, stop = (
            self.texts.get(name) for name in ("prompt", "reference", "response", "stop_reason")
        )
        return AnswerTexts(prompt, reference, response, stop, self.reasons)


def read_score_lines(
    stream: Readable, *, file: str, problems: Problems, texts: bool = False
) -> Iterator[tuple[str, ScoredRecord]]:
    """Each generator's records in a JSON Lines score file; a line that cannot be used is added to `problems`.

    The records hold their texts where these are wanted.
    """
    answers: dict[tuple[str, object], _Answer] = {}
    for line, data in byte_lines(stream):
        row = _row(data, _Report(file, line, problems))
        if row is not None:
            _take(row, answers, _Report(file, line, problems), texts=texts)
    yield from _scored(answers, texts=texts)


def read_score_parquet(
    paths: Sequence[Path], *, file: str, problems: Problems, texts: bool = False
) -> Iterator[tuple[str, ScoredRecord]]:
    """Each generator's records in Parquet score files, all of them one table; what is wrong is added to `problems`.

    The records hold their texts where these are wanted.
    """
    before = problems.count
    try:
        for path in paths:
            present = column_types(path)
            for name in ("record", "metric", "value"):
                if name not in present:
                    problems.add(Problem(file, None, name, "is no column of the file", _COLUMNS))
        if problems.count > before:
            return
        answers: dict[tuple[str, object], _Answer] = {}
        for row in read_scores(paths):
            fields = {name: getattr(row, name) for name in ("record", "value", *_TEXTS, *_REASONS)}
            _take(fields, answers, _Report(file, None, problems, row.record), texts=texts)
    except (duckdb.Error, RuntimeError, ValueError, OverflowError) as error:
        # A name that is no UTF-8, or a value that Python has no room for, raises none of DuckDB's own errors. All
        # messages may quote values.
        reason = f"cannot be read as a Parquet score file ({type(error).__name__})"
        problems.add(Problem(file, None, None, reason, _COLUMNS))
        return
    yield from _scored(answers, texts=texts)


def _scored(answers: dict[tuple[str, object], _Answer], *, texts: bool) -> Iterator[tuple[str, ScoredRecord]]:
    for (generator, _), answer in answers.items():
        yield generator, answer.scored(texts=texts)


@dataclass(frozen=True)
class _Report:
    file: str
    line: int | None
    problems: Problems
    record: int | None = None

    def __call__(self, name: str | None, reason: str, remedy: str) -> None:
        place = self.record
        if place is not None and place < 1:
            # Files of other programs may count from 0, or name their records by any number; places count from 1.
            place, reason = None, f"{reason} (record {self.record})"
        self.problems.add(Problem(self.file, self.line, name, reason, remedy, place))


def _row(data: bytes | None, report: _Report) -> dict[str, Any] | None:
    remedy = "write one JSON object a line, or leave this line out"
    if data is None:
        report(None, "the line is too long to be a score", remedy)
        return None
    try:
        row = json.loads(data.decode())
    except (ValueError, RecursionError):
        report(None, "the line is not JSON", remedy)
        return None
    if not isinstance(row, dict):
        report(None, "the line is JSON but not an object", remedy)
        return None
    return row if _sound(row, report) else None


def _sound(row: dict[str, Any], report: _Report) -> bool:
    """Whether a row can be used; else what is wrong with it has been told."""
    before = report.problems.count
    if not row.get("metric"):
        report("metric", "is missing", "name the metric that this row scores")
    for name in (*_TEXTS, *_REASONS):
        if not isinstance(row.get(name), str | None):
            report(name, "is not a text", "write a text, or null")
    record, value = row.get("record"), row.get("value")
    if isinstance(record, bool) or not isinstance(record, int | None):
        report("record", "is not a whole number", "write the number of the record in its dataset")
    elif record is not None and abs(record) > _LAST_RECORD:
        report("record", "is larger than the number of any record", "write the number of the record in its dataset")
    elif record is None and row.get("prompt") is None:
        report("record", "is missing, and so is `prompt`", "say which record this row scores")
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        report("value", "is not a number", "write a number, a text as `label`, or null where there is no score")
    elif value is not None and row.get("label") is not None:
        report("label", "stands beside a `value`", "a score is either a number or a label")
    return report.problems.count == before


def _take(
    row: dict[str, Any], answers: dict[tuple[str, object], _Answer], report: _Report, *, texts: bool = False
) -> None:
    """Add a row to its answer; the same score twice counts once, and two different ones are a problem."""
    found = {name: None if row.get(name) is None else clean_text(row[name]) for name in _TEXTS}
    generator, judge, metric = (found[name] or UNKNOWN for name in ("generator", "judge", "metric"))
    number = row.get("record")
    place = number if number is not None else tuple(found[name] for name in ("prompt", "reference", "category"))
    answer = answers.setdefault((generator, place), _Answer(number))
    for name, text in found.items():
        if answer.texts.get(name) is None:
            answer.texts[name] = text
    value = found["label"] if found["label"] is not None else _number(row.get("value"))
    key = (judge, metric)
    if key in answer.scores and answer.scores[key] != value:
        first = answer.first_line[key]
        other = "another row" if first is None else f"line {first}"
        report("value", f"differs from that of the same record, generator, judge and metric in {other}", "keep one")
        return
    answer.scores[key] = value
    if texts:
        answer.reasons[key] = next((clean_text(row[name]) for name in _REASONS if row.get(name)), "")
    answer.first_line.setdefault(key, report.line)


def _number(value: float | None) -> float | None:
    """A finite number; what is none is a missing score."""
    try:
        number = math.nan if value is None else float(value)
    except OverflowError:
        return None
    return number + 0.0 if math.isfinite(number) else None
