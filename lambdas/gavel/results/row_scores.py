"""One score of a Bedrock result row: a number, a label, or missing with the reason why."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Final

from gavel.metrics import BUILTIN_PREFIX

UNKNOWN: Final = "unknown"
_LARGEST: Final = 1e100  # what is larger could be neither squared in a double nor stored in DynamoDB
UNPARSED: Final = "Unable to parse score from the LLM judge response"

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class MetricResult:
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


def reads_as_number(text: str) -> bool:
    """Whether a label would be taken for a number, or for one that is missing."""
    return bool(_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text))


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
    value, why = _value(entry, metric)
    if any(_is_failure(text) for text in (explanation, *entry.values())):
        value, why = None, UNPARSED
    return MetricResult(
        metric=metric,
        judge=_first_text(judges, "modelIdentifier") or UNKNOWN,
        value=value,
        explanation=explanation,
        why_missing=why,
    )


def _value(entry: dict[str, Any], metric: str) -> tuple[float | str | None, str]:
    result = entry.get("result")
    if isinstance(result, str):
        return _of_text(clean_text(result.strip()), metric)
    if isinstance(result, (int, float)) and not isinstance(result, bool):
        return _finite(result)
    if isinstance(result, bool):
        why = "the result is true or false, neither a number nor a label"
    elif result is not None:
        why = "the result is neither a number nor a text"
    else:
        why = "the result is null" if "result" in entry else "the row has no result for this metric"
    return None, why


def _is_failure(text: object) -> bool:
    """Whether a text is the failure's, in whichever field it stands; an explanation that only quotes it is not."""
    return isinstance(text, str) and text.strip().removesuffix(".") == UNPARSED


def _of_text(text: str, metric: str) -> tuple[float | str | None, str]:
    if not text:
        return None, "the result is an empty text"
    if _NUMBER.fullmatch(text):
        return _finite(float(text))
    if _NOT_FINITE.fullmatch(text):
        return None, "the result is not a finite number"
    if metric.startswith(BUILTIN_PREFIX):
        return None, "the result is a text where this metric has a number"
    return text, ""


def _finite(number: float) -> tuple[float | None, str]:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if _LARGEST < abs(value) < math.inf:
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
