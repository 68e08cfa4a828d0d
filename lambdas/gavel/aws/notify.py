"""The message that tells the topic's subscribers how an evaluation ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws import clients
from gavel.aws.failures import ClientError, code_of, translated
from gavel.notifications.message import message_of
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gavel.aws.settings import Settings


def notify(head: Mapping[str, Any], gates: Iterable[Mapping[str, Any]], *, settings: Settings) -> None:
    """Publish the message about an evaluation's end; one published again is the same message.

    Raises TryLaterError whatever kept SNS from taking it, a missing permission too: a topic that was deleted or locked
    may come back, and the evaluation has its end whatever becomes of the message.
    """
    message = message_of(head, gates, bucket=settings.bucket, region=settings.region)
    try:
        with translated(denials=False):
            clients.sns().publish(
                TopicArn=settings.topic_arn,
                Subject=message.subject,
                Message=message.body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
                },
            )
    except ClientError as error:
        raise TryLaterError(f"SNS did not take the message: {code_of(error)}") from error
