"""An upload below `datasets/` starts an evaluation: S3 → EventBridge → Lambda, and a queue for what nobody took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from gavel.names.object_keys import DATASET_SUFFIXES, DATASETS_PREFIX
from infra import handler_table
from infra.acknowledge import acknowledge
from infra.dead_letters import DeadLetters

if TYPE_CHECKING:
    from aws_cdk import aws_stepfunctions as sfn

    from infra.functions import FunctionFactory
    from infra.storage import Storage

KEPT_DAYS: Final = 14  # SQS keeps nothing longer
TRY_FOR_HOURS: Final = 6


class Uploads(Construct):
    """The rule, its Lambda, and the dead letter queue of both: what EventBridge could not deliver, and what failed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        factory: FunctionFactory,
        storage: Storage,
        state_machine: sfn.IStateMachine,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(KEPT_DAYS),
        )
        reason = (
            "This is the dead letter queue of rules and of Lambdas' asynchronous calls; nothing consumes it in turn."
        )
        acknowledge(
            self.dead_letters,
            {
                "AwsSolutions::AwsSolutions-SQS3": reason,
                "Serverless::Serverless-SQSRedrivePolicy": reason,
                "Checkov::CKV_AWS_27": (
                    "SQS encrypts the queue with keys of its own. What waits in it are events, which name bucket, key "
                    "and evaluation, and never hold a prompt or an answer; a key of the customer's would have to be "
                    "opened to three more services for them."
                ),
            },
        )
        function = factory.make(self, handler_table.START_EVALUATION, state_machine=state_machine)
        function.configure_async_invoke(
            on_failure=DeadLetters(self.dead_letters),
            max_event_age=cdk.Duration.hours(TRY_FOR_HOURS),
            retry_attempts=2,
        )
        events.Rule(
            self,
            "Rule",
            description="A dataset was uploaded",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [storage.bucket.bucket_name]},
                    "object": {"key": [{"wildcard": f"{DATASETS_PREFIX}*{suffix}"} for suffix in DATASET_SUFFIXES]},
                },
            ),
            targets=[
                targets.LambdaFunction(
                    function,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=cdk.Duration.hours(TRY_FOR_HOURS),
                    retry_attempts=10,
                )
            ],
        )
