"""Sources with files of their own: planned with the versions that were there when the evaluation started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws.start_evaluation import Start, start_evaluation
from gavel.names import object_keys
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

SUITE = """
version: 1
generators: [{source: one, answers: one.jsonl}, {source: two, answers: two.csv}]
judges: [{model: "amazon.nova-pro-v1:0", name: pro}]
metrics: [Correctness]
"""


def upload(stage: Stage, *, one: str = "first", two: bool = True) -> None:
    stage.upload(
        object_keys.answers_key("mine", "one.jsonl"),
        *({**record(n), "modelResponses": [{"response": f"{one} {n}", "modelIdentifier": "one"}]} for n in (2, 1)),
    )
    if two:
        table = 'prompt,response,modelIdentifier\n"What is 1 + 1?",uno,two\n"What is 2 + 2?",due,two\n'
        stage.bucket.put(object_keys.answers_key("mine", "two.csv"), table.encode(), content_type="text/csv")


def answers(stage: Stage, line: dict[str, Any]) -> list[str]:
    return [row["modelResponses"][0]["response"] for row in builders.shard(stage, line)]


def test_each_source_gets_a_dataset_with_its_own_answers(stage: Stage) -> None:
    upload(stage)

    evaluation, jobs = builders.planned(stage, record(1), record(2), suite=SUITE)

    assert [answers(stage, line) for line in jobs] == [["first 1", "first 2"], ["uno", "due"]]
    manifest = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).manifest) or {}
    assert [(one["source"], one["key"], one["records"]) for one in manifest["answers"]] == [
        ("one", "answers/mine/one.jsonl", 2),
        ("two", "answers/mine/two.csv", 2),
    ]


def test_answers_that_change_after_the_start_are_not_taken(stage: Stage) -> None:
    upload(stage)
    evaluation = builders.start(stage, record(1), record(2), suite=SUITE)
    upload(stage, one="changed")

    builders.plan(stage, evaluation)

    assert answers(stage, builders.jobs(stage, evaluation)[0]) == ["first 1", "first 2"]


def test_other_answers_are_another_evaluation_of_the_same_dataset(stage: Stage) -> None:
    upload(stage)
    builders.start(stage, record(1), record(2), suite=SUITE)
    key = object_keys.dataset_key("mine", "questions.jsonl")
    version = stage.bucket.version(key) or ""

    def again() -> str:
        start = Start(dataset_key=key, dataset_version=version, suite="mine", started_by="api")
        return start_evaluation(
            start, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW
        ).evaluation_id

    first = again()
    assert again() == first
    upload(stage, one="changed")
    assert again() != first


def test_a_file_that_is_not_there_and_a_record_without_an_answer_are_refused_together(stage: Stage) -> None:
    upload(stage, two=False)
    evaluation = builders.start(stage, record(1), {"prompt": ""}, suite=SUITE)

    assert builders.plan(stage, evaluation)["outcome"] == "REFUSED"

    report = stage.bucket.read_json(object_keys.EvaluationKeys(evaluation).validation) or {}
    assert [(one["file"], one["field"]) for one in report["errors"]] == [
        ("suites/mine.yaml", "generators[1].answers"),
        ("datasets/mine/questions.jsonl", "prompt"),
    ]
