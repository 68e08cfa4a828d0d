"""The catalogue of the emulator knows the models that its jobs take, and leaves every other to the embedded AWS."""

from __future__ import annotations

from typing import Any

import pytest

from local.bedrock.model_views import question
from tests.local.bedrock.builders import ACCOUNT, REGION
from tests.local.bedrock.driver import Answer, Aws, Emulator
from tests.local.bedrock.memory_host import MemoryHost

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
UNKNOWN = Aws(status=404, error="ResourceNotFoundException", body={"message": "none"})


def asked(path: str, aws: Aws = UNKNOWN, denied: set[Any] | None = None, **query: str) -> Answer:
    emulator = Emulator(host=MemoryHost(denied=denied or set()), aws=aws)
    return emulator.run(lambda running: running.call("GET", path, query=query))


def test_a_judge_is_a_model_that_is_active_and_on_demand() -> None:
    details = asked(f"/foundation-models/{HAIKU}".replace(":", "%3A")).body["modelDetails"]

    assert details["modelArn"] == f"arn:aws:bedrock:{REGION}::foundation-model/{HAIKU}"
    assert (details["modelLifecycle"], details["inferenceTypesSupported"]) == ({"status": "ACTIVE"}, ["ON_DEMAND"])
    assert asked(f"/foundation-model-availability/{HAIKU}").body["authorizationStatus"] == "AUTHORIZED"


def test_a_model_that_jobs_take_through_a_profile_only_says_so() -> None:
    details = asked("/foundation-models/amazon.nova-2-lite-v1:0").body["modelDetails"]

    assert details["inferenceTypesSupported"] == ["INFERENCE_PROFILE"]


def test_a_profile_names_its_model_in_each_region_that_jobs_need_it_in() -> None:
    profile = asked(f"/inference-profiles/us.{HAIKU}").body

    assert profile["inferenceProfileArn"] == f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.{HAIKU}"
    assert f"arn:aws:bedrock:us-west-2::foundation-model/{HAIKU}" in {one["modelArn"] for one in profile["models"]}
    assert len(profile["models"]) > 1


@pytest.mark.parametrize(
    "path",
    [
        "/foundation-models/amazon.nova-lite-v1:0",
        "/foundation-models/amazon.nova-unheard-v1:0",
        f"/foundation-models/us.{HAIKU}",
        f"/inference-profiles/{HAIKU}",
        "/inference-profiles/abcdefghij01",
    ],
)
def test_what_jobs_do_not_name_is_the_embedded_awss_to_answer(path: str) -> None:
    assert asked(path).error == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("path", "name", "identifier"),
    [
        ("/foundation-models", "modelSummaries", "modelId"),
        ("/inference-profiles", "inferenceProfileSummaries", "inferenceProfileId"),
    ],
)
def test_lists_hold_the_models_of_both_and_each_once(path: str, name: str, identifier: str) -> None:
    own = asked(path, Aws(body={name: []})).body[name]  # type: ignore[dict-item]
    other = [{identifier: "theirs"}, {identifier: own[0][identifier]}]

    both = asked(path, Aws(body={name: other}), maxResults="9").body[name]  # type: ignore[dict-item]

    assert both == [*own, {identifier: "theirs"}]
    assert len({item[identifier] for item in own}) == len(own) > 20


def test_a_list_with_a_filter_is_the_embedded_awss() -> None:
    answer = asked("/inference-profiles", Aws(body={"a": "b"}), type="APPLICATION")

    assert answer.body == {"a": "b"}


@pytest.mark.parametrize(
    ("path", "action", "resource"),
    [
        (f"/foundation-models/{HAIKU}", "GetFoundationModel", f"arn:aws:bedrock:{REGION}::foundation-model/{HAIKU}"),
        (
            f"/inference-profiles/us.{HAIKU}",
            "GetInferenceProfile",
            f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/us.{HAIKU}",
        ),
        (f"/foundation-model-availability/{HAIKU}", "GetFoundationModelAvailability", "*"),
    ],
)
def test_iam_decides_on_the_resource_that_aws_names(path: str, action: str, resource: str) -> None:
    assert asked(path, denied={(f"bedrock:{action}", resource)}).error == (403, "AccessDeniedException")


def test_who_cannot_sign_is_refused_by_the_embedded_aws() -> None:
    refusal = Aws(status=403, error="InvalidSignatureException", body={"message": "no"})

    assert asked(f"/foundation-models/{HAIKU}", refusal).error == (403, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/inference-profiles"),
        ("DELETE", "/inference-profiles/x"),
        ("GET", "/foundation-model-availability"),
        ("GET", "/foundation-models/a/b"),
        ("GET", "/guardrails"),
    ],
)
def test_every_other_request_is_none_of_the_catalogues(method: str, path: str) -> None:
    assert question(method, path, "") is None
