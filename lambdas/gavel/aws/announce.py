"""The event that tells the account how an evaluation ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gavel import reasons
from gavel.aws import clients
from gavel.aws.failures import translated
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EVENT_OF_STATUS, EVENT_SOURCE, WITH_RESULTS, EvaluationStatus
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_VERSION: Final = "1"


def detail_of(head: Mapping[str, Any], *, bucket: str) -> dict[str, Any]:
    """The detail of the event for an evaluation's head: facts, counts and keys of our own.

    Neither a text of the dataset nor the name of a file or a model: an event goes wherever the account's rules send it.
    """
    keys = EvaluationKeys(head["evaluation_id"])
    copied = ("evaluation_id", "suite", "status", "created_at", "ended_at", "records", "coverage", "jobs")
    detail: dict[str, Any] = {"version": EVENT_VERSION, **{name: head[name] for name in copied if name in head}}
    if reason := reasons.told_reason(head):
        detail["reason"] = reason
    # The version alone is the object's: S3 gives no two the same, and tells it to whoever uploads one.
    detail["dataset"] = {"bucket": bucket, "version_id": head.get("dataset_version")}
    detail["results"] = {"bucket": bucket, "manifest": keys.manifest, "validation": keys.validation}
    if verdict := head.get("verdict"):
        detail["verdict"] = {name: verdict[name] for name in ("outcome", "counts")}
    if head["status"] in WITH_RESULTS and head.get("coverage"):
        detail["results"] |= {"summary": keys.summary, "report": keys.report}
    return detail


def announce(head: Mapping[str, Any], *, bucket: str, event_bus: str) -> None:
    """Publish the event of a final status; consumers tell a repeated event by evaluation_id and status.

    Raises TryLaterError when EventBridge did not take the entry.
    """
    detail_type = EVENT_OF_STATUS[EvaluationStatus(head["status"])]
    with translated():
        answer = clients.events().put_events(
            Entries=[
                {
                    "Source": EVENT_SOURCE,
                    "DetailType": detail_type.value,
                    "Detail": json.dumps(detail_of(head, bucket=bucket)),
                    "EventBusName": event_bus,
                }
            ]
        )
    if answer["FailedEntryCount"]:
        raise TryLaterError(f"EventBridge did not take the event: {answer['Entries'][0].get('ErrorCode', 'unknown')}")
