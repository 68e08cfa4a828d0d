"""Results of finished jobs stand for the same work of a later evaluation, and for no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients, slots, spending
from gavel.aws.collect_scores import collect_scores
from gavel.aws.fail_job import fail_job
from gavel.aws.start_job import start_job
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names.object_keys import EvaluationKeys
from gavel.problems import QuotaFullError, TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

LATER = "2026-01-02T05:00:00.000Z"
LITE = "{model: 'amazon.nova-lite-v1:0', name: lite}"
RECORDS = (record(1), record(2))


def suite(
    *,
    generators: str = LITE,
    judge: str = "amazon.nova-pro-v1:0",
    metrics: str = "Correctness",
    more: str = "",
) -> str:
    return f"version: 1\ngenerators: [{generators}]\njudges: [{{model: '{judge}'}}]\nmetrics: [{metrics}]\n{more}"


def begin(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def collect(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return collect_scores(evaluation, line, bucket=stage.bucket, table=stage.table, now=NOW)


def item(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return stage.table.job(evaluation, line["job_id"]) or {}


def deliver(stage: Stage, evaluation: str, line: dict[str, Any], *values: object) -> str:
    """Write the output of a job as Bedrock would, its first records scored with `values`; the key."""
    asked = builders.shard(stage, line)
    rows = [
        {
            "automatedEvaluationResult": {
                "scores": [
                    {
                        "metricName": "Builtin.Correctness",
                        "evaluatorDetails": [{"modelIdentifier": "amazon.nova-pro-v1:0", "explanation": "words"}],
                        "result": value,
                    }
                ]
            },
            "inputRecord": row,
            "modelResponses": [{"response": "an answer", "modelIdentifier": "amazon.nova-lite-v1:0"}],
        }
        for row, value in zip(asked, values, strict=False)
    ]
    key = f"{item(stage, evaluation, line)['raw_output']}models/m/taskTypes/General/datasets/d/1_output.jsonl"
    stage.bucket.put(key, "\n".join(map(json.dumps, rows)).encode(), content_type="application/json")
    return key


def finished(stage: Stage, text: str, *values: object) -> tuple[str, str]:
    """An evaluation of RECORDS whose one job was collected with these scores; its id and its job's output."""
    evaluation, (line, *_) = builders.planned(stage, *RECORDS, suite=text)
    begin(stage, evaluation, line)
    key = deliver(stage, evaluation, line, *values)
    collect(stage, evaluation, line)
    return evaluation, key


def made(stage: Stage) -> int:
    """How many jobs Bedrock was asked for."""
    return stage.bedrock.calls.count("CreateEvaluationJob")


def test_the_same_work_again_is_read_and_not_paid_for(stage: Stage) -> None:
    first, _ = finished(stage, suite(), 1, 0.5)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))

    answer = begin(stage, evaluation, line)
    counts = collect(stage, evaluation, line)
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)

    assert (answer["status"], made(stage)) == ("Completed", 1)
    assert counts == {"status": "Collected", "scored": 2, "missing": 0}
    assert item(stage, evaluation, line)["reused_from"] == {"evaluation_id": first, "job_id": line["job_id"]}
    document = stage.bucket.read_json(EvaluationKeys(evaluation).summary) or {}
    assert (document["summaries"][0]["mean"], document["evaluation"]["reused_jobs"]) == (0.75, 1)
    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    assert view["reused_jobs"] == 1


def test_a_second_attempt_at_a_reused_job_gives_the_same_answer(stage: Stage) -> None:
    finished(stage, suite(), 1, 1)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))

    assert begin(stage, evaluation, line) == begin(stage, evaluation, line)
    assert made(stage) == 1


def test_results_are_passed_on_from_evaluation_to_evaluation(stage: Stage) -> None:
    first, _ = finished(stage, suite(), 1, 1)
    for number in range(2):
        evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more=f"description: '{number}'"))
        begin(stage, evaluation, line)
        collect(stage, evaluation, line)

        assert item(stage, evaluation, line)["reused_from"]["evaluation_id"] == first


def test_a_suite_may_say_no_and_is_then_found_by_later_ones(stage: Stage) -> None:
    finished(stage, suite(), 1, 1)
    fresh, _ = finished(stage, suite(more="reuse: false"), 0, 0)
    assert made(stage) == 2

    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: third"))
    begin(stage, evaluation, line)

    assert item(stage, evaluation, line)["reused_from"]["evaluation_id"] == fresh


