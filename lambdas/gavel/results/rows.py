"""Rows of the result files that Bedrock's judge jobs write (`*_output.jsonl`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from gavel.problems import Problem, Problems
from gavel.results.byte_lines import byte_lines
from gavel.results.plain_row import plain_row
from gavel.results.row_scores import UNKNOWN, MetricResult, clean_text, parse_score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.results.byte_lines import Readable

_TRY_EVERY: Final = 16
_NOT_A_ROW: Final = "take a file that ends in _output.jsonl from a judge job's output"


class ResultRow(msgspec.Struct, frozen=True, gc=False):
    """One row of a result file.

    `prompt`, `reference`, `category` and `supplied_response` echo the dataset's record (None where the row has none);
    `model` is whose answer was judged, `unknown` when the row does not say; `response` is the judged answer, None when
    the model gave none. `repeats` counts scores left out because the row had a usable one of the same metric and judge.
    """

    line: int
    prompt: str | None
    reference: str | None
    category: str | None
    model: str
    response: str | None
    stop_reason: str | None
    supplied_response: str | None
    scores: tuple[MetricResult, ...]
    repeats: int = 0


def read_results(stream: Readable, *, file: str, problems: Problems) -> Iterator[ResultRow]:
    """Stream the rows of a judge job's result file in bounded memory.

    A line that is no row of such a file is added to `problems`, with its number and never with its text, and the others
    go on. Blank lines count as lines and are no problem.
    """
    plain = True
    for number, line in byte_lines(stream):
        row = None
        # Where lines are not plain, say by a key of the user's own, trying each would be work for nothing.
        if line is not None and (plain or number % _TRY_EVERY == 0):
            row = _plain(number, line)
            plain = row is not None
        if row is None:
            row = _read(number, line, _Reporter(file=file, line=number, problems=problems))
        if row is not None:
            yield row


@dataclass(frozen=True)
class _Reporter:
    file: str
    line: int
    problems: Problems

    def __call__(self, field: str | None, reason: str, remedy: str) -> None:
        self.problems.add(Problem(file=self.file, line=self.line, field=field, reason=reason, remedy=remedy))


def _plain(number: int, line: bytes) -> ResultRow | None:
    """The row of a line that is as nearly all are; None for every other."""
    row = plain_row(line)
    if row is None:
        return None
    answer, supplied = row.answer, row.supplied
    scores, repeats = _without_repeats(row.scores)
    return ResultRow(
        number,
        row.prompt,
        row.reference,
        row.category or None,
        answer.model or supplied.model or UNKNOWN,
        answer.response,
        answer.stop_reason,
        supplied.response,
        scores,
        repeats,
    )


def _read(number: int, line: bytes | None, report: _Reporter) -> ResultRow | None:
    """The row of a line; what was parsed of it is gone when the next one is, for it may take fifty times as much."""
    if line is None:
        report(None, "the line is too long to be a result row", _NOT_A_ROW)
        return None
    row = _parse(line, report)
    result = None if row is None else _result(row, report)
    return None if row is None or result is None else _row(number, row, result, report)


def _parse(line: bytes, report: _Reporter) -> dict[str, Any] | None:
    remedy = "download the file again, or leave this line out"
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError:
        report(None, "the line is not UTF-8", remedy)
    except json.JSONDecodeError as error:
        report(None, f"the line is not JSON ({error.msg} at column {error.colno})", remedy)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nesting without end
        report(None, "the line is not JSON that can be read", remedy)
    else:
        if isinstance(row, dict):
            return row
        report(None, "the line is JSON but not an object", _NOT_A_ROW)
    return None


def _result(row: dict[str, Any], report: _Reporter) -> dict[str, Any] | None:
    result = row.get("automatedEvaluationResult")
    if isinstance(result, dict):
        return result
    record = row.get("inputRecord")
    if "conversationTurns" in row or (isinstance(record, dict) and "conversationTurns" in record):
        report("conversationTurns", "this is a row of a RAG evaluation, which Gavel does not read", _NOT_A_ROW)
    elif any(key.startswith("human") for key in row):
        report(None, "this is a row of a human evaluation, which Gavel does not read", _NOT_A_ROW)
    elif "prompt" in row:
        report("automatedEvaluationResult", "is missing: this is a dataset's record, not a result row", _NOT_A_ROW)
    else:
        report("automatedEvaluationResult", "is missing or not an object", _NOT_A_ROW)
    return None


def _row(number: int, row: dict[str, Any], result: dict[str, Any], report: _Reporter) -> ResultRow:
    record = row.get("inputRecord")
    record = record if isinstance(record, dict) else {}
    answer, supplied = _first_answer(row), _first_answer(record)
    scores, repeats = _scores(result, report)
    return ResultRow(
        line=number,
        prompt=_text(record, "prompt"),
        reference=_text(record, "referenceResponse"),
        category=_text(record, "category") or None,
        model=_text(answer, "modelIdentifier") or _text(supplied, "modelIdentifier") or UNKNOWN,
        response=_text(answer, "response"),
        stop_reason=_text(answer, "stopReason"),
        supplied_response=_text(supplied, "response"),
        scores=scores,
        repeats=repeats,
    )


def _first_answer(holder: dict[str, Any]) -> dict[str, Any]:
    answers = holder.get("modelResponses")
    first = answers[0] if isinstance(answers, list) and answers else None
    return first if isinstance(first, dict) else {}


def _text(holder: dict[str, Any], key: str) -> str | None:
    value = holder.get(key)
    return clean_text(value) if isinstance(value, str) else None


def _scores(result: dict[str, Any], report: _Reporter) -> tuple[tuple[MetricResult, ...], int]:
    place = "automatedEvaluationResult.scores"
    entries = result.get("scores")
    if not isinstance(entries, list):
        report(place, "is missing or not a list", "the row counts as one without any score")
        return (), 0
    parsed: list[MetricResult] = []
    for index, entry in enumerate(entries):
        metric = _text(entry, "metricName") if isinstance(entry, dict) else None
        if metric:
            parsed.append(parse_score(entry, metric))
        else:
            report(f"{place}[{index}]", "has no metricName", "this score is left out")
    return _without_repeats(parsed)


def _without_repeats(parsed: list[MetricResult]) -> tuple[tuple[MetricResult, ...], int]:
    """One score per metric and judge, the first usable one; beside one named judge an unnamed one is the same judge."""
    if len({score.metric for score in parsed}) == len(parsed):
        return tuple(parsed), 0
    judges: dict[str, set[str]] = {}
    for score in parsed:
        if score.judge != UNKNOWN:
            judges.setdefault(score.metric, set()).add(score.judge)
    kept: dict[tuple[str, str], MetricResult] = {}
    for score in parsed:
        named = judges.get(score.metric, set())
        judge = next(iter(named)) if score.judge == UNKNOWN and len(named) == 1 else score.judge
        earlier = kept.get((score.metric, judge))
        if earlier is None or (earlier.value is None and score.value is not None):
            kept[score.metric, judge] = replace(score, judge=judge) if judge != score.judge else score
    return tuple(kept.values()), len(parsed) - len(kept)
