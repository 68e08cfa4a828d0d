"""Where a Lambda puts what it failed at after its last attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.grants import Grant, give

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct


@jsii.implements(lambda_.IDestination)
class DeadLetters:
    """A queue as a destination.

    Lambda needs sqs:SendMessage alone (developer guide, "Permissions for destinations"); the CDK's own destination
    would let the function ask the queue for its attributes and its address as well.
    """

    def __init__(self, queue: sqs.IQueue) -> None:
        self._queue = queue

    def bind(
        self,
        _scope: Construct,
        fn: lambda_.IFunction,
        *,
        type: lambda_.DestinationType,  # noqa: A002 - the CDK's name
    ) -> lambda_.DestinationConfig:
        """Let the function send, and name the queue."""
        if not isinstance(fn.role, iam.Role):
            raise TypeError(f"{fn.node.path} has no role of its own to grant {type} to")
        give(fn.role, [Grant(sid="KeepFailures", actions=("sqs:SendMessage",), resources=(self._queue.queue_arn,))])
        return lambda_.DestinationConfig(destination=self._queue.queue_arn)