@pytest.mark.parametrize(
    "other",
    [
        suite(generators="{model: 'amazon.nova-micro-v1:0', name: lite}"),
        suite(generators="{model: 'amazon.nova-lite-v1:0', name: lite, parameters: {temperature: 0.5}}"),
        suite(generators="{model: 'amazon.nova-lite-v1:0', name: lite, latency: optimized}"),
        suite(judge="amazon.nova-premier-v1:0"),
        suite(metrics="Completeness"),
        suite(metrics="Correctness, Completeness"),
    ],
)
def test_work_that_differs_in_anything_is_done(stage: Stage, other: str) -> None:
    finished(stage, suite(), 1, 1)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=other)

    assert begin(stage, evaluation, line)["status"] == "InProgress"
    assert made(stage) == 2


def test_other_records_are_other_work(stage: Stage) -> None:
    finished(stage, suite(), 1, 1)
    evaluation, (line,) = builders.planned(stage, record(1), record(2, referenceResponse="five"), suite=suite())

    assert begin(stage, evaluation, line)["status"] == "InProgress"


@pytest.mark.parametrize(
    "same",
    [
        suite(generators="{model: 'amazon.nova-lite-v1:0', name: renamed}"),
        suite(generators="{model: 'us.amazon.nova-lite-v1:0', name: lite}"),
        suite(judge="us.amazon.nova-pro-v1:0"),
        suite(judge="arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0"),
    ],
)
def test_names_regions_and_profiles_make_no_other_work(stage: Stage, same: str) -> None:
    finished(stage, suite(), 1, 1)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=same)

    assert begin(stage, evaluation, line)["status"] == "Completed"


def test_a_model_that_is_named_twice_gives_two_samples(stage: Stage) -> None:
    twice = suite(generators="{model: 'amazon.nova-lite-v1:0', name: a}, {model: 'amazon.nova-lite-v1:0', name: b}")
    finished(stage, suite(), 1, 1)
    evaluation, lines = builders.planned(stage, *RECORDS, suite=twice)

    assert [begin(stage, evaluation, line)["status"] for line in lines] == ["Completed", "InProgress"]


@pytest.mark.parametrize(
    "values",
    [pytest.param((1,), id="a row is missing"), pytest.param((1, None), id="half of the scores are missing")],
)
def test_a_job_that_delivered_too_little_is_done_again(stage: Stage, values: tuple[object, ...]) -> None:
    finished(stage, suite(), *values)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))

    assert begin(stage, evaluation, line)["status"] == "InProgress"


def test_results_that_are_no_longer_there_are_made_again(stage: Stage) -> None:
    _, key = finished(stage, suite(), 1, 1)
    clients.s3().delete_object(Bucket=stage.bucket.name, Key=key)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))

    assert begin(stage, evaluation, line)["status"] == "InProgress"


def test_failing_a_reused_job_stops_nobodys_job(stage: Stage) -> None:
    finished(stage, suite(), 1, 1)
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))
    begin(stage, evaluation, line)

    fail_job(evaluation, line, error={"Error": "UnusableResultsError"}, table=stage.table, now=NOW)

    assert "StopEvaluationJob" not in stage.bedrock.calls


def test_a_reused_job_takes_no_slot(stage: Stage) -> None:
    finished(stage, suite(), 1, 1)
    full = "gavel.aws.slots.acquire"
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(full, lambda *_, **__: pytest.fail("asked for a slot"))
        assert begin(stage, evaluation, line)["status"] == "Completed"


def test_a_job_that_bedrock_may_have_already_is_adopted_and_not_reused(stage: Stage) -> None:
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more="description: again"))
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, line)
    finished(stage, suite(), 1, 0.5)

    answer = begin(stage, evaluation, line)

    assert answer["status"] == "InProgress"
    assert "reused_from" not in item(stage, evaluation, line)
    assert len(stage.bedrock.jobs) == 2


def test_a_job_that_had_reserved_money_and_is_then_reused_gives_it_back(stage: Stage) -> None:
    # Given a job under a budget for which Bedrock has no room, so that its slot goes to others
    budget = "description: again\nbudget: {per_evaluation_usd: 1, per_month_usd: 1}\n"
    evaluation, (line,) = builders.planned(stage, *RECORDS, suite=suite(more=budget))
    stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]
    with pytest.raises(QuotaFullError):
        begin(stage, evaluation, line)
    slots.sweep(stage.table, now=LATER)
    assert spending.of_evaluation(stage.table, evaluation) > 0

    # When another evaluation does the same work meanwhile
    finished(stage, suite(), 1, 0.5)
    answer = begin(stage, evaluation, line)
    collect(stage, evaluation, line)

    assert (answer["status"], item(stage, evaluation, line)["status"]) == ("Completed", "COLLECTED")
    assert spending.of_evaluation(stage.table, evaluation) == 0
