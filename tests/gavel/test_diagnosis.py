"""What facts about an account, a stack and a suite mean, without any AWS."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gavel.diagnosis import bucket, deployment, jobs
from gavel.diagnosis.finding import Finding, Level, counts
from gavel.diagnosis.permissions import (
    Decision,
    Need,
    file_needs,
    merged,
    model_arn,
    model_needs,
    permission_findings,
)
from gavel.diagnosis.suite_models import Access, ModelFacts, Use, model_findings, refused, uses
from gavel.diagnosis.trust import trust
from gavel.suites.models import parse_model
from gavel.suites.reach import Reach
from gavel.suites.suite import default_suite, load_suite

ACCOUNT, REGION = "111122223333", "eu-west-1"
JOBS = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:evaluation-job/*"
ENDPOINT = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mine"
IMPORTED = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:imported-model/abcdefghij01"
LITE, PROFILE = "amazon.nova-lite-v1:0", "eu.amazon.nova-lite-v1:0"


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("CREATE_COMPLETE", Level.OK),
        ("UPDATE_COMPLETE", Level.OK),
        ("UPDATE_ROLLBACK_COMPLETE", Level.WARNING),
        ("UPDATE_IN_PROGRESS", Level.PROBLEM),
        ("REVIEW_IN_PROGRESS", Level.PROBLEM),
        ("ROLLBACK_COMPLETE", Level.PROBLEM),
        ("UPDATE_ROLLBACK_FAILED", Level.PROBLEM),
        ("DELETE_FAILED", Level.PROBLEM),
    ],
)
def test_a_stack_is_usable_only_at_rest(status: str, level: Level) -> None:
    assert deployment.stack_status("a-stack", status).level is level


def test_a_stack_that_was_never_made_has_to_be_deleted_before_it_can_be_deployed() -> None:
    assert "delete-stack --stack-name a-stack" in str(deployment.stack_status("a-stack", "ROLLBACK_COMPLETE").remedy)


@pytest.mark.parametrize(
    ("deployed", "level", "remedy"),
    [
        ("0.10.0", Level.OK, None),
        ("0.9.9", Level.WARNING, "make deploy"),
        ("0.11.0", Level.WARNING, "update the command line to 0.11.0"),
        (None, Level.WARNING, "make deploy"),
    ],
)
def test_versions_are_compared_as_numbers(deployed: str | None, level: Level, remedy: str | None) -> None:
    found = deployment.version(deployed, "0.10.0")

    assert (found.level, found.remedy is None) == (level, remedy is None)
    assert (remedy or "") in (found.remedy or "")


@pytest.mark.parametrize(
    ("seconds", "level", "word"),
    [
        (60, Level.OK, ""),
        (61, Level.WARNING, "ahead"),
        (-300, Level.WARNING, "behind"),
        (301, Level.PROBLEM, "ahead"),
        (-86400, Level.PROBLEM, "behind"),
    ],
)
def test_a_clock_that_is_wrong_is_told_before_aws_refuses_its_signatures(seconds: int, level: Level, word: str) -> None:
    aws = datetime(2026, 1, 2, tzinfo=UTC)

    found = deployment.clock_skew(local=aws + timedelta(seconds=seconds), aws=aws)

    assert found.level is level
    assert word in found.text


def policy(**changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": JOBS}},
    }
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


def trusted(document: dict[str, Any]) -> Finding:
    return trust(document, account=ACCOUNT, region=REGION)


@pytest.mark.parametrize(
    "document",
    [
        policy(),
        policy(Action=["sts:AssumeRole", "sts:TagSession"]),
        policy(Action="sts:*"),
        policy(Principal={"Service": ["lambda.amazonaws.com", "bedrock.amazonaws.com"]}),
        policy(Condition={"ArnEquals": {"AWS:sourcearn": [JOBS.replace(REGION, "us-east-1"), JOBS]}}),
        policy(Condition={"StringLike": {"aws:SourceArn": f"arn:aws:bedrock:*:{ACCOUNT}:*"}}),
        {"Statement": policy()["Statement"][0]},
    ],
)
def test_a_trust_policy_for_jobs_of_this_account_and_region_is_good(document: dict[str, Any]) -> None:
    assert trusted(document).level is Level.OK


@pytest.mark.parametrize(
    "document",
    [
        {},
        policy(Principal={"Service": "lambda.amazonaws.com"}),
        policy(Principal="*"),
        policy(Action="sts:TagSession"),
        policy(Effect="Deny"),
        policy(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),
        policy(Condition={"ArnLike": {"aws:SourceArn": JOBS.replace(REGION, "us-east-1")}}),
        policy(Condition={"ArnLike": {"aws:SourceArn": JOBS.replace("evaluation-job", "model-customization-job")}}),
        policy(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:*"}}),
        {"Statement": policy()["Statement"] + policy(Effect="Deny", Condition={})["Statement"]},
    ],
)
def test_a_trust_policy_that_keeps_bedrock_out_is_a_problem(document: dict[str, Any]) -> None:
    assert trusted(document).level is Level.PROBLEM


def test_a_trust_policy_for_the_jobs_of_any_account_is_a_warning() -> None:
    assert trusted(policy(Condition={})).level is Level.WARNING


@pytest.mark.parametrize(
    "condition", [{"Null": {"aws:SourceArn": "false"}}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}]
)
def test_a_condition_that_nobody_can_read_here_is_no_verdict(condition: dict[str, Any]) -> None:
    found = trusted(policy(Condition=condition))

    assert found.level is Level.WARNING
    assert next(iter(condition)) in found.text


def answering(model: str = LITE) -> Use:
    return Use(parse_model(model), answers=True)


OPEN = ModelFacts(known=True, lifecycle="ACTIVE", inference_types=frozenset({"ON_DEMAND"}), access=Access(LITE))


def changed(**facts: Any) -> ModelFacts:
    return replace(ModelFacts(known=True, lifecycle="ACTIVE", access=Access(LITE)), **facts)


def test_a_model_that_can_be_called_is_one_line() -> None:
    assert model_findings(answering(), OPEN, region=REGION) == [
        Finding(f"model {LITE}", Level.OK, "answers, ACTIVE, on demand, access granted")
    ]


def test_a_model_for_inference_profiles_only_names_the_profile_to_write() -> None:
    facts = changed(inference_types=frozenset({"INFERENCE_PROFILE"}), alternatives=(PROFILE,))

    [found] = model_findings(answering(), facts, region=REGION)

    assert (found.level, found.remedy) == (Level.PROBLEM, f"write {PROFILE} in the suite: an inference profile of it")


@pytest.mark.parametrize(
    ("model", "alternatives", "remedy"),
    [
        (LITE, (), "list-foundation-models --region eu-west-1"),
        ("us.amazon.nova-lite-v1:0", (), "list-inference-profiles --region eu-west-1"),
        ("us.amazon.nova-lite-v1:0", (PROFILE, "global.x.y"), f"write {PROFILE} or global.x.y in the suite"),
    ],
)
def test_a_model_that_bedrock_does_not_know_comes_with_where_to_look(
    model: str, alternatives: tuple[str, ...], remedy: str
) -> None:
    [found] = model_findings(answering(model), ModelFacts(known=False, alternatives=alternatives), region=REGION)

    assert found.level is Level.PROBLEM
    assert remedy in str(found.remedy)


def test_a_legacy_model_is_a_warning_with_its_last_day() -> None:
    [found] = model_findings(answering(), changed(lifecycle="LEGACY", ends="2026-12-31"), region=REGION)

    assert found.level is Level.WARNING
    assert "2026-12-31" in found.text


@pytest.mark.parametrize(
    ("access", "level", "text"),
    [
        (Access(LITE, agreement="NOT_AVAILABLE"), Level.PROBLEM, "no agreement"),
        (Access(LITE, agreement="PENDING"), Level.WARNING, "pending"),
        (Access(LITE, agreement="ERROR", agreement_error="declined"), Level.PROBLEM, "declined"),
        (Access(LITE, authorization="NOT_AUTHORIZED"), Level.PROBLEM, "not authorized"),
        (Access(LITE, entitlement="NOT_AVAILABLE"), Level.PROBLEM, "not entitled"),
        (Access(LITE, region="NOT_AVAILABLE"), Level.PROBLEM, "not offered in eu-west-1"),
    ],
)
def test_a_model_that_is_not_open_to_the_account_is_told_with_the_reason(
    access: Access, level: Level, text: str
) -> None:
    [found] = model_findings(answering(), changed(access=access), region=REGION)

    assert found.level is level
    assert text in found.text


def test_a_profile_may_go_where_the_region_itself_does_not_offer_the_model() -> None:
    facts = changed(access=Access(LITE, region="NOT_AVAILABLE"), arns=("a", "b"))

    assert [found.level for found in model_findings(answering(PROFILE), facts, region=REGION)] == [Level.OK]


def test_everything_wrong_with_a_model_is_told_at_once() -> None:
    facts = changed(lifecycle="LEGACY", access=Access(LITE, agreement="PENDING", authorization="NOT_AUTHORIZED"))

    assert len(model_findings(answering(), facts, region=REGION)) == 3


@pytest.mark.parametrize(
    ("use", "level"),
    [
        (Use(parse_model("eu.amazon.nova-pro-v1:0"), judges=True), Level.OK),
        (Use(parse_model(LITE), judges=True), Level.WARNING),
        (Use(parse_model("mistral.mistral-large-2407-v1:0"), judges_custom=True), Level.OK),
        (Use(parse_model("mistral.mistral-large-2407-v1:0"), judges=True), Level.WARNING),
    ],
)
def test_a_judge_that_no_list_names_is_a_warning_and_never_more(use: Use, level: Level) -> None:
    assert [found.level for found in model_findings(use, OPEN, region=REGION)] == [level]


def test_a_model_that_the_deployment_cannot_call_is_a_problem_whatever_bedrock_says() -> None:
    reach = Reach(frozenset({"foundation-model"}), REGION, ACCOUNT)

    assert refused(answering(), reach) is None
    assert refused(answering(PROFILE), None) is None
    found = refused(answering(PROFILE), reach)
    assert found is not None
    assert found.level is Level.PROBLEM


def test_a_suite_names_each_of_its_models_once_with_all_its_parts() -> None:
    suite = load_suite(
        b"version: 1\ngenerators: [{model: amazon.nova-pro-v1:0}, {source: app}]\n"
        b"judges: [{model: amazon.nova-pro-v1:0}]",
        name="mine",
        file="mine.yaml",
    )

    assert uses(suite) == [Use(parse_model("amazon.nova-pro-v1:0"), answers=True, judges=True)]
    assert len(uses(default_suite())) == 3


def test_an_evaluation_needs_its_plan_its_output_and_its_key() -> None:
    needs = {action for need in file_needs("a-bucket", partition="aws", key_arn="a-key") for action in need.actions}

    assert needs == {
        *("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"),
        *("s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"),
        *("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
    }


@pytest.mark.parametrize(
    ("model", "resources"),
    [
        (LITE, [f"arn:aws:bedrock:{REGION}::foundation-model/{LITE}"]),
        (PROFILE, [f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{PROFILE}", "one", "two"]),
        (
            f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mine",
            [f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/mine"],
        ),
        (
            f"arn:aws:bedrock:{REGION}:{ACCOUNT}:imported-model/abcdefghij01",
            [f"arn:aws:bedrock:{REGION}:{ACCOUNT}:imported-model/abcdefghij01"],
        ),
    ],
)
def test_a_profile_is_called_together_with_the_models_behind_it(model: str, resources: list[str]) -> None:
    own = model_arn(parse_model(model), partition="aws", region=REGION, account=ACCOUNT)

    needs = model_needs(answering(model), own=own, arns=("one", "two"))

    assert [need.resource for need in needs] == resources
    assert all(action.endswith(("InvokeModel", "InvokeEndpoint")) for action in (need.actions[0] for need in needs))


def test_a_resource_that_is_needed_twice_is_asked_for_once() -> None:
    assert merged([Need("r", ("a", "b")), Need("s", ("a",)), Need("r", ("b", "c"))]) == [
        Need("r", ("a", "b", "c")),
        Need("s", ("a",)),
    ]


def test_a_role_that_may_do_all_is_one_line() -> None:
    assert [one.level for one in permission_findings([Decision("r", "a", "allowed")])] == [Level.OK]


def test_a_role_that_lost_its_policy_is_one_problem() -> None:
    [found] = permission_findings([Decision(resource, "a", "implicitDeny") for resource in "rst"])

    assert "nothing: none of 3 actions on 3 resources" in found.text
    assert "--revert-drift" in str(found.remedy)


def test_what_a_role_may_not_do_is_grouped_by_cause() -> None:
    found = permission_findings(
        [
            Decision("fine", "a", "allowed"),
            Decision("one", "a", "implicitDeny"),
            Decision("two", "a", "implicitDeny"),
            Decision("three", "a", "explicitDeny"),
            Decision("four", "a", "implicitDeny", "a permissions boundary"),
        ]
    )

    assert [one.text for one in found] == [
        "IAM does not allow the role a on one, two",
        "IAM does not allow the role a on three: a policy denies it",
        "IAM does not allow the role a on four: a permissions boundary forbids it",
    ]


@pytest.mark.parametrize(
    ("location", "region", "level"),
    [
        (None, "us-east-1", Level.OK),
        ("EU", "eu-west-1", Level.OK),
        ("eu-west-1", "eu-west-1", Level.OK),
        (None, "eu-west-1", Level.PROBLEM),
        ("eu-west-2", "eu-west-1", Level.PROBLEM),
    ],
)
def test_the_bucket_has_to_be_where_the_stack_is(location: str | None, region: str, level: Level) -> None:
    assert bucket.bucket_region(location, region).level is level


def test_a_bucket_under_a_customers_key_hands_the_key_on() -> None:
    def rule(**default: str) -> list[dict[str, Any]]:
        return [{"ApplyServerSideEncryptionByDefault": default}]

    assert bucket.encryption(rule(SSEAlgorithm="aws:kms", KMSMasterKeyID="a-key")) == (None, "a-key")
    for rules in ([], rule(SSEAlgorithm="AES256"), rule(SSEAlgorithm="aws:kms")):
        found, key = bucket.encryption(rules)
        assert (found and found.level, key) == (Level.OK, None)


@pytest.mark.parametrize(
    ("arn", "state", "level", "remedy"),
    [
        ("arn:aws:kms:eu-west-1:1:key/k", "Enabled", Level.OK, "None"),
        ("arn:aws:kms:eu-west-1:1:key/k", "Disabled", Level.PROBLEM, "enable-key"),
        ("arn:aws:kms:eu-west-1:1:key/k", "PendingDeletion", Level.PROBLEM, "cancel-key-deletion"),
        ("arn:aws:kms:us-east-1:1:key/k", "Enabled", Level.PROBLEM, "customer_key"),
    ],
)
def test_a_key_has_to_be_enabled_and_in_the_stacks_region(arn: str, state: str, level: Level, remedy: str) -> None:
    found = bucket.key({"Arn": arn, "KeyState": state}, REGION)

    assert found.level is level
    assert remedy in str(found.remedy)


def test_a_bucket_as_the_stack_makes_it_has_nothing_to_mend() -> None:
    blocks = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)

    assert {
        bucket.public_access(blocks, "b").level,
        bucket.versioning("Enabled", "b").level,
        bucket.events({"EventBridgeConfiguration": {}}).level,
        bucket.cors([{}]).level,
        bucket.cors([]).level,
    } == {Level.OK}


def test_what_somebody_changed_on_the_bucket_is_found() -> None:
    assert bucket.public_access(None, "b").level is Level.WARNING
    assert "BlockPublicPolicy" in bucket.public_access({"BlockPublicAcls": True}, "b").text
    assert bucket.versioning(None, "b").level is Level.PROBLEM
    assert bucket.versioning("Suspended", "b").level is Level.PROBLEM
    assert bucket.events({"LambdaFunctionConfigurations": [{}]}).level is Level.PROBLEM


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({}, Level.OK),
        ({"Principal": "*", "Action": ["s3:*"], "Resource": "arn:aws:s3:::b/*"}, Level.OK),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, Level.WARNING),
        ({"Effect": "Allow"}, Level.WARNING),
        ({"Action": "s3:GetObject"}, Level.WARNING),
        ({"Resource": ["arn:aws:s3:::b"]}, Level.WARNING),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, Level.WARNING),
    ],
)
def test_only_a_policy_that_denies_everyone_everything_without_tls_is_good(
    change: dict[str, Any], level: Level
) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }

    assert bucket.tls_only(json.dumps({"Statement": [statement | change]}), "b", partition="aws").level is level


def test_a_bucket_without_a_policy_lets_plain_requests_in() -> None:
    assert bucket.tls_only(None, "b", partition="aws").level is Level.WARNING


@pytest.mark.parametrize(
    ("running", "quota", "most", "levels"),
    [
        (0, None, 18, [Level.OK]),
        (19, 20, None, [Level.OK]),
        (20, None, 18, [Level.WARNING]),
        (3, 10, 18, [Level.WARNING]),
        (10, 10, 18, [Level.WARNING, Level.WARNING]),
    ],
)
def test_a_full_account_is_a_warning_since_jobs_only_wait(
    running: int, quota: int | None, most: int | None, levels: list[Level]
) -> None:
    assert [found.level for found in jobs.jobs(running, quota=quota, most=most)] == levels


def test_dead_letters_are_a_warning() -> None:
    assert (jobs.dead_letters(0).level, jobs.dead_letters(2).level) == (Level.OK, Level.WARNING)


def test_findings_are_counted_by_level() -> None:
    found = [jobs.dead_letters(0), jobs.dead_letters(1), jobs.dead_letters(0)]

    assert counts(found) == {"ok": 2, "warning": 1, "problem": 0, "skipped": 0}
