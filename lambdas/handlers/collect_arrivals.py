"""Output of Bedrock's jobs has arrived: the events stand in a queue, some of which come together."""

from __future__ import annotations

import json
from typing import Any

from gavel.aws import clients
from gavel.aws.arrival_queue import defer
from gavel.aws.collect_arrivals import Arrival, Arrivals, Outcome
from gavel.aws.failures import ClientError
from gavel.names.deployed import Variable
from gavel.problems import GavelError
from handlers.entrance import Door, Event, logger, now, step, what_of

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.ARRIVALS_URL,
    first=(clients.s3, clients.bedrock, clients.step_functions),
)


@step
def handler(event: Event) -> dict[str, Any]:
    """Answer SQS messages that hold EventBridge's events `Object Created`, with those that are to come again."""
    messages = event["Records"]
    arrivals = [
        Arrival(
            json.loads(message["body"])["detail"]["object"]["key"],
            received=int(message["attributes"]["ApproximateReceiveCount"]),
        )
        for message in messages
    ]
    batch = Arrivals(door.bucket, door.table, now)
    outcomes = batch.take(arrivals)
    later = [
        (message, arrival)
        for message, arrival, outcome in zip(messages, arrivals, outcomes, strict=True)
        if outcome is Outcome.COMES_AGAIN
    ]
    for message, arrival in later:
        try:
            defer(message["receiptHandle"], received=arrival.received, queue_url=door.settings.arrivals_url)
        except (GavelError, ClientError) as error:
            # It comes again all the same, when the time is over that the queue gives this Lambda.
            logger.warning("an event comes again later than it should", extra=what_of(error))
    for fault in batch.faults:
        logger.warning("a job's results are left to another time", extra=what_of(fault))
    logger.info("arrivals seen to", arrivals=len(arrivals), later=len(later))
    return {"batchItemFailures": [{"itemIdentifier": message["messageId"]} for message, _ in later]}
