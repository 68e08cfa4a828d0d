"""A Lambda that plays a part: it answers or raises what a script says, and writes down that it was called.

Where the state waits for its token, a script may have it ended: `ends` is what a success hands on, `wakes` the error of
a failure.

The source of this file is the bundle of every Lambda of the tests, so that it imports nothing but Python's library and
what Lambda brings.
Folder of a play, named by the evaluation's id: `script.json`, and for each job (and for the evaluation itself) a file
with its calls. The script maps a state, or `<state>/<job id>`, to the outcomes of its attempts; the last one repeats.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EVALUATION = "evaluation"
CAUSE = "the script says so"


def handler(event: dict[str, Any], context: object) -> Any:
    """Play the part of the Lambda's state."""
    return play(Path(os.environ["PLAYS"]) / event["evaluation_id"], os.environ["PART"], event, send)


def send(token: str, outcome: dict[str, Any]) -> None:
    """End the wait for a token."""
    import boto3  # noqa: PLC0415 - the other engine plays without it

    states = boto3.client("stepfunctions")
    if "ends" in outcome:
        states.send_task_success(taskToken=token, output=json.dumps(outcome["ends"]))
    else:
        states.send_task_failure(taskToken=token, error=outcome["wakes"], cause=CAUSE)


def calls(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The calls that were made in a play: of each job, and of the evaluation."""
    return {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in folder.glob("*.jsonl")}


def play(folder: Path, state: str, event: dict[str, Any], tell: Callable[[str, dict[str, Any]], None]) -> Any:
    """The answer of this attempt; raises what the script wants raised, hangs where it wants to hang.

    `tell` ends the wait for the event's token as an outcome says.
    """
    token = event.pop("task_token", "")
    job = event["job"]["job_id"] if "job" in event else EVALUATION
    diary = folder / f"{job}.jsonl"
    script = json.loads((folder / "script.json").read_text())
    outcomes = script.get(f"{state}/{job}", script.get(state))
    before = diary.read_text().splitlines() if diary.exists() else []
    attempt = sum(json.loads(line)["state"] == state for line in before)
    with diary.open("a") as file:
        file.write(json.dumps({"state": state, "at": time.time(), "event": event}) + "\n")
    outcome = outcomes[min(attempt, len(outcomes) - 1)]
    time.sleep(outcome.get("hang", 0))
    if "ends" in outcome or "wakes" in outcome:
        tell(token, outcome)
    if "raise" in outcome:
        raise type(outcome["raise"], (Exception,), {})(f"{state} of {job} was told to fail")
    return outcome.get("answer")
