"""From records to the rows of the result file: answer, judge every metric, apply the faults of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.bedrock.answers import Case, Generator, Judge, Question, Rating
from local.bedrock.openai_endpoint import UNPARSABLE
from local.bedrock.output import Row, Score

if TYPE_CHECKING:
    from local.bedrock.dataset import Record
    from local.bedrock.faults import JobFault
    from local.bedrock.job_request import Dataset, JobRequest, Metric


def score_dataset(
    records: list[Record],
    *,
    request: JobRequest,
    dataset: Dataset,
    generator: Generator,
    judge: Judge,
    fault: JobFault,
) -> list[Row]:
    """Rows in input order, unless the fault drops, doubles or shuffles them."""
    rows: dict[int, Row] = {}
    positions = fault.rows(request.name, len(records))
    for position in sorted(set(positions)):
        record = records[position]
        response = record.response if record.response is not None else _answer(generator, request, record)
        scores = tuple(
            _score(judge, metric, record, response, fault.score_fault(request.name, record.number, metric.name))
            for metric in dataset.metrics
        )
        rows[position] = Row(record, response, scores)
    return [rows[position] for position in positions]


def _answer(generator: Generator, request: JobRequest, record: Record) -> str:
    return generator.answer(Question(request.generator, record.prompt, record.reference, request.inference_params))


def _score(judge: Judge, metric: Metric, record: Record, response: str, fault: str | None) -> Score:
    rating = judge.rate(Case(metric, record.prompt, response, record.reference))
    if fault is not None:
        return _faulty(metric, rating, fault)
    if not metric.scale.options:
        return Score(metric, rating.explanation, None, has_result=False)
    option = metric.scale.option(rating.label) if rating.label is not None else None
    return Score(metric, rating.explanation, option.result if option else None)


def _faulty(metric: Metric, rating: Rating, fault: str) -> Score:
    if fault == "null":
        return Score(metric, rating.explanation, None)
    if fault == "absent":
        return Score(metric, rating.explanation, None, has_result=False)
    if fault == "nan":
        return Score(metric, rating.explanation, float("nan"))
    return Score(metric, rating.explanation, UNPARSABLE)
