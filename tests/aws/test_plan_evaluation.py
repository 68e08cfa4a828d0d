from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws.start_evaluation import Start, start_evaluation
from gavel.names import object_keys
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

TWO_SOURCES = """
version: 1
generators: [{source: old-app}, {source: new-app}]
judges: [{model: "amazon.nova-pro-v1:0"}]
metrics: [Correctness]
"""


def answered(number: int, *sources: str) -> dict[str, Any]:
    answers = [{"modelIdentifier": source, "response": f"{source} says {number}"} for source in sources]
    return record(number, modelResponses=answers)


def test_a_bare_upload_is_planned_with_the_default_suite(stage: Stage) -> None:
    _, jobs = builders.planned(stage, record(1), record(2))

    assert [job["job_id"] for job in jobs] == ["g0-j0-s0", "g1-j0-s0"]
    assert {job["records"] for job in jobs} == {2}


def test_a_dataset_that_brings_answers_is_judged_on_those_by_the_default_suite(stage: Stage) -> None:
    evaluation, jobs = builders.planned(stage, answered(1, "my-app"), answered(2, "my-app"))

    assert [job["job_id"] for job in jobs] == ["g0-j0-s0"]
    assert (stage.table.head(evaluation) or {})["generators"] == ["my-app"]
    assert [row["modelResponses"][0]["response"] for row in builders.shard(stage, jobs[0])] == [
        "my-app says 1",
        "my-app says 2",
    ]


def test_each_source_gets_shards_with_its_own_answers(stage: Stage) -> None:
    _, jobs = builders.planned(stage, answered(1, "old-app", "new-app"), suite=TWO_SOURCES)

    responses = [[row["modelResponses"] for row in builders.shard(stage, job)] for job in jobs]
    assert responses == [
        [[{"response": "old-app says 1", "modelIdentifier": "old-app"}]],
        [[{"response": "new-app says 1", "modelIdentifier": "new-app"}]],
    ]


def test_more_than_a_thousand_records_become_shards_of_equal_size(stage: Stage) -> None:
    _, jobs = builders.planned(stage, *(record(number) for number in range(2001)))

    first = [job for job in jobs if job["job_id"].startswith("g0")]
    assert [job["records"] for job in first] == [667, 667, 667]
    numbers = [row["prompt"] for job in first for row in builders.shard(stage, job)]
    assert numbers == [record(number)["prompt"] for number in range(2001)]


def test_models_share_one_series_of_shards_without_supplied_answers(stage: Stage) -> None:
    suite = TWO_SOURCES.replace("{source: new-app}", '{model: "amazon.nova-lite-v1:0"}')
    _, jobs = builders.planned(stage, answered(1, "old-app"), suite=suite)

    assert "modelResponses" in builders.shard(stage, jobs[0])[0]
    assert "modelResponses" not in builders.shard(stage, jobs[1])[0]


def test_unknown_fields_of_a_record_do_not_travel_to_bedrock(stage: Stage) -> None:
    _, jobs = builders.planned(stage, record(1, customer_id="4711"))

    assert set(builders.shard(stage, jobs[0])[0]) == {"prompt", "referenceResponse"}


def test_every_problem_of_a_dataset_is_in_the_validation_file_and_nothing_is_planned(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1), {"prompt": " "}, {"referenceResponse": "4"})

    outcome = builders.plan(stage, evaluation)["outcome"]

    validation = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {}
    assert outcome == "REFUSED"
    assert [(error["line"], error["field"]) for error in validation["errors"]] == [(2, "prompt"), (3, "prompt")]
    assert validation["error_count"] == 2
    assert builders.jobs(stage, evaluation) == []


def test_problems_of_suite_and_dataset_are_told_together(stage: Stage) -> None:
    evaluation = builders.start(stage, {"prompt": ""}, suite="version: 1\nmetrics: [Korrectness]\n")

    builders.plan(stage, evaluation)

    validation = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {}
    assert {error["file"] for error in validation["errors"]} == {"suites/mine.yaml", "datasets/mine/questions.jsonl"}


def test_a_suite_that_was_never_uploaded_is_refused_by_name(stage: Stage) -> None:
    key = object_keys.dataset_key("unheard-of", "questions.jsonl")
    version = stage.upload(key, record(1))
    begin = Start(dataset_key=key, dataset_version=version, suite="unheard-of", started_by="upload")
    evaluation = start_evaluation(
        begin, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW
    ).evaluation_id

    builders.plan(stage, evaluation)

    validation = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {}
    assert validation["errors"][0]["reason"] == "there is no such suite"


def test_a_folder_that_cannot_name_a_suite_is_told_as_such_and_how_to_name_it(stage: Stage) -> None:
    key = object_keys.dataset_key("Not A Suite", "questions.jsonl")
    begin = Start(
        dataset_key=key, dataset_version=stage.upload(key, record(1)), suite="Not A Suite", started_by="upload"
    )
    evaluation = start_evaluation(
        begin, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW
    ).evaluation_id

    builders.plan(stage, evaluation)

    (error,) = (stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {})["errors"]
    assert (error["file"], error["reason"]) == (key, "stands in a folder that names no suite")
    assert "upload it as datasets/<suite>/<file>" in error["remedy"]


def test_answers_that_a_live_suite_would_ignore_are_refused(stage: Stage) -> None:
    live = TWO_SOURCES.replace("[{source: old-app}, {source: new-app}]", '[{model: "amazon.nova-lite-v1:0"}]')
    evaluation = builders.start(stage, answered(1, "my-app"), suite=live)

    assert builders.plan(stage, evaluation)["outcome"] == "REFUSED"


def test_planning_twice_writes_the_same_bytes(stage: Stage) -> None:
    evaluation, jobs = builders.planned(stage, record(1), record(2))
    keys = object_keys.EvaluationKeys(evaluation)
    written = [keys.manifest, keys.jobs, keys.validation, jobs[0]["shard_key"]]
    before = [stage.bucket.read(key) for key in written]

    builders.plan(stage, evaluation)

    assert [stage.bucket.read(key) for key in written] == before


def test_the_refusal_kept_in_the_table_holds_no_text_of_a_prompt(stage: Stage) -> None:
    evaluation = builders.start(stage, {"prompt": "my secret", "modelResponses": "my secret"}, {"prompt": 5})

    builders.plan(stage, evaluation)

    head = stage.table.head(evaluation) or {}
    assert "questions.jsonl" in head["reason"]
    assert "secret" not in str(head)
