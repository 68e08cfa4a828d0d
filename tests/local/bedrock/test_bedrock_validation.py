from __future__ import annotations

from typing import Any

import pytest

from local.bedrock.errors import ApiError
from local.bedrock.validation import check_input, query_members
from tests.local.bedrock.builders import automated, create_request


def refusal(request: dict[str, Any], operation: str = "CreateEvaluationJob") -> str:
    with pytest.raises(ApiError) as refused:
        check_input(operation, request)
    assert refused.value.code == "ValidationException"
    return refused.value.message


def test_a_valid_request_passes_although_the_models_enum_lacks_the_task_type_general() -> None:
    check_input("CreateEvaluationJob", create_request())


def test_a_job_name_with_capitals_is_refused_in_the_words_of_aws() -> None:
    assert refusal(create_request(jobName="Job-T1")) == (
        "1 validation error detected: Value 'Job-T1' at 'jobName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-z0-9](-*[a-z0-9]){0,62}"
    )


def test_all_violations_stand_in_one_message_with_their_paths() -> None:
    config = automated(dataset="s3://data/with space.jsonl", metrics=["Builtin Correctness"])
    message = refusal(create_request(jobName="a" * 64, evaluationConfig=config, jobDescription=""))

    assert message.startswith("6 validation errors detected: ")
    prefix = "'evaluationConfig.automated.datasetMetricConfigs.1.member"
    assert "at 'jobName' failed to satisfy constraint: Member must have length less than or equal to 63" in message
    assert f"at {prefix}.dataset.datasetLocation.s3Uri' failed to satisfy constraint" in message
    assert f"at {prefix}.metricNames.1.member' failed to satisfy constraint" in message


@pytest.mark.parametrize("member", ["jobName", "roleArn", "evaluationConfig", "inferenceConfig", "outputDataConfig"])
def test_a_required_member_that_is_missing_is_null(member: str) -> None:
    request = create_request()
    del request[member]

    assert f"Value null at '{member}' failed to satisfy constraint: Member must not be null" in refusal(request)


def test_the_value_of_a_sensitive_member_is_not_repeated() -> None:
    message = refusal(create_request(jobDescription="private\nplan" * 40))

    assert "private" not in message
    assert "Value at 'jobDescription' failed to satisfy constraint: Member must have length" in message


@pytest.mark.parametrize("union", [{}, {"models": [], "ragConfigs": []}])
def test_a_union_wants_exactly_one_member(union: dict[str, Any]) -> None:
    assert "Member must have exactly one of the members [models, ragConfigs]" in refusal(
        create_request(inferenceConfig=union)
    )


@pytest.mark.parametrize(("value", "kind"), [(7, "string"), (True, "string"), (["x"], "string")])
def test_a_member_of_the_wrong_json_type_is_refused(value: object, kind: str) -> None:
    assert f"at 'jobName' failed to satisfy constraint: Member must be of type {kind}" in refusal(
        create_request(jobName=value)
    )


def test_an_enum_names_what_it_knows() -> None:
    assert "Member must satisfy enum value set: [ModelEvaluation, RagEvaluation]" in refusal(
        create_request(applicationType="Other")
    )


def test_an_application_inference_profile_is_no_evaluator() -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"

    assert "evaluatorModelConfig.bedrockEvaluatorModels.1.member.modelIdentifier" in refusal(
        create_request(evaluationConfig=automated(judge=arn))
    )


def test_a_job_name_is_no_job_identifier() -> None:
    assert "at 'jobIdentifier'" in refusal({"jobIdentifier": "job-1"}, "GetEvaluationJob")


def test_query_parameters_get_the_types_of_their_shapes() -> None:
    members = query_members(
        "ListEvaluationJobs", {"maxResults": "7", "creationTimeAfter": "2026-01-02T03:04:05Z", "other": "x"}
    )

    assert members["maxResults"] == 7
    assert members["creationTimeAfter"].year == 2026
    assert set(members) == {"maxResults", "creationTimeAfter"}


@pytest.mark.parametrize(
    "query", [{"maxResults": "0"}, {"maxResults": "x"}, {"statusEquals": "Done"}, {"creationTimeAfter": "yesterday"}]
)
def test_a_list_parameter_outside_its_bounds_is_refused(query: dict[str, str]) -> None:
    assert f"at '{next(iter(query))}'" in refusal(query_members("ListEvaluationJobs", query), "ListEvaluationJobs")
