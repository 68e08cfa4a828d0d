"""Least privilege: what roles may do, who may take them on, and which wildcards there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import infra.check
from gavel.names.object_keys import DATASETS_PREFIX
from infra.config import EnvironmentConfig
from infra.grants import Grant
from infra.handler_table import HANDLERS, Handler
from infra.model_kinds import ModelKind
from tests.infra.template import Synthesised, text

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKET = "<StorageBucket5CB7C8EA.Arn>"
OWN = "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>"

# Every resource with a wildcard that any role of the stack may touch, with the reason why it cannot be narrower.
WILDCARDS: Mapping[str, str] = {
    "*": "X-Ray, CloudWatch's log delivery and bedrock:ListEvaluationJobs know no resource types",
    f"{BUCKET}/suites/*": "suites are uploaded after deployment",
    f"{BUCKET}/answers/*": "files of answers are uploaded after deployment",
    f"{BUCKET}/datasets/*": "datasets are uploaded after deployment",
    f"{BUCKET}/evaluations/*/suite.yaml": "each evaluation has a folder of its own",
    f"{BUCKET}/evaluations/*/manifest.json": "as above",
    f"{BUCKET}/evaluations/*/plan/*": "as above",
    f"{BUCKET}/evaluations/*/plan/jobs.jsonl": "as above",
    f"{BUCKET}/evaluations/*/plan/panel.jsonl": "as above",
    f"{BUCKET}/evaluations/*/plan/shards/*": "as above",
    f"{BUCKET}/evaluations/*/plan/shards/answers-*": "as above",
    f"{BUCKET}/evaluations/*/plan/runs/*": "as above",
    f"{BUCKET}/evaluations/*/bedrock/*": "as above",
    f"{BUCKET}/evaluations/*/scores/*": "as above",
    **{
        f"{BUCKET}/evaluations/*/{file}": "the API gives links to it"
        for file in ("report.html", "summary.json", "summary.csv", "junit.xml", "comment.md", "validation.json")
    },
    f"{OWN}:evaluation-job/*": "Bedrock names jobs when they are created",
    f"{OWN}:model-invocation-job/*": "Bedrock names batches when they are created",
    "arn:<AWS::Partition>:bedrock:*::foundation-model/*": "a cross-Region profile calls the model in any Region",
    f"{OWN}:inference-profile/*": "suites name models after deployment",
    f"{OWN}:application-inference-profile/*": "as above",
    f"{OWN}:provisioned-model/*": "as above",
    f"{OWN}:custom-model/*": "as above",
    f"{OWN}:custom-model-deployment/*": "as above",
    f"{OWN}:imported-model/*": "as above",
    f"{OWN}:default-prompt-router/*": "as above",
    f"{OWN}:prompt-router/*": "as above",
    "arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/gavel-production/*": "schedules of suites",
    "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:gavel-production:*": "executions",
    "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:gavel-production/*": "those of map runs",
}


def bedrock_role(synthesised: Synthesised) -> str:
    (name,) = (
        name
        for name, role in synthesised.of_type("AWS::IAM::Role").items()
        if role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "bedrock.amazonaws.com"}
    )
    return name


def test_no_role_may_do_an_action_by_wildcard(production: Synthesised) -> None:
    assert [item for item in production.statements() if any("*" in action for action in item.actions)] == []


def test_every_wildcard_resource_is_in_the_list_and_the_list_has_no_other(production: Synthesised) -> None:
    used = {resource for item in production.statements() for resource in item.resources if "*" in resource}
    assert used == set(WILDCARDS)


def test_star_alone_is_for_actions_that_know_no_resources(production: Synthesised) -> None:
    on_everything = {action for item in production.statements() if "*" in item.resources for action in item.actions}
    assert {action for action in on_everything if not action.startswith(("xray:", "logs:"))} == {
        "bedrock:ListEvaluationJobs"
    }


def test_no_role_takes_a_managed_policy(production: Synthesised) -> None:
    assert [role for role in production.of_type("AWS::IAM::Role").values() if "ManagedPolicyArns" in role] == []


def test_bedrock_takes_its_role_only_for_evaluation_jobs_of_this_account(production: Synthesised) -> None:
    role = production.of_type("AWS::IAM::Role")[bedrock_role(production)]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRole"
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert text(trust["Condition"]["ArnLike"]["aws:SourceArn"]) == f"{OWN}:evaluation-job/*"


def test_bedrock_reads_shards_and_writes_only_raw_output(production: Synthesised) -> None:
    own = [item for item in production.statements() if item.role == bedrock_role(production)]
    read = {resource for item in own if "s3:GetObject" in item.actions for resource in item.resources}
    written = {resource for item in own if "s3:PutObject" in item.actions for resource in item.resources}
    assert read == {f"{BUCKET}/evaluations/*/plan/shards/*", f"{BUCKET}/evaluations/*/bedrock/*"}
    assert written == {f"{BUCKET}/evaluations/*/bedrock/*"}
    (listing,) = (item for item in own if "s3:ListBucket" in item.actions)
    assert listing.resources == (BUCKET,)


def test_only_the_named_kinds_of_models_can_be_invoked() -> None:
    kinds = (ModelKind.FOUNDATION_MODEL, ModelKind.SAGEMAKER_ENDPOINT)
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", model_kinds=kinds)))
    own = [item for item in synthesised.statements() if item.role == bedrock_role(synthesised)]
    invoked = {resource for item in own for resource in item.resources if "bedrock:InvokeModel" in item.actions}
    assert invoked == {"arn:<AWS::Partition>:bedrock:*::foundation-model/*"}
    (endpoints,) = (item for item in own if "sagemaker:InvokeEndpoint" in item.actions)
    assert endpoints.resources == ("arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/*",)


def test_a_schedules_role_is_passed_to_the_scheduler_alone_and_calls_one_lambda(production: Synthesised) -> None:
    statement = production.of_handler("api")["PassSchedulerRole"]
    (name,) = (
        name
        for name, role in production.of_type("AWS::IAM::Role").items()
        if role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "scheduler.amazonaws.com"}
    )
    assert statement.resources == (f"<{name}.Arn>",)
    assert statement.conditions == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    trust = production.of_type("AWS::IAM::Role")[name]["AssumeRolePolicyDocument"]["Statement"][0]
    assert set(trust["Condition"]) == {"StringEquals", "ArnEquals"}


def test_only_start_job_passes_bedrocks_role_and_only_to_bedrock(production: Synthesised) -> None:
    passing = [item for item in production.statements() if "iam:PassRole" in item.actions]
    (statement,) = (item for item in passing if item.sid == "PassBedrockRole")
    assert len(passing) == 2
    assert statement == production.of_handler("start_job")["PassBedrockRole"]
    assert statement.resources == (f"<{bedrock_role(production)}.Arn>",)
    assert statement.conditions == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}


# What the steps of single jobs make; all else below an evaluation is the plan's, Bedrock's and the summary's.
OF_JOBS: Mapping[str, set[str]] = {
    "start_job": set(),
    "check_job": set(),
    "fail_job": set(),
    "collect_scores": {"scores/*", "plan/shards/answers-*"},
}


@pytest.mark.parametrize("handler", OF_JOBS)
def test_the_steps_of_a_job_write_what_they_make_and_neither_plan_nor_raw_output_nor_summary(
    production: Synthesised, handler: str
) -> None:
    written = {
        resource
        for statement in production.of_handler(handler).values()
        if "s3:PutObject" in statement.actions
        for resource in statement.resources
    }

    assert written == {f"{BUCKET}/evaluations/*/{pattern}" for pattern in OF_JOBS[handler]}


def test_events_are_published_in_our_own_name_only(production: Synthesised) -> None:
    publishers = [item for item in production.statements() if "events:PutEvents" in item.actions]
    assert len(publishers) == 3
    for item in publishers:
        assert item.conditions == {"ForAllValues:StringEquals": {"events:source": "gavel"}}
        assert item.resources == ("arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default",)


@pytest.mark.parametrize("handler", [row.name for row in HANDLERS])
def test_a_lambda_is_taken_on_by_lambda_only_and_writes_only_its_own_log(production: Synthesised, handler: str) -> None:
    function = production.function(handler)
    role = production.of_type("AWS::IAM::Role")[function["Role"]["Fn::GetAtt"][0]]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    log_group = function["LoggingConfig"]["LogGroup"]["Ref"]
    assert production.of_handler(handler)["WriteLogs"].resources == (f"<{log_group}.Arn>",)


@pytest.mark.parametrize("row", HANDLERS, ids=lambda row: row.name)
def test_listing_is_bound_to_prefixes_where_a_missing_object_need_not_be_told(
    production: Synthesised, row: Handler
) -> None:
    for item in production.of_handler(row.name).values():
        if "s3:ListBucket" in item.actions:
            assert bool(item.conditions) != row.tells_missing


def test_a_grant_with_an_action_by_wildcard_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="name each"):
        Grant(sid="All", actions=("s3:Get*",), resources=("arn:aws:s3:::bucket",))


@pytest.mark.parametrize(("resource", "reason"), [("arn:aws:s3:::bucket/*", None), ("arn:aws:s3:::bucket", "why")])
def test_a_wildcard_resource_and_its_reason_come_together(resource: str, reason: str | None) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Grant(sid="Read", actions=("s3:GetObject",), resources=(resource,), wildcard=reason)


def test_nothing_that_an_upload_starts_can_write_a_dataset() -> None:
    writers = [
        handler.name
        for handler in HANDLERS
        if any(pattern.startswith(DATASETS_PREFIX) or not pattern.partition("*")[0] for pattern in handler.write)
    ]
    # The API signs upload forms with its own role, and no upload calls it.
    assert writers == ["api"]
