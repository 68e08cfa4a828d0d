"""The bucket and the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import infra.check
from infra.config import EnvironmentConfig, Removal
from tests.infra.template import Synthesised, text

if TYPE_CHECKING:
    from typing import Any

KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d"


def synthesise(**settings: Any) -> Synthesised:
    return Synthesised(infra.check.template(EnvironmentConfig(name="production", **settings)))


@pytest.fixture(scope="module")
def twin_like() -> Synthesised:
    return synthesise(cors_origins=(), removal=Removal.DESTROY, customer_key="create")


def test_the_bucket_refuses_requests_without_tls(production: Synthesised) -> None:
    statements = production.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    (deny,) = [item for item in statements if item.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}]
    assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", {"AWS": "*"}, "s3:*")
    assert len(deny["Resource"]) == 2


def test_nothing_in_the_bucket_can_be_public(production: Synthesised) -> None:
    blocked = production.only("AWS::S3::Bucket")["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert len(blocked) == 4


def test_the_bucket_keeps_versions_and_tells_eventbridge(production: Synthesised) -> None:
    bucket = production.only("AWS::S3::Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert production.of_type("Custom::S3BucketNotifications") == {}


def test_raw_output_old_versions_and_broken_uploads_expire(production: Synthesised) -> None:
    rules = {rule["Id"]: rule for rule in production.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]}
    assert rules["expire-raw-output"]["TagFilters"] == [{"Key": "gavel", "Value": "raw-output"}]
    assert rules["expire-raw-output"]["ExpirationInDays"] == 90
    expiring = {rule["Prefix"] for rule in rules.values() if "NoncurrentVersionExpiration" in rule}
    assert expiring == {"evaluations/", "datasets/", "answers/"}, "versions of suites are kept"
    assert rules["expire-old-versions-datasets"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_the_documented_cors_rule_is_there_unless_switched_off(production: Synthesised, twin_like: Synthesised) -> None:
    (rule,) = production.only("AWS::S3::Bucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedMethods"] == ["GET", "PUT", "POST", "DELETE"]
    assert rule["ExposedHeaders"] == ["Access-Control-Allow-Origin"]
    assert rule["AllowedOrigins"] == ["*"]
    assert "CorsConfiguration" not in twin_like.only("AWS::S3::Bucket")


def test_data_outlives_the_stack_unless_the_environment_says_otherwise(
    production: Synthesised, twin_like: Synthesised
) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        for synthesised, policy in ((production, "Retain"), (twin_like, "Delete")):
            (resource,) = (item for item in synthesised.content["Resources"].values() if item["Type"] == kind)
            assert resource["DeletionPolicy"] == policy


def test_the_table_can_be_restored_to_a_point_in_time(production: Synthesised) -> None:
    table = production.only("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] is True


def test_a_new_key_covers_bucket_and_table_and_rotates(twin_like: Synthesised) -> None:
    ((key, properties),) = twin_like.of_type("AWS::KMS::Key").items()
    (rule,) = twin_like.only("AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert text(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == f"<{key}.Arn>"
    assert text(twin_like.only("AWS::DynamoDB::Table")["SSESpecification"]["KMSMasterKeyId"]) == f"<{key}.Arn>"
    assert properties["EnableKeyRotation"] is True


def test_bedrock_may_use_a_new_key_for_evaluation_jobs_of_this_account_only(twin_like: Synthesised) -> None:
    statements = {item.get("Sid"): item for item in twin_like.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]}
    jobs = "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>:evaluation-job/*"
    encrypts, looks = statements["BedrockEncryptsJobs"], statements["BedrockLooksAtKey"]
    assert text(encrypts["Condition"]["StringLike"]["kms:EncryptionContext:evaluationJobArn"]) == jobs
    for statement in (encrypts, looks):
        assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
        assert text(statement["Condition"]["ArnLike"]["aws:SourceArn"]) == jobs
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_a_given_key_is_used_and_none_is_made() -> None:
    synthesised = synthesise(customer_key=KEY_ARN)
    (rule,) = synthesised.only("AWS::S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY_ARN
    assert synthesised.of_type("AWS::KMS::Key") == {}
    assert synthesised.function("start_job")["Environment"]["Variables"]["GAVEL_KEY_ARN"] == KEY_ARN
    assert synthesised.of_handler("start_job")["UseKeyForJobs"].resources == (KEY_ARN,)


def test_without_a_key_nothing_asks_for_one(production: Synthesised) -> None:
    assert [item.sid for item in production.statements() if any(a.startswith("kms:") for a in item.actions)] == []
    assert "GAVEL_KEY_ARN" not in production.function("start_job")["Environment"]["Variables"]
