"""Rules disturb the calls that they mean, in the way that they say, and no others."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.exceptions import ClientError, HTTPClientError

from local.disturbances.requests import call_of
from local.disturbances.rules import Call, Rule, rules
from local.twin import client, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.twin import State

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{}/aws4_request, …"}


@pytest.mark.parametrize(
    ("service", "method", "path", "query", "extra", "body", "operation"),
    [
        ("dynamodb", "POST", "/", "", {"x-amz-target": "DynamoDB_20120810.GetItem"}, b"{}", "GetItem"),
        ("s3", "GET", "/bucket/key", "", {}, b"", "GetObject"),
        ("s3", "GET", "/bucket", "list-type=2&prefix=a", {}, b"", "ListObjectsV2"),
        ("s3", "PUT", "/bucket/key", "tagging", {}, b"", "PutObjectTagging"),
        ("sns", "POST", "/", "", {}, b"Action=Publish&Message=x", "Publish"),
        ("bedrock", "POST", "/evaluation-jobs", "", {}, b"{}", "CreateEvaluationJob"),
        ("bedrock", "POST", "/evaluation-job/arn%3Aaws/stop", "", {}, b"", "StopEvaluationJob"),
    ],
)
def test_a_request_is_known_by_its_service_and_operation(
    service: str, method: str, path: str, query: str, extra: dict[str, str], body: bytes, operation: str
) -> None:
    headers = {name: value.format(service) for name, value in SIGNED.items()} | extra

    call = call_of(method, path, query, headers, body)

    assert call is not None
    assert (call.service, call.operation) == (service, operation)


def test_what_no_service_was_signed_for_is_no_call() -> None:
    assert call_of("GET", "/_ministack/health", "", {}, b"") is None


def test_a_rule_lets_some_calls_pass_disturbs_the_next_ones_and_is_spent() -> None:
    rule = Rule.from_json({"service": "s3", "text": "mine", "kind": "error", "skip": 1, "times": 2})
    calls = [Call("s3", "GetObject", text, "gavel") for text in ("mine", "other", "mine", "mine", "mine")]

    assert [rule.takes(call) for call in calls] == [False, False, True, True, False]
    assert rule.to_json()["met"] == 2


@pytest.mark.parametrize(
    "wrong", [[], {"calls": [{"kind": "sideways"}]}, {"calls": [{"kind": "slow", "text": "("}]}, {"calls": [{"k": 1}]}]
)
def test_rules_that_cannot_be_meant_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        rules(wrong)


@pytest.fixture
def disturb(twin: State) -> Iterator[Callable[..., Callable[[], list[int]]]]:
    """Set a rule; what is answered tells how often each was met."""
    url = f"{twin.endpoint}/_gavel/disturbances/test"
    with httpx.Client(verify=trust(twin), trust_env=False) as door:

        def put(*calls: dict[str, Any]) -> Callable[[], list[int]]:
            door.put(url, json={"calls": calls}).raise_for_status()
            return lambda: [rule["met"] for rule in door.get(url).json()["calls"]]

        yield put
        door.delete(url).raise_for_status()


def queue_name() -> str:
    return f"disturbed-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bucket(twin: State) -> str:
    name = queue_name()
    client("s3", twin).create_bucket(Bucket=name)
    return name


@pytest.mark.twin
@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [("throttle", "SlowDown", 503), ("error", "InternalError", 500), ("quota", "ServiceQuotaExceededException", 400)],
)
def test_a_refusal_is_one_that_the_sdk_understands(
    twin: State, bucket: str, disturb: Callable[..., Callable[[], list[int]]], kind: str, code: str, status: int
) -> None:
    met = disturb({"service": "s3", "text": bucket, "kind": kind})

    with pytest.raises(ClientError) as caught:
        client("s3", twin, retries={"total_max_attempts": 1}).put_object(Bucket=bucket, Key="key", Body=b"x")

    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert met() == [1]
    assert "Contents" not in client("s3", twin).list_objects_v2(Bucket=bucket)


@pytest.mark.twin
@pytest.mark.parametrize(("kind", "happened"), [("lost_request", False), ("lost_answer", True)])
def test_a_lost_call_breaks_the_connection_with_or_without_its_effect(
    twin: State, bucket: str, disturb: Callable[..., Callable[[], list[int]]], kind: str, happened: bool
) -> None:
    disturb({"service": "s3", "operation": "PutObject", "text": bucket, "kind": kind})

    with pytest.raises(HTTPClientError):
        client("s3", twin, retries={"total_max_attempts": 1}).put_object(Bucket=bucket, Key="key", Body=b"x")

    assert ("Contents" in client("s3", twin).list_objects_v2(Bucket=bucket)) is happened


@pytest.mark.twin
@pytest.mark.parametrize("kind", ["slow", "slow_answer"])
def test_a_slow_call_has_its_effect_and_its_answer_later(
    twin: State, bucket: str, disturb: Callable[..., Callable[[], list[int]]], kind: str
) -> None:
    disturb({"service": "s3", "text": bucket, "kind": kind, "seconds": 0.5})

    begun = time.monotonic()
    client("s3", twin).put_object(Bucket=bucket, Key="key", Body=b"x")

    assert time.monotonic() - begun >= 0.5
    assert client("s3", twin).get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


@pytest.mark.twin
def test_a_call_of_somebody_else_passes(
    twin: State, bucket: str, disturb: Callable[..., Callable[[], list[int]]]
) -> None:
    met = disturb({"text": bucket, "agent": "gavel", "kind": "error", "times": 9})

    client("s3", twin).put_object(Bucket=bucket, Key="key", Body=b"x")

    assert met() == [0]
