"""What the doctor asks AWS, and what it makes of every answer: AWS is a table of answers, held to botocore's models."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.validate import ParamValidator

from gavel.aws import clients
from gavel.aws.api_client import ApiClient
from gavel.aws.diagnosis import models
from gavel.aws.diagnosis.checks import diagnose
from gavel.diagnosis.finding import Finding, Level
from gavel.diagnosis.suite_models import SuiteChoice
from gavel.problems import NotPermittedError, TryLaterError
from gavel.suites.suite import default_suite_bytes
from gavel.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def test_a_healthy_deployment_has_nothing_but_good_findings(aws: Aws) -> None:
    found = aws.diagnosed()

    assert {one.level for one in found} == {Level.OK}
    assert [one.name for one in found][:6] == ["credentials", "Region", "clock", "stack", "version", "API"]


def test_nothing_is_changed_or_started(aws: Aws) -> None:
    aws.diagnosed()

    assert {operation.split("_")[0] for operation, _ in aws.asked} == {"get", "describe", "list", "head", "simulate"}


@pytest.mark.parametrize(
    "operation", sorted(set(healthy()) - {"sts.get_caller_identity", "bedrock.list_inference_profiles"})
)
def test_a_permission_that_the_caller_lacks_skips_one_check_and_ends_none(aws: Aws, operation: str) -> None:
    healthy_names = {one.name for one in aws.diagnosed()}
    aws.answers[operation] = error(operation)

    found = aws.diagnosed()

    assert Level.PROBLEM not in {one.level for one in found}
    assert all("allow yourself" in str(one.remedy) for one in found if one.level is Level.SKIPPED and one.remedy)
    if operation not in {"cloudformation.describe_stacks", "service-quotas.get_service_quota", "s3.head_bucket"}:
        assert Level.SKIPPED in {one.level for one in found}
        assert healthy_names <= {one.name for one in found}


@pytest.mark.parametrize(
    ("failure", "level"),
    [
        (error("GetRole", "InvalidAction"), Level.SKIPPED),
        (error("GetRole", "Whatever", 501), Level.SKIPPED),
        (error("GetRole", "ServiceUnavailable", 503), Level.PROBLEM),
        (error("GetRole", "ValidationError"), Level.PROBLEM),
        (EndpointConnectionError(endpoint_url="https://iam.example"), Level.PROBLEM),
    ],
)
def test_what_is_not_offered_is_skipped_and_what_fails_is_a_problem(aws: Aws, failure: Exception, level: Level) -> None:
    aws.answers["iam.get_role"] = failure

    assert list(aws.of(level)) == ["role trust"]


@pytest.mark.parametrize(
    "failure",
    [
        NoCredentialsError(),
        error("GetCallerIdentity", "ExpiredToken"),
        EndpointConnectionError(endpoint_url="https://sts.example"),
    ],
)
def test_without_credentials_everything_else_is_skipped(aws: Aws, failure: Exception) -> None:
    aws.answers["sts.get_caller_identity"] = failure

    assert list(aws.of(Level.PROBLEM)) == ["credentials"]
    assert {"stack", "API", "suite", "models", "bucket", "role", "running jobs"} < set(aws.of(Level.SKIPPED))
    assert {operation for operation, _ in aws.asked} == {"get_caller_identity"}


def test_without_a_region_nothing_is_asked(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "session", lambda: type("Session", (), {"region_name": None}))

    assert list(aws.of(Level.PROBLEM)) == ["Region"]
    assert not aws.asked


def test_a_clock_that_is_wrong_is_told_even_where_aws_refuses_the_signature(aws: Aws) -> None:
    refused = error("GetCallerIdentity", "SignatureDoesNotMatch", 403)
    refused.response["ResponseMetadata"]["HTTPHeaders"] = {"date": "Fri, 02 Jan 2026 04:04:05 GMT"}
    aws.answers["sts.get_caller_identity"] = refused

    assert "3600 s behind" in aws.of(Level.PROBLEM)["clock"].text


def test_a_stack_that_is_not_there_still_lets_models_and_jobs_be_looked_at(aws: Aws) -> None:
    aws.answers["cloudformation.describe_stacks"] = error("DescribeStacks", "ValidationError")

    found = aws.diagnosed()

    assert [one.name for one in found if one.level is Level.PROBLEM] == ["stack"]
    assert {one.name for one in found if one.level is Level.SKIPPED} == {"API", "bucket", "role", "dead letters"}
    assert "model amazon.nova-lite-v1:0" in aws.of(Level.OK)
    assert {"suite", "models"} < set(aws.of(Level.SKIPPED, name="mine"))


def test_a_stack_that_is_not_finished_is_named_with_what_it_lacks(aws: Aws) -> None:
    aws.answers["cloudformation.describe_stacks"] = stack("ROLLBACK_COMPLETE", ApiUrl=None, BedrockRoleArn=None)

    found = aws.diagnosed()

    problems = [one.text for one in found if one.level is Level.PROBLEM]
    assert len(problems) == 2
    assert "lacks the outputs ApiUrl, BedrockRoleArn" in problems[1]
    assert {"API", "role"} <= {one.name for one in found if one.level is Level.SKIPPED}


@pytest.mark.parametrize("failure", [NotPermittedError("403"), TryLaterError("503")])
def test_an_api_that_does_not_answer_is_a_problem(aws: Aws, failure: Exception) -> None:
    aws.api = failure

    assert list(aws.of(Level.PROBLEM)) == ["API"]


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


def test_a_bucket_that_is_gone_is_told_once(aws: Aws) -> None:
    aws.answers["s3.head_bucket"] = error("HeadBucket", "404", 404)

    assert list(aws.of(Level.PROBLEM)) == ["bucket Region"]


@pytest.mark.parametrize(
    ("operation", "code", "name", "level"),
    [
        ("get_bucket_cors", "NoSuchCORSConfiguration", "bucket CORS", Level.OK),
        ("get_public_access_block", "NoSuchPublicAccessBlockConfiguration", "bucket public access", Level.WARNING),
        ("get_bucket_policy", "NoSuchBucketPolicy", "bucket TLS", Level.WARNING),
        (
            "get_bucket_encryption",
            "ServerSideEncryptionConfigurationNotFoundError",
            "bucket encryption",
            Level.OK,
        ),
    ],
)
def test_what_a_bucket_does_not_have_is_no_failure_of_the_call(
    aws: Aws, operation: str, code: str, name: str, level: Level
) -> None:
    aws.answers[f"s3.{operation}"] = error(operation, code, 404)

    assert name in aws.of(level)


@pytest.mark.parametrize(
    "answer",
    [
        error("DescribeKey", "NotFoundException"),
        {"KeyMetadata": {"KeyId": "k", "Arn": KEY, "KeyState": "Disabled"}},
    ],
)
def test_a_key_that_is_gone_or_off_is_a_problem(aws: Aws, answer: Any) -> None:
    aws.answers["kms.describe_key"] = answer

    assert list(aws.of(Level.PROBLEM)) == ["bucket encryption"]


def test_jobs_of_people_take_no_place_of_automatic_ones(aws: Aws) -> None:
    def job(kind: str) -> dict[str, Any]:
        return {"jobArn": "an-arn", "jobName": "a-name", "status": "InProgress", "jobType": kind}

    aws.answers["bedrock.list_evaluation_jobs"] = {"jobSummaries": [job("Human"), *[job("Automated")] * 20]}
    aws.answers["service-quotas.get_service_quota"] = error("GetServiceQuota")

    assert aws.of(Level.WARNING)["running jobs"].text.startswith("20 in progress in this account and Region, of 20 as")
    assert ("list_evaluation_jobs", {"statusEquals": "InProgress"}) in aws.asked


@pytest.mark.parametrize(("name", "text"), [(QUOTA, "of 7;"), ("Model units", "of 20 as documented;")])
def test_a_quota_is_believed_by_its_name_alone(aws: Aws, name: str, text: str) -> None:
    aws.answers["service-quotas.get_service_quota"] = {"Quota": {"Value": 7.0, "QuotaName": name}}
    aws.answers["cloudformation.describe_stacks"] = stack(MaxConcurrentJobs="5")

    assert text in aws.of(Level.OK)["running jobs"].text


def test_letters_that_nobody_took_are_a_warning_where_the_stack_says_where_they_lie(aws: Aws) -> None:
    aws.answers["sqs.get_queue_attributes"] = {"Attributes": {"ApproximateNumberOfMessages": "3"}}

    assert "about 3" in aws.of(Level.WARNING)["dead letters"].text

    aws.answers["cloudformation.describe_stacks"] = stack(DeadLettersUrl=None)
    assert list(aws.of(Level.SKIPPED)) == ["dead letters"]
