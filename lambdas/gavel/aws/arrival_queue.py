"""The queue of events that tell of arrived output: when one that could not be seen to yet comes again."""

from __future__ import annotations

from typing import Final

from gavel.aws import clients
from gavel.aws.failures import translated

SHORTEST_SECONDS: Final = 2
LONGEST_SECONDS: Final = 60
SOON: Final = 5  # so often a file may be there some seconds before its job is done


def delay_seconds(received: int) -> int:
    """Seconds until an event comes again that was received so often: 2 for ten seconds, then 4, 8, … up to a minute."""
    return min(SHORTEST_SECONDS << min(max(received - SOON, 0), 10), LONGEST_SECONDS)


def defer(receipt: str, *, received: int, queue_url: str) -> None:
    """Have a message come again soon, and not only when the time is over that the Lambda may take."""
    with translated():
        clients.sqs().change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=receipt, VisibilityTimeout=delay_seconds(received)
        )
