"""Model identifiers are read as Bedrock's API spells them."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import botocore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.suites.models import DOCUMENTED_JUDGES, ModelKind, may_generate, may_judge, parse_model

ACCOUNT = "123456789012"


def arn(resource: str, *, account: str = ACCOUNT, region: str = "eu-west-1", service: str = "bedrock") -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("amazon.nova-lite-v1:0", ModelKind.FOUNDATION_MODEL),
        ("amazon.nova-lite-v1:0:300k", ModelKind.FOUNDATION_MODEL),
        ("openai.gpt-5.4", ModelKind.FOUNDATION_MODEL),
        ("zai.glm-4.7", ModelKind.FOUNDATION_MODEL),
        ("meta.llama3-1-70b-instruct-v1:0", ModelKind.FOUNDATION_MODEL),
        ("us.amazon.nova-pro-v1:0", ModelKind.INFERENCE_PROFILE),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", ModelKind.INFERENCE_PROFILE),
        ("apac.amazon.nova-micro-v1:0", ModelKind.INFERENCE_PROFILE),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", ModelKind.INFERENCE_PROFILE),
        ("us-gov.anthropic.claude-3-haiku-20240307-v1:0", ModelKind.INFERENCE_PROFILE),
        (arn("foundation-model/amazon.nova-pro-v1:0", account=""), ModelKind.FOUNDATION_MODEL),
        (arn("inference-profile/global.amazon.nova-2-lite-v1:0"), ModelKind.INFERENCE_PROFILE),
        (arn("application-inference-profile/abcdefghij01"), ModelKind.APPLICATION_INFERENCE_PROFILE),
        (arn("provisioned-model/abcdefghij01"), ModelKind.PROVISIONED),
        (arn("custom-model/amazon.nova-lite-v1:0:300k/abcdefghij01"), ModelKind.CUSTOM),
        (arn("custom-model/imported/abcdefghij01"), ModelKind.CUSTOM),
        (arn("custom-model-deployment/abcdefghij01"), ModelKind.CUSTOM_DEPLOYMENT),
        (arn("imported-model/abcdefghij01"), ModelKind.IMPORTED),
        (arn("prompt-router/abcdefghij01"), ModelKind.PROMPT_ROUTER),
        (arn("default-prompt-router/anthropic.claude:1"), ModelKind.PROMPT_ROUTER),
        (arn("endpoint/my-model", service="sagemaker"), ModelKind.SAGEMAKER_ENDPOINT),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1:{ACCOUNT}:imported-model/abcdefghij01", ModelKind.IMPORTED),
    ],
)
def test_every_form_of_identifier_is_recognised_as_its_kind(identifier: str, kind: ModelKind) -> None:
    model = parse_model(identifier)

    assert (model.text, model.kind) == (identifier, kind)


def test_an_arn_tells_region_and_account() -> None:
    model = parse_model(arn("imported-model/abcdefghij01", region="ap-south-1"))

    assert (model.region, model.account) == ("ap-south-1", ACCOUNT)


def test_a_foundation_models_arn_has_a_region_and_no_account() -> None:
    model = parse_model(arn("foundation-model/amazon.nova-pro-v1:0", account="", region="us-east-1"))

    assert (model.region, model.account) == ("us-east-1", None)


@pytest.mark.parametrize(
    "identifier",
    [
        "amazon.nova-pro-v1:0",
        "us.amazon.nova-pro-v1:0",
        arn("foundation-model/amazon.nova-pro-v1:0", account=""),
        arn("inference-profile/eu.amazon.nova-pro-v1:0"),
    ],
)
def test_the_foundation_model_is_found_behind_every_way_to_call_it(identifier: str) -> None:
    assert parse_model(identifier).foundation_model == "amazon.nova-pro-v1:0"


def test_a_model_of_the_account_hides_its_foundation_model() -> None:
    assert parse_model(arn("provisioned-model/abcdefghij01")).foundation_model is None


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        ("", "is empty"),
        ("nova-pro", "names no provider"),
        ("Amazon.Nova-Pro-v1:0", "capital letters"),
        ("amazon.nova pro", "blank"),
        ("amazon.nova-pro-v1:0\n", "blank"),
        ("amazon.nova\x1b[31m", "control character"),
        ("amazon.", "is not the id"),
        (".nova", "is not the id"),
        ("amazon.nova-pro-v1:0/x", "is not the id"),
        ("x" * 2049, "longer than 2048"),
        ("arn:aws:bedrock", "not a whole ARN"),
        (arn("knowledge-base/ABCDEFGHIJ"), "which is no model"),
        (arn("function/x", service="lambda"), "which is no model"),
        (arn("imported-model/abcdefghij01", account=""), "without the account"),
        (arn("foundation-model/amazon.nova-pro-v1:0"), "those carry none"),
        (arn("application-inference-profile/short"), "does not end like"),
        (arn("inference-profile/amazon.nova-pro-v1:0"), "does not end like"),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(identifier: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_model(identifier)


@given(st.text(max_size=80) | st.from_regex(r"arn:aws:bedrock:.{0,60}"))
def test_any_text_is_a_model_or_a_value_error(text: str) -> None:
    try:
        model = parse_model(text)
    except ValueError:
        return
    assert model.text == text


@pytest.mark.parametrize("identifier", [*DOCUMENTED_JUDGES, "us.anthropic.claude-sonnet-4-6", "newprovider.judge-9"])
def test_documented_and_unknown_judges_may_judge(identifier: str) -> None:
    assert may_judge(parse_model(identifier)) is None


@pytest.mark.parametrize(
    "resource",
    ["application-inference-profile/abcdefghij01", "provisioned-model/abcdefghij01", "imported-model/abcdefghij01"],
)
def test_a_model_of_the_account_may_not_judge(resource: str) -> None:
    assert "may judge" in (may_judge(parse_model(arn(resource))) or "")


@pytest.mark.parametrize(
    "resource",
    ["application-inference-profile/abcdefghij01", "provisioned-model/abcdefghij01", "prompt-router/abcdefghij01"],
)
def test_a_model_of_the_account_may_answer(resource: str) -> None:
    assert may_generate(parse_model(arn(resource))) is None


def test_a_custom_model_answers_only_through_its_provisioned_throughput() -> None:
    model = parse_model(arn("custom-model/amazon.nova-lite-v1:0/abcdefghij01"))

    assert "provisioned throughput" in (may_generate(model) or "")


def test_the_service_models_own_patterns_take_what_is_taken_here() -> None:
    """The shapes spell no `global.` profile; every other form that may answer has to fit them."""
    versions = Path(botocore.__file__).parent / "data" / "bedrock"
    file = max(versions.glob("*/service-2.json.gz"))
    shapes = json.loads(gzip.decompress(file.read_bytes()))["shapes"]
    generator = re.compile(shapes["EvaluationBedrockModelIdentifier"]["pattern"])
    judge = re.compile(shapes["EvaluatorModelIdentifier"]["pattern"])

    for identifier in ("amazon.nova-lite-v1:0", "us.amazon.nova-pro-v1:0", arn("prompt-router/abcdefghij01")):
        assert generator.fullmatch(identifier)
        assert may_generate(parse_model(identifier)) is None
    for resource in ("custom-model/amazon.nova-lite-v1:0/abcdefghij01", "custom-model-deployment/abcdefghij01"):
        assert not generator.fullmatch(arn(resource))
    assert not judge.fullmatch(arn("application-inference-profile/abcdefghij01"))
    assert all(judge.fullmatch(identifier) for identifier in DOCUMENTED_JUDGES)
