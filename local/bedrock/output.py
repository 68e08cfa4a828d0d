"""The result file of a job: where it lies and its exact bytes.

Layout and key order are those of public real result files; see README.md.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from local.bedrock.dataset import Record
    from local.bedrock.job_request import Dataset, JobRequest, Metric, S3Place

PERMISSION_CHECK: Final = "amazon-bedrock-evaluations-permission-check"
_NAMESPACE: Final = uuid.UUID("5f0e2f0a-9d0c-5f63-8a4f-6f2f2b8f6a11")


@dataclass(frozen=True)
class Score:
    """One metric's outcome on one record; `result` is a number, a string or None, absent when `has_result` is false."""

    metric: Metric
    explanation: str
    result: float | str | None
    has_result: bool = True

    def as_json(self) -> dict[str, Any]:
        """The entry of `scores`, in the order of real files."""
        entry: dict[str, Any] = {
            "metricName": self.metric.name,
            "evaluatorDetails": [{"modelIdentifier": self.metric.judge, "explanation": self.explanation}],
        }
        return {**entry, "result": self.result} if self.has_result else entry


@dataclass(frozen=True)
class Row:
    """One line of the result file."""

    record: Record
    response: str
    scores: tuple[Score, ...]


def permission_check(request: JobRequest) -> S3Place:
    """The empty object that the service writes first."""
    return request.output.below(request.name, PERMISSION_CHECK)


def output_place(request: JobRequest, job_id: str, dataset: Dataset, part: int = 0) -> S3Place:
    """Key of a result file; its uuid follows from job id, dataset and part.

    A generator that is an ARN goes into the key by what follows its last slash (GUESS).
    """
    name = uuid.uuid5(_NAMESPACE, f"{job_id}/{dataset.name}/{part}")
    return request.output.below(
        request.name,
        job_id,
        "models",
        request.generator.rpartition("/")[2],
        "taskTypes",
        "General",
        "datasets",
        dataset.name,
        f"{name}_output.jsonl",
    )


def custom_metric_place(request: JobRequest, job_id: str, metric: str) -> S3Place:
    """Key of a custom metric's definition (the user guide names the folder; the file's name is a GUESS)."""
    return request.output.below(request.name, job_id, "custom_metrics", f"{metric}.json")


def render(rows: list[Row], *, generator: str, live: bool) -> bytes:
    """JSON Lines: compact, UTF-8 as it is, no newline at the end.

    Half a surrogate pair becomes "?". NaN is written as NaN; only faults produce it.
    """
    return "\n".join(compact(_line(row, generator=generator, live=live)) for row in rows).encode(errors="replace")


def compact(value: Any) -> str:
    """JSON without spaces and without escapes that UTF-8 does not need."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _line(row: Row, *, generator: str, live: bool) -> dict[str, Any]:
    answer = {"response": row.response, "modelIdentifier": generator}
    return {
        "automatedEvaluationResult": {"scores": [score.as_json() for score in row.scores]},
        "inputRecord": row.record.echo,
        # Only live generation has a stop reason.
        "modelResponses": [{**answer, "stopReason": "END_TURN"} if live else answer],
    }
