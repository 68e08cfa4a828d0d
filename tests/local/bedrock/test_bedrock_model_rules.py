from __future__ import annotations

from typing import Any

import pytest

from local.bedrock.errors import ApiError
from local.bedrock.model_rules import check_create
from local.bedrock.models import parse_model
from tests.local.bedrock.builders import ACCOUNT, LIVE, REGION, automated, create_request, custom_metric


def refusal(**changes: Any) -> str:
    with pytest.raises(ApiError) as refused:
        check_create(create_request(**changes))
    assert refused.value.code == "ValidationException"
    return refused.value.message


@pytest.mark.parametrize("task_type", ["Custom", "Generation", "Summarization"])
def test_only_the_task_type_general_is_allowed(task_type: str) -> None:
    message = refusal(evaluationConfig=automated(task_type=task_type))

    assert message == f"Task type '{task_type}' is not allowed for automated evaluation"


def test_a_second_generator_is_refused() -> None:
    assert "exactly 1 model" in refusal(inferenceConfig={"models": LIVE["models"] * 2})


@pytest.mark.parametrize("params", ["temperature=1", "[1]"])
def test_inference_parameters_are_a_json_object(params: str) -> None:
    models = [{"bedrockModel": {"modelIdentifier": "amazon.nova-lite-v1:0", "inferenceParams": params}}]

    assert "inferenceParams" in refusal(inferenceConfig={"models": models})


def test_a_metric_that_nobody_defined_is_refused_by_name() -> None:
    assert "Builtin.Readability" in refusal(evaluationConfig=automated(metrics=["Builtin.Readability"]))


def test_builtin_metrics_need_an_evaluator() -> None:
    assert "evaluatorModelConfig" in refusal(evaluationConfig=automated(judge=None))


def test_custom_metrics_alone_need_no_top_level_evaluator() -> None:
    config = automated(judge=None, metrics=["politeness"], custom=[custom_metric("politeness")])

    check_create(create_request(evaluationConfig=config))


@pytest.mark.parametrize(
    "judge",
    [
        "amazon.nova-pro-v1:0",
        "us.amazon.nova-pro-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/eu.amazon.nova-2-lite-v1:0",
    ],
)
def test_a_supported_judge_may_be_named_by_id_profile_or_arn(judge: str) -> None:
    check_create(create_request(evaluationConfig=automated(judge=judge)))


def test_a_model_that_is_no_evaluator_is_refused() -> None:
    assert "amazon.nova-lite-v1:0" in refusal(evaluationConfig=automated(judge="amazon.nova-lite-v1:0"))


def test_a_judge_that_exists_through_a_profile_only_is_refused_by_its_bare_id() -> None:
    assert "inference profile" in refusal(evaluationConfig=automated(judge="amazon.nova-2-lite-v1:0"))


def test_a_judge_for_custom_metrics_only_does_not_judge_builtins() -> None:
    llama = "meta.llama3-3-70b-instruct-v1:0"
    config = automated(metrics=["politeness"], custom=[custom_metric("politeness")], custom_judge=llama)

    check_create(create_request(evaluationConfig=config))
    assert llama in refusal(evaluationConfig=automated(judge=llama))


def test_a_rating_scale_does_not_mix_numbers_and_strings() -> None:
    mixed = custom_metric(scale=[("good", 1.0), ("bad", "bad")])

    assert "not both" in refusal(evaluationConfig=automated(metrics=["politeness"], custom=[mixed]))


def test_a_custom_metric_must_look_at_the_prediction() -> None:
    blind = {**custom_metric(), "instructions": "Is {{prompt}} polite?"}

    assert "{{prediction}}" in refusal(evaluationConfig=automated(metrics=["politeness"], custom=[blind]))


def test_rag_and_human_jobs_are_refused_as_missing_from_the_emulator() -> None:
    assert "emulator has no RAG" in refusal(inferenceConfig={"ragConfigs": [{}]})
    assert "emulator has no human" in refusal(evaluationConfig={"human": {}})


def test_an_inference_profile_is_invoked_on_itself_and_on_its_model_in_every_region() -> None:
    assert parse_model("us.amazon.nova-pro-v1:0").invoked(REGION, ACCOUNT) == [
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-east-2::foundation-model/amazon.nova-pro-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-pro-v1:0",
    ]


def test_a_global_profile_also_needs_its_model_without_a_region() -> None:
    resources = parse_model("global.amazon.nova-pro-v1:0").invoked(REGION, ACCOUNT)

    assert "arn:aws:bedrock:::foundation-model/amazon.nova-pro-v1:0" in resources
