"""What the doctor asks AWS, and what it makes of every answer: AWS is a table of answers, held to botocore's models."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from gavel.aws import clients
from gavel.diagnosis.finding import Level
from gavel.problems import NotPermittedError, TryLaterError
from tests.aws.diagnosed_aws import KEY, QUOTA, Aws, error, healthy, stack


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
