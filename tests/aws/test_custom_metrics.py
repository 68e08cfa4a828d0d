"""Custom metrics on hand-made result files: each score belongs to the judge that gave it, lost ones included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gavel.aws.collect_scores import collect_scores
from gavel.aws.start_job import start_job
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import JobStatus
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

SUITE = """
version: 1
generators: [{model: "amazon.nova-lite-v1:0", name: lite}, {model: "amazon.nova-micro-v1:0", name: micro}]
judges: [{model: "amazon.nova-pro-v1:0", name: pro}]
custom_judge: {model: "amazon.nova-premier-v1:0", name: own}
metrics:
  - Correctness
  - name: verbosity
    description: How long-winded is it?
    better: lower
    instructions: "{{prompt}} {{prediction}}"
    scale: [{definition: terse, value: 1}, {definition: endless, value: 5}]
  - name: policy
    instructions: "{{prediction}}"
    scale: [{definition: keeps it, value: Pass}, {definition: breaks it, value: Fail}]
"""


def deliver(stage: Stage, evaluation: str, line: dict[str, Any], *scores: tuple[float, float, str]) -> None:
    """Start a job, write a row for each record with these scores, and collect it."""
    start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    rows = []
    for asked, values in zip(builders.shard(stage, line), scores, strict=False):
        judged = [
            {"metricName": name, "evaluatorDetails": [{"modelIdentifier": "m", "explanation": "so"}], "result": value}
            for name, value in zip(("Builtin.Correctness", "verbosity", "policy"), values, strict=True)
        ]
        rows.append(
            {
                "automatedEvaluationResult": {"scores": judged},
                "inputRecord": asked,
                "modelResponses": [{"response": "an answer", "modelIdentifier": "m"}],
            }
        )
    item = stage.table.job(evaluation, line["job_id"]) or {}
    data = "\n".join(json.dumps(one) for one in rows).encode()
    stage.bucket.put(f"{item['raw_output']}x/1_output.jsonl", data, content_type="application/json")
    collect_scores(evaluation, line, bucket=stage.bucket, table=stage.table, now=NOW)


def summarized(stage: Stage) -> tuple[str, dict[str, Any]]:
    """Two records; lite delivers both, micro's job fails."""
    evaluation, (lite, micro) = builders.planned(stage, record(1), record(2), suite=SUITE)
    deliver(stage, evaluation, lite, (1, 0.25, "Pass"), (0.5, 1.0, "Fail"))
    stage.table.advance_job(evaluation, micro["job_id"], JobStatus.FAILED, {"reason": "it failed"})
    assert summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)["outcome"] == "SCORED"
    return evaluation, stage.bucket.read_json(EvaluationKeys(evaluation).summary) or {}


def test_scores_of_custom_metrics_are_their_own_judge_s_and_lost_ones_too(stage: Stage) -> None:
    evaluation, document = summarized(stage)

    whole = {
        (item["model"], item["judge"], item["metric"]): (item["n"], item["missing"], item["direction"], item["values"])
        for item in document["summaries"]
        if item["category"] is None
    }
    assert whole == {
        ("lite", "pro", "Builtin.Correctness"): (2, 0, "higher", {"0.5": 1, "1.0": 1}),
        ("lite", "own", "verbosity"): (2, 0, "lower", {"0.25": 1, "1.0": 1}),
        ("lite", "own", "policy"): (2, 0, "higher", {"Fail": 1, "Pass": 1}),
        ("micro", "pro", "Builtin.Correctness"): (0, 2, "higher", {}),
        ("micro", "own", "verbosity"): (0, 2, "lower", {}),
        ("micro", "own", "policy"): (0, 2, "higher", {}),
    }
    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    assert view["judges"] == ["pro", "own"]


def test_the_report_asks_what_a_custom_metric_asks(stage: Stage) -> None:
    evaluation, _ = summarized(stage)

    report = (stage.bucket.read(EvaluationKeys(evaluation).report) or b"").decode()
    assert "How long-winded is it?" in report
    assert "Pass" in report


def test_both_judges_of_a_job_take_a_slot_and_are_paid(stage: Stage) -> None:
    evaluation, _ = summarized(stage)

    item = stage.table.job(evaluation, "g0-j0-s0") or {}
    assert item["judge_models"] == ["amazon.nova-premier-v1:0", "amazon.nova-pro-v1:0"]
    assert item["counted"]["calls"] == 2 + 2 * 3
