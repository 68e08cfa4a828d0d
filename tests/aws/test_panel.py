"""A panel of judges on hand-made result files: the second round scores what the first one answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gavel.aws.collect_scores import collect_scores
from gavel.aws.end_evaluation import job_reasons
from gavel.aws.start_job import start_job
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names import object_keys, table_keys
from gavel.names.statuses import JobStatus
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

SUITE = """
version: 1
generators: [{model: "amazon.nova-lite-v1:0", name: lite}]
judges: [{model: "amazon.nova-pro-v1:0", name: pro}, {model: "anthropic.claude-sonnet-4-6", name: sonnet}]
metrics: [Correctness]
"""


def planned(stage: Stage, *records: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """An evaluation with the lead's job and the panel's."""
    evaluation, (lead,) = builders.planned(stage, *records, suite=SUITE)
    data = stage.bucket.read(object_keys.EvaluationKeys(evaluation).panel_jobs) or b""
    (panel,) = [json.loads(line) for line in data.split(b"\n") if line]
    return evaluation, lead, panel


def start(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def row(asked: dict[str, Any], value: object, response: str | None) -> dict[str, Any]:
    score = {
        "metricName": "Builtin.Correctness",
        "evaluatorDetails": [{"modelIdentifier": "some-judge", "explanation": "because"}],
        "result": value,
    }
    answers = [] if response is None else [{"response": response, "modelIdentifier": "whoever"}]
    return {
        "automatedEvaluationResult": {"scores": [score]},
        "inputRecord": asked,
        "modelResponses": answers,
    }


def deliver(stage: Stage, evaluation: str, line: dict[str, Any], *rows: dict[str, Any]) -> dict[str, Any]:
    """Start a job, write its output where Bedrock would, and collect it."""
    start(stage, evaluation, line)
    item = stage.table.job(evaluation, line["job_id"]) or {}
    folder = f"{item['raw_output']}models/m/taskTypes/General/datasets/d"
    data = "\n".join(json.dumps(one) for one in rows).encode()
    stage.bucket.put(f"{folder}/1_output.jsonl", data, content_type="application/json")
    return collect_scores(evaluation, line, bucket=stage.bucket, table=stage.table, now=NOW)


def scored_by_both(stage: Stage) -> str:
    """Three records; the lead has no row for the second, the panel no score for the third."""
    evaluation, lead, panel = planned(stage, *(record(number) for number in (1, 2, 3)))
    one, _, three = builders.shard(stage, lead)
    deliver(stage, evaluation, lead, row(three, 0.5, "six"), row(one, 1, "two"))
    asked = builders.shard(stage, panel)
    deliver(stage, evaluation, panel, row(asked[1], None, "six"), row(asked[0], 0, "two"))
    return evaluation


def test_the_panel_gets_the_lead_s_answers_as_a_source_and_no_model_answers_twice(stage: Stage) -> None:
    evaluation = scored_by_both(stage)

    configs = [job["inferenceConfig"]["models"][0] for job in stage.bedrock.jobs.values()]
    assert configs == [
        {"bedrockModel": {"modelIdentifier": "amazon.nova-lite-v1:0"}},
        {"precomputedInferenceSource": {"inferenceSourceIdentifier": "g0-lite"}},
    ]
    (_, panel) = [
        *builders.jobs(stage, evaluation),
        {"shard_key": object_keys.EvaluationKeys(evaluation).shard("answers-0", 0)},
    ]
    assert [line["modelResponses"] for line in builders.shard(stage, panel)] == [
        [{"response": "two", "modelIdentifier": "g0-lite"}],
        [{"response": "six", "modelIdentifier": "g0-lite"}],
    ]


def test_the_plan_names_both_rounds_in_their_order(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1), suite=SUITE)
    keys = object_keys.EvaluationKeys(evaluation)

    plan = builders.plan(stage, evaluation)

    assert plan["rounds"] == [
        {"jobs_key": keys.jobs, "jobs_at_once": 5},
        {"jobs_key": keys.panel_jobs, "jobs_at_once": 5},
    ]
    assert plan["jobs"] == 2


def test_a_single_judge_has_one_round(stage: Stage) -> None:
    single = SUITE.replace(', {model: "anthropic.claude-sonnet-4-6", name: sonnet}', "")
    evaluation = builders.start(stage, record(1), suite=single)

    (only,) = builders.plan(stage, evaluation)["rounds"]
    assert only["jobs_key"] == object_keys.EvaluationKeys(evaluation).jobs


def test_every_judge_has_figures_of_its_own_over_the_same_answers(stage: Stage) -> None:
    evaluation = scored_by_both(stage)

    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)

    document = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).summary) or {}
    assert {
        item["judge"]: (item["n"], item["missing"], item["mean"])
        for item in document["summaries"]
        if item["category"] is None
    } == {"pro": (2, 1, 0.75), "sonnet": (1, 2, 0.0)}
    assert len(list(stage.table.results(evaluation, table_keys.SUMMARY_SORT_PREFIX))) == 2


def test_records_that_nobody_answered_are_counted_apart(stage: Stage) -> None:
    evaluation = scored_by_both(stage)

    lead, panel = (stage.table.job(evaluation, job) or {} for job in ("g0-j0-s0", "g0-j1-s0"))

    assert (lead["answers"], lead["missing_rows"]) == (2, 1)
    assert (panel["unanswered"], panel["missing_rows"], panel["rows"], panel["missing"]) == (1, 0, 2, 2)


def test_handing_the_answers_on_twice_writes_the_same_bytes(stage: Stage) -> None:
    evaluation, lead, _ = planned(stage, record(1), record(2))
    one, two = builders.shard(stage, lead)
    keys = object_keys.EvaluationKeys(evaluation)
    written = (
        keys.shard("answers-0", 0),
        object_keys.record_numbers_key(keys.shard("answers-0", 0)),
        keys.scores("g0-j0-s0"),
    )
    deliver(stage, evaluation, lead, row(one, 1, "two"), row(two, 1, "four"))
    before = [stage.bucket.read(key) for key in written]

    collect_scores(evaluation, lead, bucket=stage.bucket, table=stage.table, now=NOW)

    assert [stage.bucket.read(key) for key in written] == before
    assert all(before)


def test_without_its_lead_s_answers_a_job_of_the_panel_fails_and_names_the_lead(stage: Stage) -> None:
    evaluation, lead, panel = planned(stage, record(1))
    start(stage, evaluation, lead)
    stage.table.advance_job(evaluation, "g0-j0-s0", JobStatus.FAILED, {"reason": "no access to the model"})

    assert start(stage, evaluation, panel) == {"status": "Failed"}

    item = stage.table.job(evaluation, "g0-j1-s0") or {}
    assert (item["status"], item["failed_with"]) == ("FAILED", "g0-j0-s0")
    assert "lead job g0-j0-s0" in item["reason"]
    assert len(stage.bedrock.jobs) == 1


def test_a_lead_that_answered_nothing_leaves_nothing_to_score(stage: Stage) -> None:
    evaluation, lead, panel = planned(stage, record(1))
    (asked,) = builders.shard(stage, lead)
    deliver(stage, evaluation, lead, row(asked, None, None))

    assert start(stage, evaluation, panel) == {"status": "Failed"}
    assert "without a single answer" in (stage.table.job(evaluation, "g0-j1-s0") or {})["reason"]


def test_a_failure_of_the_lead_is_told_once_and_its_records_count_as_missing_for_every_judge(stage: Stage) -> None:
    evaluation, lead, panel = planned(stage, record(1), record(2))
    start(stage, evaluation, lead)
    stage.table.advance_job(evaluation, "g0-j0-s0", JobStatus.FAILED, {"reason": "no access to the model"})
    start(stage, evaluation, panel)

    outcome = summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)

    assert outcome["outcome"] == "NOTHING_SCORED"
    assert (stage.table.head(evaluation) or {})["failed_jobs"] == 2
    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    assert [(job["job_id"], job["reason"]) for job in view["failed_jobs"]] == [("g0-j0-s0", "no access to the model")]
    assert job_reasons(stage.table.jobs(evaluation)) == "1 job(s): no access to the model."
