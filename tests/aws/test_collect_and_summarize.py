"""CollectScores, SummarizeEvaluation, PublishVerdict and FailEvaluation on hand-made result files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws.collect_scores import collect_scores
from gavel.aws.end_evaluation import break_off
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.start_job import start_job
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names.object_keys import RAW_OUTPUT_TAG_VALUE, EvaluationKeys
from gavel.names.statuses import EvaluationStatus
from gavel.problems import UnusableResultsError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

SUITE = """
version: 1
generators: [{model: "amazon.nova-lite-v1:0", name: lite}, {model: "amazon.nova-micro-v1:0", name: micro}]
judges: [{model: "amazon.nova-pro-v1:0", name: pro}]
metrics: [Correctness]
"""


def result_row(asked: dict[str, Any], value: object, metric: str = "Builtin.Correctness") -> dict[str, Any]:
    detail = {"modelIdentifier": "amazon.nova-pro-v1:0", "explanation": f"the judge's words on {asked['prompt']}"}
    answer = {"response": "an answer", "modelIdentifier": "amazon.nova-lite-v1:0", "stopReason": "END_TURN"}
    return {
        "automatedEvaluationResult": {
            "scores": [{"metricName": metric, "evaluatorDetails": [detail], "result": value}],
        },
        "inputRecord": asked,
        "modelResponses": [answer],
    }


def started(stage: Stage, *records: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    evaluation, lines = builders.planned(stage, *records, suite=SUITE)
    for line in lines:
        start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    return evaluation, lines


def deliver(stage: Stage, evaluation: str, line: dict[str, Any], *rows: dict[str, Any], file: str = "1") -> None:
    """Write an output file where Bedrock would."""
    item = stage.table.job(evaluation, line["job_id"]) or {}
    folder = f"{item['raw_output']}models/some-model/taskTypes/General/datasets/d"
    data = "\n".join(json.dumps(row, separators=(",", ":")) for row in rows).encode()
    stage.bucket.put(f"{folder}/{file}_output.jsonl", data, content_type="application/json")


def collect(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return collect_scores(evaluation, line, bucket=stage.bucket, table=stage.table, now=NOW)


def summarize(stage: Stage, evaluation: str) -> dict[str, Any]:
    return summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)


def finished(stage: Stage, lite: list[object], micro: list[object]) -> str:
    """An evaluation whose two models got these scores, record by record."""
    evaluation, lines = started(stage, *(record(number) for number in range(len(lite))))
    for line, values in zip(lines, (lite, micro), strict=True):
        rows = [result_row(asked, value) for asked, value in zip(builders.shard(stage, line), values, strict=True)]
        deliver(stage, evaluation, line, *rows)
        collect(stage, evaluation, line)
    return evaluation


def figures(stage: Stage, evaluation: str) -> dict[str, tuple[int, int, float | None]]:
    """Per model over all categories: n, missing, mean."""
    document = stage.bucket.read_json(EvaluationKeys(evaluation).summary) or {}
    return {
        item["model"]: (item["n"], item["missing"], item["mean"])
        for item in document["summaries"]
        if item["category"] is None
    }


def test_scores_are_counted_and_a_missing_one_is_no_zero(stage: Stage) -> None:
    evaluation = finished(stage, [1, 0.5, None], [0, "0.5", "NaN"])

    summarize(stage, evaluation)

    assert figures(stage, evaluation) == {"lite": (2, 1, 0.75), "micro": (2, 1, 0.25)}


def test_rows_in_another_order_belong_to_the_same_records(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1), record(2), record(3))
    for line in lines:
        rows = [result_row(asked, value) for asked, value in zip(builders.shard(stage, line), (1, 0.5, 0), strict=True)]
        ordered = rows if line["job_id"].startswith("g0") else rows[::-1]
        deliver(stage, evaluation, line, *ordered)
        collect(stage, evaluation, line)

    summarize(stage, evaluation)

    (comparison,) = [item for item in view(stage, evaluation)["comparisons"] if item["category"] is None]
    assert (comparison["n"], comparison["ties"], comparison["mean_difference"]) == (3, 3, 0)
    assert comparison["spearman"] == pytest.approx(1)


def view(stage: Stage, evaluation: str) -> dict[str, Any]:
    outcome = publish_verdict(evaluation, outcome="SCORED", settings=stage.settings, table=stage.table, now=NOW)
    assert outcome["status"] == "COMPLETED"
    return view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}


def test_several_output_files_of_one_job_are_read_as_one(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1), record(2))
    first, second = builders.shard(stage, lines[0])
    deliver(stage, evaluation, lines[0], result_row(first, 1), file="1")
    deliver(stage, evaluation, lines[0], result_row(second, 1), file="2")

    assert collect(stage, evaluation, lines[0]) == {"status": "Collected", "scored": 2, "missing": 0}


def test_missing_and_foreign_rows_are_counted_exactly(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1), record(2))
    first, _ = builders.shard(stage, lines[0])
    deliver(stage, evaluation, lines[0], result_row(first, 1), result_row({"prompt": "never asked"}, 1))

    collect(stage, evaluation, lines[0])

    item = stage.table.job(evaluation, lines[0]["job_id"]) or {}
    assert (item["rows"], item["missing_rows"], item["foreign_rows"], item["scored"]) == (1, 1, 1, 1)


def test_a_job_without_output_cannot_be_collected(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1))

    with pytest.raises(UnusableResultsError, match=r"no \*_output.jsonl"):
        collect(stage, evaluation, lines[0])


def test_collecting_twice_writes_the_same_scores(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1))
    deliver(stage, evaluation, lines[0], result_row(builders.shard(stage, lines[0])[0], 1))
    key = EvaluationKeys(evaluation).scores(lines[0]["job_id"])
    collect(stage, evaluation, lines[0])
    first = stage.bucket.read(key)

    collect(stage, evaluation, lines[0])

    assert stage.bucket.read(key) == first


def test_raw_output_is_tagged_for_the_buckets_lifecycle(stage: Stage) -> None:
    evaluation = finished(stage, [1], [1])
    from gavel.aws import clients  # noqa: PLC0415 - only this test asks S3 itself

    (raw, _) = [key for key in stage.bucket.keys(EvaluationKeys(evaluation).bedrock) if key.endswith("_output.jsonl")]
    tags = clients.s3().get_object_tagging(Bucket=stage.bucket.name, Key=raw)["TagSet"]
    assert [tag["Value"] for tag in tags] == [RAW_OUTPUT_TAG_VALUE]


def test_records_of_a_job_that_failed_count_as_missing_and_the_others_go_on(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1, category="sums"), record(2))
    deliver(stage, evaluation, lines[0], *(result_row(asked, 1) for asked in builders.shard(stage, lines[0])))
    collect(stage, evaluation, lines[0])

    outcome = summarize(stage, evaluation)

    assert outcome["outcome"] == "SCORED"
    assert figures(stage, evaluation) == {"lite": (2, 0, 1.0), "micro": (0, 2, None)}
    assert (stage.table.head(evaluation) or {})["coverage"] == 0.5


def test_an_evaluation_in_which_no_job_delivered_says_so(stage: Stage) -> None:
    evaluation, _ = started(stage, record(1))

    assert summarize(stage, evaluation)["outcome"] == "NOTHING_SCORED"


def test_a_summary_that_begins_after_the_end_writes_nothing(stage: Stage) -> None:
    evaluation = finished(stage, [1], [0])
    break_off(evaluation, EvaluationStatus.FAILED, "aborted", settings=stage.settings, table=stage.table, now=NOW)

    assert summarize(stage, evaluation)["outcome"] == "NOTHING_SCORED"
    assert stage.bucket.read(EvaluationKeys(evaluation).summary) is None
    assert (stage.table.head(evaluation) or {})["status"] == "FAILED"


def test_summarizing_twice_writes_the_same_bytes_even_at_another_time(stage: Stage) -> None:
    evaluation = finished(stage, [1, 0.5], [0, 0.5])
    keys = EvaluationKeys(evaluation)
    summarize(stage, evaluation)
    first = [stage.bucket.read(key) for key in (keys.summary, keys.summary_csv, keys.report)]

    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now="2027-01-01T00:00:00.000Z")

    assert [stage.bucket.read(key) for key in (keys.summary, keys.summary_csv, keys.report)] == first


def test_the_event_of_a_completed_evaluation_says_where_its_results_lie(stage: Stage) -> None:
    evaluation = finished(stage, [1], [0])
    summarize(stage, evaluation)

    publish_verdict(evaluation, outcome="SCORED", settings=stage.settings, table=stage.table, now=NOW)

    (event,) = stage.events()
    assert event["detail-type"] == "Evaluation Completed"
    assert event["detail"]["evaluation_id"] == evaluation
    assert event["detail"]["results"]["summary"] == EvaluationKeys(evaluation).summary


def test_a_refused_dataset_ends_as_refused_with_an_event(stage: Stage) -> None:
    evaluation = builders.start(stage, {"prompt": ""})
    builders.plan(stage, evaluation)

    publish_verdict(evaluation, outcome="REFUSED", settings=stage.settings, table=stage.table, now=NOW)

    (event,) = stage.events()
    assert (event["detail-type"], event["detail"]["status"]) == ("Evaluation Refused", "REFUSED")
    assert "1 problem" in event["detail"]["reason"]


def test_failing_an_evaluation_stops_its_jobs_and_names_every_reason_once(stage: Stage) -> None:
    evaluation, lines = started(stage, record(1))
    error = {
        "Error": "TryLaterError",
        "Cause": json.dumps({"errorMessage": "S3 is busy", "errorType": "TryLaterError"}),
    }

    fail_evaluation(evaluation, error=error, settings=stage.settings, table=stage.table, now=NOW)

    head = stage.table.head(evaluation) or {}
    assert (head["status"], head["reason"]) == ("FAILED", "TryLaterError: S3 is busy")
    assert {job["status"] for job in stage.bedrock.jobs.values()} == {"Stopping"}
    assert {job["status"] for job in stage.table.jobs(evaluation)} == {"STOPPED"}
    assert len(lines) == 2
    assert stage.events()[0]["detail-type"] == "Evaluation Failed"


def test_an_evaluation_that_completed_is_never_failed_afterwards(stage: Stage) -> None:
    evaluation = finished(stage, [1], [0])
    summarize(stage, evaluation)
    publish_verdict(evaluation, outcome="SCORED", settings=stage.settings, table=stage.table, now=NOW)

    fail_evaluation(
        evaluation, error={"Error": "Late", "Cause": ""}, settings=stage.settings, table=stage.table, now=NOW
    )

    assert (stage.table.head(evaluation) or {})["status"] == "COMPLETED"


def test_the_table_holds_summaries_of_every_model_and_no_text_of_the_dataset(stage: Stage) -> None:
    evaluation = finished(stage, [1, 0.5], [0, 0.5])
    summarize(stage, evaluation)

    items = [*stage.table.results(evaluation, "SUMMARY#"), *stage.table.results(evaluation, "COMPARISON#")]

    assert {item["model"]: item["values"] for item in items if "model" in item} == {
        "lite": {"0.5": 1, "1.0": 1},
        "micro": {"0.0": 1, "0.5": 1},
    }
    assert "What is" not in json.dumps(items)
