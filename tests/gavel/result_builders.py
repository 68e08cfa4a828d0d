"""Small builders of result rows, so that every literal in a test matters."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from gavel.problems import Problems
from gavel.results.parquet import ScoreColumns, ScoreGroup
from gavel.results.rows import ResultRow, read_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.results.scores import ScoreRow

ABSENT: Any = object()


def score(metric: str, result: Any = 1.0, *, judge: str | None = "judge", explanation: str | None = "because") -> Any:
    """One entry of `scores`, keys in the order of real files."""
    entry: dict[str, Any] = {"metricName": metric}
    if judge is not None:
        entry["evaluatorDetails"] = [{"modelIdentifier": judge}]
        if explanation is not None:
            entry["evaluatorDetails"][0]["explanation"] = explanation
    if result is not ABSENT:
        entry["result"] = result
    return entry


def row(
    scores: Mapping[str, Any] | list[Any],
    *,
    prompt: str = "question",
    model: str | None = "model",
    response: str = "answer",
    **record: Any,
) -> dict[str, Any]:
    """One row of a result file; `record` adds keys to its `inputRecord`."""
    entries = scores if isinstance(scores, list) else [score(name, result) for name, result in scores.items()]
    built: dict[str, Any] = {
        "automatedEvaluationResult": {"scores": entries},
        "inputRecord": {"prompt": prompt, **record},
    }
    if model is not None:
        built["modelResponses"] = [{"response": response, "modelIdentifier": model}]
    return built


def lines(*rows: Any) -> bytes:
    """Rows as the bytes of a result file: compact, not ASCII only, no final newline."""
    return b"\n".join(
        one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()
        for one in rows
    )


def read(data: bytes) -> tuple[list[ResultRow], Problems]:
    """The rows of a file and its problems."""
    problems = Problems()
    return list(read_results(io.BytesIO(data), file="results.jsonl", problems=problems)), problems


def score_columns(rows: Sequence[ScoreRow]) -> ScoreColumns:
    """The columns that `read_columns` would give of a file with those rows."""
    keys = [ScoreGroup(one.generator, one.judge, one.metric, one.category) for one in rows]
    groups = sorted(set(keys), key=lambda key: (*key[:3], key.category is None, key.category or ""))
    return ScoreColumns(
        record=np.array([one.record for one in rows], dtype=np.int64),
        value=np.array([np.nan if one.value is None else one.value for one in rows], dtype=np.float64),
        label=np.array([None, *(one.label for one in rows)], dtype=object)[1:],  # objects, even of texts alone
        group=np.array([groups.index(key) for key in keys], dtype=np.int64),
        groups=groups,
    )
