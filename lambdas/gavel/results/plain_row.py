"""The fast way to read a row: typed decoding of what Bedrock's judge jobs write, and of nothing else.

A typed decoder is three times as fast as Python's own parser, and what it decoded need not be checked once more. A line
that it takes says to it what it says to Python's parser, a repeated key included: the last one counts.
"""

from __future__ import annotations

from typing import Final

import msgspec

from gavel.results.row_scores import ABSENT, LARGEST, UNKNOWN, UNPARSED, MetricResult, is_failure, score_value


class _Details(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename={"judge": "modelIdentifier"}, frozen=True):
    judge: str = ""
    explanation: str = ""


class _Score(
    msgspec.Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={"metric": "metricName", "details": "evaluatorDetails"},
    frozen=True,
):
    metric: str
    details: tuple[_Details]
    result: float | str | msgspec.UnsetType | None = ABSENT


class _Scores(msgspec.Struct, gc=False, forbid_unknown_fields=True, frozen=True):
    scores: tuple[_Score, ...]


class _Answer(
    msgspec.Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={"model": "modelIdentifier", "stop_reason": "stopReason"},
    frozen=True,
):
    response: str | None = None
    model: str | None = None
    stop_reason: str | None = None


class _Record(
    msgspec.Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={"reference": "referenceResponse", "answers": "modelResponses"},
    frozen=True,
):
    prompt: str | None = None
    reference: str | None = None
    category: str | None = None
    answers: tuple[_Answer, ...] = ()


class _Row(
    msgspec.Struct,
    gc=False,
    forbid_unknown_fields=True,
    rename={"result": "automatedEvaluationResult", "record": "inputRecord", "answers": "modelResponses"},
    frozen=True,
):
    result: _Scores
    record: _Record = _Record()
    answers: tuple[_Answer, ...] = ()


class PlainRow(msgspec.Struct, gc=False, frozen=True):
    """What a line says of a record, of the answer to it (None where nothing is said), and of its scores."""

    prompt: str | None
    reference: str | None
    category: str | None
    answer: _Answer
    supplied: _Answer
    scores: list[MetricResult]


_DECODER: Final = msgspec.json.Decoder(_Row)
_NO_ANSWER: Final = _Answer()
_SHORTER_THAN_FAILURE: Final = len(UNPARSED)
# The first letter of a failure, and every character that is space around one.
_FAILURE_BEGINS: Final = frozenset((UNPARSED[0], *(chr(code) for code in range(0x3001) if chr(code).isspace())))


def plain_row(line: bytes) -> PlainRow | None:
    """The row of a line where it is a plain one; None for every other, right or wrong."""
    try:
        row = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    scores = []
    for score in row.result.scores:
        metric, result = score.metric, score.result
        if not 0 < len(metric) < _SHORTER_THAN_FAILURE:
            return None
        details = score.details[0]
        explanation = details.explanation
        value: float | str | None
        if type(result) is float and -LARGEST <= result <= LARGEST:
            value, why = result + 0.0, ""
        else:
            value, why = score_value(result, metric)
            if type(result) is str and is_failure(result):
                value, why = None, UNPARSED
        # What is a failure begins as one, if not with space; the whole of every text need not be looked at.
        if explanation and explanation[0] in _FAILURE_BEGINS and is_failure(explanation):
            value, why = None, UNPARSED
        scores.append(MetricResult(metric, details.judge or UNKNOWN, value, explanation, why))
    record = row.record
    return PlainRow(
        record.prompt,
        record.reference,
        record.category,
        row.answers[0] if row.answers else _NO_ANSWER,
        record.answers[0] if record.answers else _NO_ANSWER,
        scores,
    )
