"""The figures of an evaluation as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import TYPE_CHECKING, Final

from gavel.results.row_scores import clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.statistics.summary import MetricSummary

# Programs may count on the places of these columns: a new one goes to the end.
CSV_COLUMNS: Final = (
    "model",
    "judge",
    "metric",
    "category",
    "direction",
    "n",
    "missing",
    "coverage",
    "mean",
    "stdev",
    "interval_low",
    "interval_high",
    "values",
)
# What makes a spreadsheet read a cell as a formula (OWASP, "CSV injection"), also behind what it may skip, and in full
# width.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def summary_csv(summaries: Sequence[MetricSummary]) -> str:
    """The summaries as CSV (RFC 4180): one row each, an empty field where there is no figure or category.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. `values` is a JSON object.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for one in summaries:
        low, high = one.interval or (None, None)
        texts = [_safe(text) for text in (one.model, one.judge, one.metric, one.category or "")]
        figures = [one.n, one.missing, one.coverage, one.mean, one.stdev, low, high]
        values = clean_text(json.dumps(one.values, ensure_ascii=False))
        writer.writerow([*texts, one.direction.value, *figures, values])
    return file.getvalue()


def _safe(text: str) -> str:
    text = clean_text(text)
    first = next((place for place, character in enumerate(text) if not _is_skipped(character)), 0)
    return f"'{text}" if text.startswith(_FORMULA) or text[first:].startswith(_FORMULA) else text


def _is_skipped(character: str) -> bool:
    """Whether a spreadsheet may drop the character at the beginning of a cell: white space, controls, marks."""
    return character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}
