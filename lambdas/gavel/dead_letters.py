"""What waits in the dead letter queue: what it was meant for, why it failed, and what a replay does with it.

Three senders write into the queue, each in its own form:

- Lambda, for an asynchronous call that failed three times: an object with `requestPayload`, the event, and
  `responsePayload`, the error (Lambda developer guide, "Retaining records of asynchronous invocations").
- EventBridge, for an event that it could not deliver: the event, and the error in message attributes (EventBridge user
  guide, "Using dead-letter queues to process undelivered events").
- EventBridge Scheduler: the input of the target, and the error in message attributes (EventBridge Scheduler user guide,
  "Configuring a dead-letter queue for a schedule").

Whom an event is for is told by its form, never by an ARN in the message: what is written into the queue may not choose
which Lambda a replay calls.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from gavel.names.identities import is_evaluation_id, is_suite_name
from gavel.names.object_keys import DATASETS_PREFIX, suite_of_dataset_key

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")
NO_REASON: Final = "no reason is given"


class Target(StrEnum):
    """The Lambda that an event is for, by its name in the stack."""

    START_EVALUATION = "start-evaluation"
    START_SCHEDULED = "start-scheduled"
    RECONCILE = "reconcile"


@dataclass(frozen=True)
class DeadLetter:
    """One message: `event` is what `target` is called with; a message that is nothing of Gavel's has no target.

    `about` and `why` name no file and no model: they stand in terminals and tickets.
    """

    target: Target | None
    event: Mapping[str, Any]
    about: str
    why: str
    tries: int | None = None


def read_dead_letter(body: str, attributes: Mapping[str, str], *, bucket: str) -> DeadLetter:
    """The message in words; `attributes` are those of the message, `bucket` is the deployment's own."""
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return DeadLetter(None, {}, "no event", _reason(attributes))
    if "requestPayload" not in content:
        return _told(content, _reason(attributes), attributes, bucket=bucket)
    context, error = _object(content.get("requestContext")), _object(content.get("responsePayload"))
    why = ": ".join(str(error[name]) for name in ("errorType", "errorMessage") if error.get(name))
    tries = context.get("approximateInvokeCount")
    letter = _told(
        _object(content["requestPayload"]), why or str(context.get("condition", NO_REASON)), attributes, bucket=bucket
    )
    return DeadLetter(letter.target, letter.event, letter.about, letter.why, int(tries) if tries else None)


def _told(event: Mapping[str, Any], why: str, attributes: Mapping[str, str], *, bucket: str) -> DeadLetter:
    detail = _object(event.get("detail"))
    tries = attributes.get("RETRY_ATTEMPTS")
    count = int(tries) + 1 if tries and tries.isdigit() else None
    if event.get("source") == "aws.s3":
        thing, place = _object(detail.get("object")), _object(detail.get("bucket")).get("name")
        key = str(thing.get("key", ""))
        if place == bucket and key.startswith(DATASETS_PREFIX):
            suite = suite_of_dataset_key(key)
            shown = suite if is_suite_name(suite) else "no suite's folder"
            about = f"upload to {shown}, version {thing.get('version-id', 'null')}"
            return DeadLetter(Target.START_EVALUATION, event, about, why, count)
        return DeadLetter(None, event, "an event of another bucket, or of no dataset", why, count)
    if {"suite", "scheduled_at"} <= set(event):
        suite = str(event["suite"])
        # Scheduler fills the time in when it calls; one that it could not call stands beside the event.
        time = next(
            (
                text
                for text in (str(event["scheduled_at"]), attributes.get("SCHEDULED_TIME", ""))
                if _TIME.fullmatch(text)
            ),
            None,
        )
        if is_suite_name(suite) and time:
            event = {"suite": suite, "scheduled_at": time}
            return DeadLetter(Target.START_SCHEDULED, event, f"scheduled run of {suite} at {time}", why, count)
    if event.get("source") == "aws.states":
        name = str(detail.get("name", ""))
        about = f"bad end of the execution {name}" if is_evaluation_id(name) else "bad end of an execution"
        return DeadLetter(Target.RECONCILE, event, about, why, count)
    if event.get("source") == "aws.events":
        return DeadLetter(Target.RECONCILE, event, "regular run of the reconciler", why, count)
    return DeadLetter(None, event, "no event of Gavel's", why, count)


def _reason(attributes: Mapping[str, str]) -> str:
    """EventBridge's and Scheduler's reason. Their messages are AWS's words, so only the code is told."""
    parts = (attributes.get("ERROR_CODE"), attributes.get("EXHAUSTED_RETRY_CONDITION"))
    return ", ".join(part for part in parts if part) or NO_REASON


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
