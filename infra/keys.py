"""The customer's KMS key, where the environment asks for one."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.config import NEW_KEY, NO_KEY, Removal
from infra.grants import Grant

BEDROCK = "bedrock.amazonaws.com"
_LOGS_ACTIONS: Final = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class CustomerKey(Construct):
    """The key over bucket, table, topic and log groups: made here, taken from its ARN, or none."""

    def __init__(self, scope: Construct, construct_id: str, *, setting: str, removal: Removal) -> None:
        super().__init__(scope, construct_id)
        self.key: kms.IKey | None = None
        if setting == NEW_KEY:
            key = kms.Key(
                self,
                "Key",
                description=f"Datasets, results and summaries of {cdk.Stack.of(self).stack_name}",
                enable_key_rotation=True,
                removal_policy=cdk.RemovalPolicy.RETAIN if removal is Removal.RETAIN else cdk.RemovalPolicy.DESTROY,
            )
            for statement in key_statements(cdk.Stack.of(self)):
                key.add_to_resource_policy(statement)
            self.key = key
        elif setting != NO_KEY:
            self.key = kms.Key.from_key_arn(self, "Key", setting)

    def use_through_s3(self, *, write: bool) -> list[Grant]:
        """What a role needs to read objects under the key, and to write them; nothing without a key."""
        actions = ("kms:Decrypt", "kms:GenerateDataKey") if write else ("kms:Decrypt",)
        return self._use("UseKeyThroughS3", actions, service="s3")

    def use_through_dynamodb(self) -> list[Grant]:
        """What a role needs to use a table under the key (DynamoDB checks the caller); nothing without a key."""
        actions = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
        return self._use("UseKeyThroughDynamoDB", actions, service="dynamodb")

    def use_through_sns(self) -> list[Grant]:
        """What a role needs to publish to a topic under the key; nothing without a key.

        Source: SNS developer guide, "Key management", "Configuring AWS KMS permissions".
        """
        return self._use("UseKeyThroughSNS", ("kms:Decrypt", "kms:GenerateDataKey"), service="sns")

    def use_for_evaluation_jobs(self) -> list[Grant]:
        """What the creator of an evaluation job and Bedrock's role need on the key that the job names.

        Source: Bedrock user guide, "Data encryption for model evaluation jobs".
        """
        return self._use("UseKeyForJobs", ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"), service=None)

    def _use(self, sid: str, actions: tuple[str, ...], *, service: str | None) -> list[Grant]:
        if self.key is None:
            return []
        stack = cdk.Stack.of(self)
        via = {"StringEquals": {"kms:ViaService": f"{service}.{stack.region}.amazonaws.com"}} if service else None
        return [Grant(sid=sid, actions=actions, resources=(self.key.key_arn,), conditions=via)]


def key_statements(stack: cdk.Stack) -> list[iam.PolicyStatement]:
    """What the key's policy must allow to services that use it in their own name: Bedrock, alarms, CloudWatch Logs."""
    return [*bedrock_key_statements(stack), alarm_key_statement(stack), logs_key_statement(stack)]


def logs_key_statement(stack: cdk.Stack) -> iam.PolicyStatement:
    """What a key's policy must allow CloudWatch Logs, for log groups with this stack's name and no other.

    Source: CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS", which names these actions
    by wildcard; each of them is spelt out here.
    """
    groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:/aws"
    # The stack's name may begin another's: a log group is named by it alone, or by it and a handler after a hyphen.
    named = [f"{groups}/{place}/{stack.stack_name}" for place in ("vendedlogs/apis", "vendedlogs/states")]
    return iam.PolicyStatement(
        sid="LogsAreEncrypted",
        principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
        actions=list(_LOGS_ACTIONS),
        resources=["*"],
        conditions={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": [*named, f"{groups}/lambda/{stack.stack_name}-*"]}
        },
    )


def alarm_key_statement(stack: cdk.Stack) -> iam.PolicyStatement:
    """What a key's policy must allow alarms, which publish to the topic under the key as a service.

    Source: SNS developer guide, "Key management", "Enable compatibility between event sources from AWS services and
    encrypted topics". For the alarms of this account only.
    """
    return iam.PolicyStatement(
        sid="AlarmsPublish",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
    )


def bedrock_key_statements(stack: cdk.Stack) -> list[iam.PolicyStatement]:
    """What a key's policy must allow Bedrock for the temporary copy that it keeps during a job.

    Source: Bedrock user guide, "Required key policy elements to encrypt your model evaluation job". The guide has all
    three actions under both conditions; but DescribeKey carries no encryption context: a condition on it never holds.
    """
    jobs = f"arn:{stack.partition}:bedrock:{stack.region}:{stack.account}:evaluation-job/*"
    principal = iam.ServicePrincipal(BEDROCK)
    # In a key's policy "*" is the key itself.
    return [
        iam.PolicyStatement(
            sid="BedrockEncryptsJobs",
            principals=[principal],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={
                "StringLike": {"kms:EncryptionContext:evaluationJobArn": jobs},
                "ArnLike": {"aws:SourceArn": jobs},
                "StringEquals": {"aws:SourceAccount": stack.account},
            },
        ),
        iam.PolicyStatement(
            sid="BedrockLooksAtKey",
            principals=[principal],
            actions=["kms:DescribeKey"],
            resources=["*"],
            conditions={"ArnLike": {"aws:SourceArn": jobs}, "StringEquals": {"aws:SourceAccount": stack.account}},
        ),
    ]
