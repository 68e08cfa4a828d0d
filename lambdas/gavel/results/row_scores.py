"""One score of a Bedrock result row: a number, a label, or missing with the reason why."""

from __future__ import annotations

import math
import re
from typing import Any, Final

import msgspec

from gavel.metrics import BUILTIN_PREFIX
from gavel.results.number_texts import NOT_FINITE, NUMBER

UNKNOWN: Final = "unknown"
LARGEST: Final = 1e100  # what is larger could be neither squared in a double nor stored in DynamoDB
ABSENT: Final = msgspec.UNSET
UNPARSED: Final = "Unable to parse score from the LLM judge response"

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class MetricResult(msgspec.Struct, frozen=True, gc=False):
    """What one judge said about one answer on one metric.

    `value` is a finite number, or the label of a metric with a textual scale, or None when the score is missing; then
    `why_missing` has a reason (it is empty otherwise). A missing score is never a zero. `judge` is `unknown` when the
    row does not name it.
    """

    metric: str
    judge: str
    value: float | str | None
    explanation: str
    why_missing: str


def clean_text(text: str) -> str:
    """The text with lone surrogates (legal in JSON, but no UTF-8 can hold them) replaced by U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def parse_score(entry: dict[str, Any], metric: str) -> MetricResult:
    """Read one entry of `automatedEvaluationResult.scores`; whatever it holds, the answer is a result.

    The shapes are those that real files were seen to hold: a number, a number or a label as text, null, no `result` at
    all, NaN, or the judge's failure text in place of the score or of its explanation.
    """
    details = entry.get("evaluatorDetails")
    judges = [one for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    explanation = _first_text(judges, "explanation")
    value, why = score_value(entry.get("result", ABSENT), metric)
    if any(is_failure(text) for text in (explanation, *entry.values())):
        value, why = None, UNPARSED
    return MetricResult(
        metric=metric,
        judge=_first_text(judges, "modelIdentifier") or UNKNOWN,
        value=value,
        explanation=explanation,
        why_missing=why,
    )


def score_value(result: object, metric: str) -> tuple[float | str | None, str]:
    """The value of a metric's `result`, which may be ABSENT, and why there is none (empty where there is one)."""
    if isinstance(result, str):
        return _of_text(clean_text(result.strip()), metric)
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        return _finite(result)
    if isinstance(result, bool):
        why = "the result is true or false, neither a number nor a label"
    elif result is ABSENT:
        why = "the row has no result for this metric"
    else:
        why = "the result is null" if result is None else "the result is neither a number nor a text"
    return None, why


def is_failure(text: object) -> bool:
    """Whether a text is the failure's, in whichever field it stands; an explanation that only quotes it is not."""
    return isinstance(text, str) and text.strip().removesuffix(".") == UNPARSED


def _of_text(text: str, metric: str) -> tuple[float | str | None, str]:
    if not text:
        return None, "the result is an empty text"
    if NUMBER.fullmatch(text):
        return _finite(float(text))
    if NOT_FINITE.fullmatch(text):
        return None, "the result is not a finite number"
    if metric.startswith(BUILTIN_PREFIX):
        return None, "the result is a text where this metric has a number"
    return text, ""


def _finite(number: float) -> tuple[float | None, str]:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if LARGEST < abs(value) < math.inf:
        return None, "the result is larger than any scale"
    if math.isfinite(value):
        return value + 0.0, ""  # + 0.0 turns -0.0 into 0.0, which would be a second value of its own in tables
    return None, "the result is not a finite number"


def _first_text(entries: list[dict[str, Any]], key: str) -> str:
    for entry in entries:
        text = entry.get(key)
        if isinstance(text, str) and text:
            return clean_text(text)
    return ""
