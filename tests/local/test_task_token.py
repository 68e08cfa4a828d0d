"""A Task that waits for its token does as on AWS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

# Does with its token what the event says, and keeps every token that it was given.
TELLER = """
import boto3, json

class BusyError(Exception):
    pass

tokens = []

def handler(event, context):
    tokens.append(event["token"])
    states = boto3.client("stepfunctions")
    told = event.get("tell")
    if told == "success":
        states.send_task_success(taskToken=event["token"], output=json.dumps({"tokens": tokens}))
    if told == "failure":
        states.send_task_failure(taskToken=event["token"], error="WokenError", cause="because")
    if len(tokens) < event.get("busy", 0):
        raise BusyError("busy")
    if event.get("busy"):
        states.send_task_success(taskToken=event["token"], output=json.dumps({"tokens": tokens}))
    return "nobody reads this"
"""


def waiting(function: str, *, timeout: Any = 100_000, **more: Any) -> dict[str, Any]:
    """A machine of one such Task; its input goes to the Lambda."""
    payload = {"token": "{% $states.context.Task.Token %}", "tell": "{% $states.input.tell %}", "busy": 0}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": function, "Payload": payload | more.pop("payload", {})},
        "Output": "{% $states.result %}",
        "TimeoutSeconds": timeout,
        "End": True,
    }
    return {"Wait": task | more}


def test_what_is_told_while_the_lambda_runs_is_the_states_result(account: Account) -> None:
    function = account.function(TELLER)

    output = account.output(waiting(function), {"tell": "success"})

    assert len(output["tokens"]) == 1


def test_a_failure_that_is_told_has_its_own_name(account: Account) -> None:
    ended = account.run(waiting(account.function(TELLER)), {"tell": "failure"})

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "WokenError", "because")


def test_a_lambda_that_fails_fails_the_attempt_and_the_next_one_has_a_token_of_its_own(account: Account) -> None:
    retry = [{"ErrorEquals": ["BusyError"], "IntervalSeconds": 1, "MaxAttempts": 3, "MaxDelaySeconds": 1}]
    states = waiting(account.function(TELLER), payload={"busy": 2}, Retry=retry)

    output = account.output(states, {"tell": "nothing"})

    assert len(set(output["tokens"])) == 2


def test_a_wait_of_which_nobody_tells_times_out_after_what_an_expression_says(account: Account) -> None:
    states = waiting(account.function(TELLER), timeout="{% $states.input.seconds %}")

    ended = account.run(states, {"tell": "nothing", "seconds": 20})

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")


def test_a_timeout_that_is_no_number_is_an_error_of_the_query(account: Account) -> None:
    ended = account.run(waiting(account.function(TELLER), timeout="{% 'long' %}"), {"tell": "nothing"})

    assert ended["error"] == "States.QueryEvaluationError"


def test_who_comes_late_is_told_so(account: Account) -> None:
    output = account.output(waiting(account.function(TELLER)), {"tell": "success"})

    with pytest.raises(ClientError, match="TaskTimedOut"):
        account.aws("stepfunctions").send_task_success(taskToken=output["tokens"][0], output="{}")


def test_a_token_that_never_was_is_unknown(account: Account) -> None:
    with pytest.raises(ClientError, match=r"TaskDoesNotExist|InvalidToken"):
        account.aws("stepfunctions").send_task_success(taskToken="never", output="{}")


def test_a_stopped_execution_waits_no_more(account: Account) -> None:
    machine = account.machine(waiting(account.function(TELLER)))
    execution = account.start(machine, {"tell": "nothing"})
    time.sleep(1)

    account.aws("stepfunctions").stop_execution(executionArn=execution)

    assert account.ended(execution)["status"] == "ABORTED"
