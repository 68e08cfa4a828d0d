"""Executions of the state machine: one for each evaluation, named as the evaluation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated

RUNNING: Final = "RUNNING"


@dataclass(frozen=True)
class Execution:
    """Step Functions' status of an execution, and the name of the error that ended it."""

    status: str
    error: str | None = None


def start(evaluation: str, *, state_machine_arn: str) -> None:
    """Start the execution of an evaluation; nothing happens when it was started before."""
    try:
        with translated():
            clients.step_functions().start_execution(
                stateMachineArn=state_machine_arn,
                name=evaluation,
                input=json.dumps({"evaluation_id": evaluation}),
            )
    except ClientError as error:
        # Same name and input while it runs is no error on AWS; this is the answer when the execution has ended.
        if code_of(error) != "ExecutionAlreadyExists":
            raise


def look(evaluation: str, *, state_machine_arn: str) -> Execution | None:
    """The execution of an evaluation; None when it was never started, or ended more than 90 days ago."""
    arn = f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{evaluation}"
    try:
        with translated():
            answer = clients.step_functions().describe_execution(executionArn=arn)
    except ClientError as error:
        if code_of(error) == "ExecutionDoesNotExist":
            return None
        raise
    return Execution(answer["status"], answer.get("error"))
