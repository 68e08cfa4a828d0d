"""The figures of an evaluation for other programs: JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

SCHEMA_VERSION: Final = 1
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
# What makes a spreadsheet read a cell as a formula (OWASP, "CSV injection"), also behind spaces and in full width.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def summary_document(
    *, evaluation: Mapping[str, Any], summaries: Sequence[MetricSummary], comparisons: Sequence[Comparison]
) -> dict[str, Any]:
    """The document `summary.json`: facts of the evaluation, summaries with their intervals, comparisons; never NaN."""
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation": dict(evaluation),
        "summaries": [
            {**one.to_json(), "coverage": one.coverage, "interval": list(one.interval) if one.interval else None}
            for one in summaries
        ],
        "comparisons": [one.to_json() for one in comparisons],
    }


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
        writer.writerow([*texts, one.direction.value, *figures, json.dumps(one.values, ensure_ascii=False)])
    return file.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
