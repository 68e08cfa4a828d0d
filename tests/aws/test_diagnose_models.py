"""What `gavel doctor` finds about a suite's models and the role that calls them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gavel.aws.diagnosis import models
from gavel.diagnosis.finding import Level
from tests.aws.diagnosed_aws import ACCOUNT, AVAILABLE, KEY, MODEL, REGION, Aws, error, profile, stack, suite_of


def test_a_suite_with_anything_wrong_is_a_problem_and_has_no_models(aws: Aws) -> None:
    found = aws.diagnosed(name="mine", content=b"version: 2\n", file="mine.yaml")

    assert [one.name for one in found if one.level is Level.PROBLEM] == ["suite"]
    assert not [one for one in found if one.name.startswith("model ")]


def test_a_suite_that_is_not_in_the_bucket_is_a_problem(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "suite_content", lambda bucket, name: None)

    assert "there is no suite mine" in aws.of(Level.PROBLEM, name="mine")["suite"].text


def test_a_model_for_profiles_only_names_the_profile_that_contains_it(aws: Aws) -> None:
    aws.suite = suite_of("amazon.nova-2-lite-v1:0")
    details = {"modelArn": "an-arn", "modelId": "an-id", **MODEL, "inferenceTypesSupported": ["INFERENCE_PROFILE"]}
    aws.answers["bedrock.get_foundation_model"] = lambda modelIdentifier: {  # noqa: N803 - the API's name
        "modelDetails": details if "2-lite" in modelIdentifier else details | MODEL
    }
    summaries = [profile("us.amazon.nova-2-lite-v1:0", "us-east-1"), profile("us.amazon.nova-pro-v1:0", "us-east-1")]
    aws.answers["bedrock.list_inference_profiles"] = {"inferenceProfileSummaries": summaries}

    [found] = aws.of(Level.PROBLEM).values()

    assert found.name == "model amazon.nova-2-lite-v1:0"
    assert "write us.amazon.nova-2-lite-v1:0 in the suite" in str(found.remedy)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_a_model_that_bedrock_does_not_know_is_a_problem_and_asks_nothing_of_the_role(aws: Aws, code: str) -> None:
    aws.suite = suite_of("amazon.nova-unheard-v1:0", judge="us.amazon.nova-pro-v1:0")
    aws.answers["bedrock.get_foundation_model"] = error("GetFoundationModel", code)
    aws.answers["bedrock.get_inference_profile"] = error("GetInferenceProfile", code)
    aws.answers["bedrock.get_foundation_model_availability"] = error("GetFoundationModelAvailability", code)

    assert set(aws.of(Level.PROBLEM)) == {"model amazon.nova-unheard-v1:0", "model us.amazon.nova-pro-v1:0"}
    assert not [one for _, one in aws.asked if "nova" in str(one.get("ResourceArns"))]


def test_the_role_has_to_reach_a_profiles_model_in_each_of_its_regions(aws: Aws) -> None:
    aws.suite = suite_of("us.amazon.nova-lite-v1:0")
    aws.answers["bedrock.get_inference_profile"] = profile("us.amazon.nova-lite-v1:0", "us-east-1", "us-west-2")

    aws.diagnosed()

    asked = {request["ResourceArns"][0] for operation, request in aws.asked if operation.startswith("simulate")}
    assert {
        f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0",
        KEY,
    } < asked


def test_access_to_what_a_profile_of_ones_own_hides_is_looked_at(aws: Aws) -> None:
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/abcdefghij01"
    aws.suite = suite_of(arn)
    aws.answers["cloudformation.describe_stacks"] = stack(ModelKinds="foundation-model,application-inference-profile")
    aws.answers["bedrock.get_inference_profile"] = profile("us.amazon.nova-lite-v1:0", "us-west-2")
    closed = AVAILABLE | {"agreementAvailability": {"status": "NOT_AVAILABLE"}}
    aws.answers["bedrock.get_foundation_model_availability"] = lambda modelId: (  # noqa: N803 - the API's name
        closed if modelId == "amazon.nova-lite-v1:0" else AVAILABLE
    )

    [found] = aws.of(Level.PROBLEM).values()

    assert found.name == f"model {arn}"
    assert "--model-id amazon.nova-lite-v1:0" in str(found.remedy)


def test_a_model_of_a_kind_that_the_deployment_does_not_call_is_a_problem(aws: Aws) -> None:
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:imported-model/abcdefghij01"
    aws.suite = suite_of(arn)

    assert list(aws.of(Level.PROBLEM)) == [f"model {arn}"]
    assert arn not in str(aws.asked)

    aws.answers["cloudformation.describe_stacks"] = stack(ModelKinds="foundation-model,imported-model")
    assert list(aws.of(Level.SKIPPED)) == [f"model {arn}"]
    assert arn in str(aws.asked)


def test_a_legacy_model_is_told_with_its_last_day(aws: Aws) -> None:
    lifecycle = {"status": "LEGACY", "endOfLifeTime": datetime(2026, 12, 31, tzinfo=UTC)}
    details = {"modelArn": "an-arn", "modelId": "an-id", **MODEL, "modelLifecycle": lifecycle}
    aws.answers["bedrock.get_foundation_model"] = {"modelDetails": details}

    assert "2026-12-31" in aws.of(Level.WARNING)["model amazon.nova-lite-v1:0"].text


def test_a_role_without_its_policy_is_found(aws: Aws) -> None:
    def denied(*, ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's name
        return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": "implicitDeny"} for name in ActionNames]}

    aws.answers["iam.simulate_principal_policy"] = denied

    assert "nothing" in aws.of(Level.PROBLEM)["role permissions"].text


@pytest.mark.parametrize(
    ("detail", "by"),
    [
        ({"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}, "organization"),
        ({"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}, "boundary"),
    ],
)
def test_who_limits_the_role_is_told(aws: Aws, detail: dict[str, Any], by: str) -> None:
    def limited(*, ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's name
        return {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny", **detail} for name in ActionNames
            ]
        }

    aws.answers["iam.simulate_principal_policy"] = limited

    assert by in aws.of(Level.PROBLEM)["role permissions"].text


def test_a_role_that_is_gone_is_a_problem(aws: Aws) -> None:
    aws.answers["iam.get_role"] = error("GetRole", "NoSuchEntity", 404)
    aws.answers["iam.simulate_principal_policy"] = error("SimulatePrincipalPolicy", "NoSuchEntity", 404)

    assert set(aws.of(Level.PROBLEM)) == {"role trust", "role permissions"}


def test_the_role_is_asked_for_by_its_name_without_its_path(aws: Aws) -> None:
    aws.diagnosed()

    assert ("get_role", {"RoleName": "bedrock"}) in aws.asked
