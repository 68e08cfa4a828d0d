"""Turns the error object of a Step Functions Catch into a sentence that a person can act on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST: Final = 2000

_MEANINGS: Final = {
    "JobOverdueError": "the Bedrock job did not end within the time that Gavel waits; look at it on Bedrock",
    "NothingScoredError": "no job delivered scores",
    "QuotaFullError": "Bedrock had no room for the job although it was asked for more than a day",
    "SlotsFullError": "no slot became free for the job for days; see the jobs that run, and max_concurrent_jobs",
    "States.Timeout": "a step took longer than its limit; see the Lambda's log",
    "Sandbox.Timedout": "a Lambda ran into its timeout; see its log",
    "Runtime.OutOfMemory": "a Lambda ran out of memory; see its log",
    "States.ItemReaderFailed": "the plan could not be read from S3",
    "States.ResultWriterFailed": "the outcome of the jobs could not be written to S3",
}


def reason_of(error: Mapping[str, Any]) -> str:
    """The reason in words, at most 2,000 characters.

    A Lambda's error arrives as `{"Error": class name, "Cause": JSON with errorMessage}`; other causes are plain text.
    """
    name = str(error.get("Error", "")) or "unknown error"
    cause = str(error.get("Cause", ""))
    try:
        parsed = json.loads(cause)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        cause = str(parsed.get("errorMessage", ""))
    meaning = _MEANINGS.get(name)
    return ": ".join(part for part in (name, meaning, cause) if part)[:LONGEST]


def of_end(told: str, more: str = "") -> dict[str, str]:
    """The facts of a head that say why an evaluation ended: the whole reason, and what of it is `told` elsewhere.

    Only the table holds `more`: it is in Bedrock's words, or those of a check of the user's files, and may name models
    and files.
    """
    return {"reason": f"{told}. {more}"[:LONGEST] if more else told[:LONGEST], "told_reason": told[:LONGEST]}


def told_reason(head: Mapping[str, Any]) -> str | None:
    """What events and messages say of the reason in a head; None where it has none."""
    if "reason" not in head:
        return None
    # A head of an earlier version says nothing of what may be told.
    return str(head.get("told_reason") or f"see `gavel status {head['evaluation_id']}`")
