"""Output of a Bedrock job wakes who waits for it: S3 → EventBridge → a queue → Lambda, and a queue for what fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from gavel.names.object_keys import EVALUATIONS_PREFIX, RAW_OUTPUT_SUFFIX
from infra import handler_table
from infra.acknowledge import acknowledge

if TYPE_CHECKING:
    from infra.functions import FunctionFactory
    from infra.storage import Storage

KEPT_DAYS: Final = 14  # SQS keeps nothing longer
# An event comes again up to 18 times while its job is not done yet; more often than that, only what fails.
MOST_RECEIVED: Final = 25
# So many are taken together, one after the other; and so many batches at once.
AT_ONCE: Final = 5
MOST_BATCHES: Final = 10
# Jobs that end in the same moment are looked at together.
GATHERED_SECONDS: Final = 1
TRY_FOR_HOURS: Final = 6


class Arrivals(Construct):
    """The rule, its queue, the Lambda that takes from it, and the queue of what it could not take."""

    def __init__(self, scope: Construct, construct_id: str, *, factory: FunctionFactory, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        encryption = {
            "Checkov::CKV_AWS_27": (
                "SQS encrypts the queue with keys of its own. What waits in it are events of S3, which name a bucket "
                "and a key of Bedrock's, and never hold a prompt or an answer; a key of the customer's would have to "
                "be opened to two more services for them."
            )
        }
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(KEPT_DAYS),
        )
        last = "This is the dead letter queue of another queue and of a rule; nothing consumes it in turn."
        acknowledge(self.dead_letters, {"Serverless::Serverless-SQSRedrivePolicy": last, **encryption})
        handler = handler_table.COLLECT_ARRIVALS
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Six times what the Lambda may take: Lambda Developer Guide, "Configuring a queue to use with Lambda".
            visibility_timeout=cdk.Duration.seconds(6 * handler.timeout),
            retention_period=cdk.Duration.days(KEPT_DAYS),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=MOST_RECEIVED, queue=self.dead_letters),
        )
        acknowledge(self.queue, encryption)
        function = factory.make(self, handler, arrivals=self.queue)
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function,
            event_source_arn=self.queue.queue_arn,
            batch_size=AT_ONCE,
            max_batching_window=cdk.Duration.seconds(GATHERED_SECONDS),
            max_concurrency=MOST_BATCHES,
            report_batch_item_failures=True,
        )
        acknowledge(
            mapping,
            {
                "Serverless::Serverless-LambdaEventSourceMappingDestination": (
                    "A mapping of a queue knows no destination: what fails for good goes where the queue's own redrive "
                    "policy says."
                )
            },
        )
        events.Rule(
            self,
            "Rule",
            description="Bedrock has written results of an evaluation job",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [storage.bucket.bucket_name]},
                    "object": {"key": [{"wildcard": f"{EVALUATIONS_PREFIX}*/bedrock/*{RAW_OUTPUT_SUFFIX}"}]},
                },
            ),
            targets=[
                targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=cdk.Duration.hours(TRY_FOR_HOURS),
                    retry_attempts=10,
                )
            ],
        )
