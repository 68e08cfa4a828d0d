"""An AWS that answers what `gavel doctor` asks, where everything is as it should be and tests change one answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from gavel.aws import clients
from gavel.aws.api_client import ApiClient
from gavel.aws.diagnosis import models
from gavel.aws.diagnosis.checks import diagnose
from gavel.diagnosis.suite_models import SuiteChoice
from gavel.suites.suite import default_suite_bytes
from gavel.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.diagnosis.finding import Finding, Level

ACCOUNT, REGION = "111122223333", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/a-path/bedrock"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
QUOTA = "(Model evaluation) Concurrent automatic model evaluation jobs"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OUTPUTS = {
    "BucketName": "a-bucket",
    "TableName": "a-table",
    "ApiUrl": "https://api.example/",
    "BedrockRoleArn": ROLE,
    "GavelVersion": VERSION,
    "MaxConcurrentJobs": "18",
    "ModelKinds": "foundation-model,inference-profile",
    "DeadLettersUrl": "https://queue.example/",
}
MODEL = {"modelLifecycle": {"status": "ACTIVE"}, "inferenceTypesSupported": ["ON_DEMAND"]}
TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }
}
BLOCKS = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
TLS = {
    "Statement": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::a-bucket/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
}
AVAILABLE = {
    "modelId": "amazon.nova-lite-v1:0",
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def stack(status: str = "CREATE_COMPLETE", **outputs: str | None) -> dict[str, Any]:
    listed = {name: value for name, value in (OUTPUTS | outputs).items() if value is not None}
    return {
        "Stacks": [
            {
                "StackName": "a-stack",
                "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/a-stack/1",
                "CreationTime": NOW,
                "StackStatus": status,
                "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in listed.items()],
            }
        ]
    }


def simulated(*, ActionNames: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803 - the API's name
    return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": "allowed"} for name in ActionNames]}


def encrypted(**default: str) -> dict[str, Any]:
    return {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}}


def profile(identifier: str, *regions: str) -> dict[str, Any]:
    model = identifier.partition(".")[2]
    return {
        "inferenceProfileName": "a profile",
        "inferenceProfileId": identifier,
        "inferenceProfileArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{identifier}",
        "models": [{"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model}"} for region in regions],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


def healthy() -> dict[str, Any]:
    return {
        "sts.get_caller_identity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/me"},
        "cloudformation.describe_stacks": stack(),
        "bedrock.get_foundation_model": {"modelDetails": {"modelArn": "an-arn", "modelId": "an-id", **MODEL}},
        "bedrock.get_foundation_model_availability": AVAILABLE,
        "bedrock.list_inference_profiles": {"inferenceProfileSummaries": []},
        "bedrock.list_evaluation_jobs": {"jobSummaries": []},
        "iam.get_role": {"Role": {"AssumeRolePolicyDocument": TRUST}},
        "iam.simulate_principal_policy": simulated,
        "s3.head_bucket": {},
        "s3.get_bucket_location": {},
        "s3.get_bucket_encryption": encrypted(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY),
        "s3.get_public_access_block": {"PublicAccessBlockConfiguration": BLOCKS},
        "s3.get_bucket_versioning": {"Status": "Enabled"},
        "s3.get_bucket_notification_configuration": {"EventBridgeConfiguration": {}},
        "s3.get_bucket_cors": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
        "s3.get_bucket_policy": {"Policy": json.dumps(TLS)},
        "kms.describe_key": {"KeyMetadata": {"KeyId": "k", "Arn": KEY, "KeyState": "Enabled"}},
        "service-quotas.get_service_quota": {"Quota": {"Value": 20.0, "QuotaName": QUOTA}},
        "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
    }


def error(operation: str, code: str = "AccessDeniedException", status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "because"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@cache
def real_client(service: str) -> Any:
    session: Any = boto3.Session(region_name=REGION)
    return session.client(service)


@dataclass(frozen=True)
class FakeClient:
    """One service: what is asked has to fit the service's model, and so does what is answered, required members aside.

    An answer is a value, a function of the request, or an exception to raise.
    """

    service: str
    answers: dict[str, Any]
    asked: list[tuple[str, dict[str, Any]]]

    def __getattr__(self, operation: str) -> Any:
        return lambda **request: self.call(operation, request)

    def get_paginator(self, operation: str) -> FakePaginator:
        assert real_client(self.service).can_paginate(operation)
        return FakePaginator(self, operation)

    def call(self, operation: str, request: dict[str, Any]) -> Any:
        client = real_client(self.service)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        report = ParamValidator().validate(request, shape.input_shape) if shape.input_shape else None
        assert not (report and report.has_errors()), report and report.generate_report()
        self.asked.append((operation, request))
        answer = self.answers[f"{self.service}.{operation}"]
        if callable(answer):
            answer = answer(**request)
        if isinstance(answer, BaseException):
            raise answer
        assert not unknown_members(answer, shape.output_shape), unknown_members(answer, shape.output_shape)
        date = NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return {**answer, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}


@dataclass(frozen=True)
class FakePaginator:
    client: FakeClient
    operation: str

    def paginate(self, **request: Any) -> Iterator[Any]:
        answer = self.client.call(self.operation, request)
        yield answer


def unknown_members(answer: Any, shape: Any) -> set[str]:
    """Members of an answer that the service's model does not have."""
    if isinstance(answer, dict) and getattr(shape, "members", None):
        below = (unknown_members(answer[name], shape.members[name]) for name in answer.keys() & shape.members.keys())
        return set(answer.keys() - shape.members.keys()).union(*below)
    if isinstance(answer, list) and hasattr(shape, "member"):
        return set().union(*(unknown_members(item, shape.member) for item in answer))
    return set()


@dataclass
class Aws:
    answers: dict[str, Any] = field(default_factory=healthy)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    suite: bytes | None = None
    api: Exception | None = None

    def diagnosed(self, **choice: Any) -> list[Finding]:
        return list(diagnose("a-stack", SuiteChoice(**({"name": "default"} | choice)), now=lambda: NOW))

    def of(self, level: Level, **choice: Any) -> dict[str, Finding]:
        return {found.name: found for found in self.diagnosed(**choice) if found.level is level}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An AWS where everything is as it should be; tests change one answer."""
    aws = Aws()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)

    def use(accessor: str, service: str) -> None:
        monkeypatch.setattr(clients, accessor, lambda: FakeClient(service, aws.answers, aws.asked))

    for name in ("sts", "cloudformation", "bedrock", "iam", "s3", "kms", "sqs"):
        use(name, name)
    use("service_quotas", "service-quotas")
    monkeypatch.setattr(clients, "session", lambda: boto3.Session(region_name=REGION))
    monkeypatch.setattr(models, "suite_content", lambda bucket, name: aws.suite or default_suite_bytes())

    def evaluations(_self: ApiClient, *, limit: int) -> dict[str, Any]:
        if aws.api:
            raise aws.api
        return {"evaluations": []}

    monkeypatch.setattr(ApiClient, "evaluations", evaluations)
    return aws


def suite_of(*generators: str, judge: str = "amazon.nova-pro-v1:0") -> bytes:
    return json.dumps(
        {"version": 1, "generators": [{"model": model} for model in generators], "judges": [{"model": judge}]}
    ).encode()
