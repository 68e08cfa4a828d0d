"""A redriven execution goes on from the state that it did not complete, with what it knew."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local.account import invoke

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin


def redrive(account: Account, execution: str) -> None:
    """Redrive, as soon as the stopped execution is at rest."""
    states = account.aws("stepfunctions")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(states.exceptions.ExecutionNotRedrivable):
            states.redrive_execution(executionArn=execution)
            return
        time.sleep(0.05)
    pytest.fail("the execution cannot be redriven")


def entered(account: Account, execution: str) -> list[str]:
    events = account.aws("stepfunctions").get_execution_history(executionArn=execution)["events"]
    return [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]


FAILS_AT_FIRST = """
calls = []

def handler(event, context):
    calls.append(event)
    if len(calls) < event["call"]:
        raise ValueError("not yet")
    return event
"""


def test_a_failed_state_is_tried_again_with_the_variables_and_the_input_that_it_had(account: Account) -> None:
    # Given a machine whose second state fails the first time
    states = {
        "First": {
            "Type": "Pass",
            "Assign": {"kept": "{% $states.input.a + 1 %}"},
            "Output": {"b": 2},
            "Next": "Second",
        },
        "Second": invoke(account.function(FAILS_AT_FIRST), {"call": 2}, Next="Third", Output="{% $states.input %}"),
        "Third": {"Type": "Pass", "Output": {"b": "{% $states.input.b %}", "kept": "{% $kept %}"}, "End": True},
    }
    execution = account.start(account.machine(states), {"a": 1})
    assert account.ended(execution)["status"] == "FAILED"

    redrive(account, execution)

    ended = account.ended(execution)
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", {"b": 2, "kept": 2})
    assert entered(account, execution) == ["First", "Second", "Second", "Third"]


def test_an_aborted_wait_is_waited_again(account: Account) -> None:
    states: dict[str, Any] = {"Wait": {"Type": "Wait", "Seconds": 200, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    execution = account.start(account.machine(states))
    time.sleep(0.3)
    account.aws("stepfunctions").stop_execution(executionArn=execution)

    redrive(account, execution)

    assert account.ended(execution)["status"] == "SUCCEEDED"
    assert entered(account, execution) == ["Wait", "Wait", "Done"]


def test_an_execution_that_succeeded_cannot_be_redriven(account: Account) -> None:
    execution = account.start(account.machine({"Done": {"Type": "Succeed"}}))
    account.ended(execution)

    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        account.aws("stepfunctions").redrive_execution(executionArn=execution)
