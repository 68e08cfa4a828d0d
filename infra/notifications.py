"""The topic that tells people of evaluations' ends and of alarms, and its subscribers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.acknowledge import acknowledge, in_packs
from infra.grants import Grant

if TYPE_CHECKING:
    from infra.config import EnvironmentConfig
    from infra.keys import CustomerKey

CLOUDWATCH = "cloudwatch.amazonaws.com"

_UNDELIVERED = (
    "What a subscriber does not take is told elsewhere as well: an evaluation's end in table, bucket and event, an "
    "alarm in CloudWatch. A queue of undelivered notices would be one more thing that nobody reads."
)

_NO_KEY = (
    "The setting `customer_key` puts the topic under a key of the customer's. Without it SNS encrypts with its own: "
    "the AWS managed key would keep alarms from publishing, and messages hold figures and names only."
)


class Notifications(Construct):
    """The topic, under the customer's key where there is one. Nothing is published to it without TLS.

    Without that key SNS encrypts with its own. Not with the AWS managed key alias/aws/sns: its policy cannot be changed
    and lets no CloudWatch alarm publish (AWS knowledge center, "Why didn't I receive an SNS notification for my
    CloudWatch alarm trigger?"). Messages carry figures and names, never a prompt or an answer.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: EnvironmentConfig, customer_key: CustomerKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._customer_key = customer_key
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=f"{config.stack_name}-notifications",
            display_name=config.stack_name,
            master_key=customer_key.key,
            enforce_ssl=True,
        )
        if customer_key.key is None:
            acknowledge(self.topic, {**in_packs("SNSEncryptedKMS", _NO_KEY), "Checkov::CKV_AWS_26": _NO_KEY})
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
        for number, subscriber in enumerate(config.notify):
            subscription = sns.CfnSubscription(
                self,
                f"Subscriber{number}",
                topic_arn=self.topic.topic_arn,
                protocol="https" if subscriber.startswith("https://") else "email",
                endpoint=subscriber,
            )
            acknowledge(subscription, {"Serverless::Serverless-SNSRedrivePolicy": _UNDELIVERED})

    def publish(self) -> list[Grant]:
        """Publish to this topic and no other."""
        return [
            Grant(sid="PublishMessages", actions=("sns:Publish",), resources=(self.topic.topic_arn,)),
            *self._customer_key.use_through_sns(),
        ]
