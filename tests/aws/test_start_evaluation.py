from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gavel.aws import clients
from gavel.aws.start_evaluation import API, IdempotencyError, Start, start_evaluation
from gavel.names import identities, object_keys
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

UPLOAD = Start(
    dataset_key="datasets/default/questions.jsonl", dataset_version="v1", suite="default", started_by="upload"
)


def started(stage: Stage, start: Start) -> tuple[str, bool]:
    answer = start_evaluation(start, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    return answer.evaluation_id, answer.created


def executions(stage: Stage) -> list[str]:
    answer = clients.step_functions().list_executions(stateMachineArn=stage.settings.state_machine_arn)
    return [execution["name"] for execution in answer["executions"]]


def test_the_same_upload_delivered_twice_is_one_evaluation(stage: Stage) -> None:
    first, created = started(stage, UPLOAD)
    second, created_again = started(stage, UPLOAD)

    assert (first, created, created_again) == (second, True, False)
    assert executions(stage) == [first]


def test_an_upload_and_an_api_call_for_the_same_version_are_one_evaluation(stage: Stage) -> None:
    by_event, _ = started(stage, UPLOAD)
    by_call, _ = started(stage, replace(UPLOAD, started_by="api"))

    assert by_event == by_call


def test_a_new_version_of_a_dataset_is_a_new_evaluation(stage: Stage) -> None:
    first, _ = started(stage, UPLOAD)
    second, _ = started(stage, replace(UPLOAD, dataset_version="v2"))

    assert first != second


def test_an_upload_form_that_is_used_again_starts_no_second_evaluation(stage: Stage) -> None:
    upload = replace(UPLOAD, dataset_key=object_keys.form_dataset_key("default", "questions.csv", "0123456789ab"))
    first, _ = started(stage, upload)

    assert started(stage, replace(upload, dataset_version="v2")) == (first, False)
    assert executions(stage) == [first]
    head = stage.table.head(first)
    assert head is not None
    assert head["dataset_version"] == "v1"


@pytest.mark.parametrize(
    "key", ["datasets/default/q-form-0123456789AB.csv", "datasets/default/q-form-0123456789ab.txt", UPLOAD.dataset_key]
)
def test_a_key_that_no_form_gave_is_evaluated_in_every_version(stage: Stage, key: str) -> None:
    first, _ = started(stage, replace(UPLOAD, dataset_key=key))
    second, _ = started(stage, replace(UPLOAD, dataset_key=key, dataset_version="v2"))

    assert first != second


def test_a_changed_suite_is_a_new_evaluation(stage: Stage) -> None:
    before, _ = started(stage, UPLOAD)
    stage.bucket.put(object_keys.suite_key("default"), b"version: 1\n", content_type="application/yaml")
    after, _ = started(stage, replace(UPLOAD, started_by=API))

    assert before != after


def test_an_upload_delivered_again_after_the_suite_changed_is_still_one_evaluation(stage: Stage) -> None:
    first, _ = started(stage, UPLOAD)
    frozen = stage.bucket.read(object_keys.EvaluationKeys(first).suite)
    stage.bucket.put(object_keys.suite_key("default"), b"version: 1\n", content_type="application/yaml")

    assert started(stage, UPLOAD) == (first, False)
    assert stage.bucket.read(object_keys.EvaluationKeys(first).suite) == frozen
    assert executions(stage) == [first]


def test_an_idempotency_key_for_another_dataset_is_refused(stage: Stage) -> None:
    first, _ = started(stage, replace(UPLOAD, started_by=API, idempotency_key="k"))

    with pytest.raises(IdempotencyError, match=first):
        started(stage, replace(UPLOAD, started_by=API, idempotency_key="k", dataset_version="v9"))


def test_a_start_that_died_before_its_head_keeps_the_suite_that_it_froze(stage: Stage) -> None:
    start = replace(UPLOAD, started_by=API, idempotency_key="k")
    evaluation = identities.evaluation_id("default", "idempotency-key", stage.settings.bucket, "k")
    stage.bucket.put(object_keys.EvaluationKeys(evaluation).suite, b"frozen", content_type="application/yaml")

    started(stage, start)

    head = stage.table.head(evaluation)
    assert head is not None
    assert head["suite_sha256"] == hashlib.sha256(b"frozen").hexdigest()
    assert stage.bucket.read(object_keys.EvaluationKeys(evaluation).suite) == b"frozen"


@pytest.mark.parametrize("folder", ["team/qa", "My Suite", "x" * 70, "Upper_Case"])
def test_a_folder_that_names_no_suite_starts_an_evaluation_that_can_be_refused(stage: Stage, folder: str) -> None:
    start = replace(UPLOAD, dataset_key=f"datasets/{folder}/d.jsonl", suite=folder)

    evaluation, _ = started(stage, start)

    assert identities.is_evaluation_id(evaluation)
    assert evaluation.startswith("unnamed-")
    assert executions(stage) == [evaluation]


def test_a_folder_that_names_no_suite_is_never_read_as_a_key(stage: Stage) -> None:
    stage.bucket.put("suites/Not A Suite.yaml", b"version: 1\n", content_type="application/yaml")

    evaluation, _ = started(stage, replace(UPLOAD, dataset_key="datasets/Not A Suite/d.jsonl", suite="Not A Suite"))

    assert stage.bucket.read(object_keys.EvaluationKeys(evaluation).suite) is None


def test_an_idempotency_key_decides_alone_which_evaluation_it_is(stage: Stage) -> None:
    first, _ = started(stage, replace(UPLOAD, started_by=API, idempotency_key="build-7"))
    stage.bucket.put(object_keys.suite_key("default"), b"version: 1\n", content_type="application/yaml")
    again, _ = started(stage, replace(UPLOAD, started_by=API, idempotency_key="build-7"))
    other, _ = started(stage, replace(UPLOAD, started_by=API, idempotency_key="build-8"))

    assert first == again != other


def test_the_same_key_in_another_deployment_is_another_evaluation(stage: Stage) -> None:
    clients.s3().create_bucket(Bucket="other-bucket")
    elsewhere = replace(stage, settings=replace(stage.settings, bucket="other-bucket"))
    first, _ = started(stage, replace(UPLOAD, started_by=API, idempotency_key="build-7"))
    other, _ = started(elsewhere, replace(UPLOAD, started_by=API, idempotency_key="build-7"))

    assert first != other


def test_a_start_that_died_before_its_execution_is_finished_by_the_next_delivery(stage: Stage) -> None:
    # Given a head without an execution, as a crash between the two leaves it
    evaluation, _ = started(stage, UPLOAD)
    stage.table.create_head("default-0123456789abcdef", {}, now=NOW)
    machine = clients.step_functions()
    machine.stop_execution(
        executionArn=machine.list_executions(stateMachineArn=stage.settings.state_machine_arn)["executions"][0][
            "executionArn"
        ]
    )

    # When the event comes again
    again, created = started(stage, UPLOAD)

    # Then it is no error that the execution exists, and nothing is made twice
    assert (again, created) == (evaluation, False)


def test_the_suite_is_frozen_with_the_evaluation(stage: Stage) -> None:
    stage.bucket.put(object_keys.suite_key("mine"), b"version: 1 # then", content_type="application/yaml")
    evaluation, _ = started(stage, replace(UPLOAD, suite="mine"))
    stage.bucket.put(object_keys.suite_key("mine"), b"version: 1 # now", content_type="application/yaml")

    assert stage.bucket.read(object_keys.EvaluationKeys(evaluation).suite) == b"version: 1 # then"


def test_the_input_of_the_execution_holds_nothing_but_the_id(stage: Stage) -> None:
    evaluation, _ = started(stage, UPLOAD)
    machine = clients.step_functions()
    arn = machine.list_executions(stateMachineArn=stage.settings.state_machine_arn)["executions"][0]["executionArn"]

    assert machine.describe_execution(executionArn=arn)["input"] == f'{{"evaluation_id": "{evaluation}"}}'
