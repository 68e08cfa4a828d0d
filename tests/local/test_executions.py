"""Executions start, retry, time out and end as on AWS."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local.account import invoke, unique

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

DONE: dict[str, Any] = {"Type": "Succeed"}


def waiting(seconds: int) -> dict[str, Any]:
    return {"Wait": {"Type": "Wait", "Seconds": seconds, "End": True}}


def test_starting_a_running_execution_again_answers_with_it(account: Account) -> None:
    machine, name = account.machine(waiting(100_000)), unique("run")
    first = account.aws("stepfunctions").start_execution(stateMachineArn=machine, name=name, input='{"a": 1}')

    again = account.aws("stepfunctions").start_execution(stateMachineArn=machine, name=name, input='{"a": 1}')

    assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
    account.aws("stepfunctions").stop_execution(executionArn=first["executionArn"])


def test_another_input_under_a_running_name_is_refused(account: Account) -> None:
    machine, name = account.machine(waiting(100_000)), unique("run")
    execution = account.start(machine, {"a": 1}, name)

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        account.start(machine, {"a": 2}, name)
    account.aws("stepfunctions").stop_execution(executionArn=execution)


def test_the_name_of_a_closed_execution_is_refused(account: Account) -> None:
    machine, name = account.machine({"Done": DONE}), unique("run")
    account.ended(account.start(machine, {}, name))

    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        account.start(machine, {}, name)


def test_a_machines_timeout_ends_the_execution_and_what_it_waits_for(account: Account) -> None:
    ended = account.run(waiting(1_000_000), TimeoutSeconds=1)

    assert ended["status"] == "TIMED_OUT"


def test_a_stopped_execution_stays_aborted_and_its_map_children_end(account: Account) -> None:
    item = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Wait"}
    children = {"Type": "Map", "Items": [1, 2], "End": True, "ItemProcessor": {**item, "States": waiting(1_000_000)}}
    execution = account.start(account.machine({"Map": children}))
    states = account.aws("stepfunctions")
    runs: list[dict[str, Any]] = []
    while not runs:
        time.sleep(0.05)
        runs = states.list_map_runs(executionArn=execution)["mapRuns"]

    states.stop_execution(executionArn=execution, error="Stopped", cause="by hand")

    deadline = time.monotonic() + 5
    statuses: set[str] = {"RUNNING"}
    while "RUNNING" in statuses and time.monotonic() < deadline:
        time.sleep(0.05)
        found = states.list_executions(mapRunArn=runs[0]["mapRunArn"])["executions"]
        statuses = {child["status"] for child in found}
    assert statuses == {"ABORTED"}
    assert account.ended(execution)["status"] == "ABORTED"


def test_a_wait_takes_its_share_of_real_time(account: Account) -> None:
    started = time.monotonic()

    account.output(waiting(500))

    assert 500 * 0.002 <= time.monotonic() - started < 5


def test_a_tasks_timeout_is_real_time_and_can_be_caught(account: Account, actions: str) -> None:
    caught = [{"ErrorEquals": ["States.Timeout"], "Output": "caught", "Next": "Done"}]
    task = invoke(actions, {"do": "sleep", "seconds": 3}, TimeoutSeconds=1, Catch=caught)

    started = time.monotonic()
    output = account.output({"Call": task, "Done": DONE})

    assert output == "caught"
    assert 1 <= time.monotonic() - started < 3


def test_a_retry_by_class_name_is_tried_until_it_succeeds(account: Account) -> None:
    retry = [{"ErrorEquals": ["QuotaFullError"], "IntervalSeconds": 1, "MaxAttempts": 5, "JitterStrategy": "FULL"}]

    output = account.output({"Call": invoke(account.function(), {"do": "raise_until", "call": 4}, Retry=retry)})

    assert output["calls"] == 4


def test_no_attempts_means_no_retry_even_when_a_later_retrier_would(account: Account) -> None:
    retry = [{"ErrorEquals": ["QuotaFullError"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}]
    function = account.function()

    ended = account.run({"Call": invoke(function, {"do": "raise"}, Retry=retry)})

    assert ended["error"] == "QuotaFullError"
    reply = account.aws("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert json.loads(reply["Payload"].read())["calls"] == 2


def test_max_delay_bounds_a_growing_retry_interval(account: Account) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "BackoffRate": 10, "MaxDelaySeconds": 100}]

    started = time.monotonic()
    account.output({"Call": invoke(account.function(), {"do": "raise_until", "call": 4}, Retry=retry)})

    assert 3 * 100 * 0.002 <= time.monotonic() - started < 4


def test_variables_of_one_assign_see_the_values_from_before_it(account: Account) -> None:
    states = {
        "First": {"Type": "Pass", "Assign": {"n": 1}, "Next": "Second"},
        "Second": {"Type": "Pass", "Assign": {"n": "{% $n + 1 %}", "m": "{% $n + 10 %}"}, "Next": "Third"},
        "Third": {"Type": "Pass", "Output": {"n": "{% $n %}", "m": "{% $m %}"}, "End": True},
    }

    assert account.output(states) == {"n": 2, "m": 11}


def test_a_result_above_the_data_limit_fails_the_execution_past_every_catch(account: Account, actions: str) -> None:
    caught = [{"ErrorEquals": ["States.ALL"], "Output": "caught", "Next": "Done"}]

    ended = account.run({"Call": invoke(actions, {"do": "large", "bytes": 262_143}, Catch=caught), "Done": DONE})

    assert ended["error"] == "States.DataLimitExceeded"


def test_a_machine_may_invoke_only_what_its_role_allows(account: Account, actions: str) -> None:
    other = account.function()
    role = account.role({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": actions})

    assert account.run({"Call": invoke(actions)}, role=role)["status"] == "SUCCEEDED"
    denied = account.run({"Call": invoke(other)}, role=role)

    assert denied["error"] == "Lambda.AccessDeniedException"
    assert "lambda:InvokeFunction" in denied["cause"]
