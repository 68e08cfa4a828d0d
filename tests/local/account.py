"""Builders of small things on a twin: roles, Lambdas, state machines, and what came of an execution."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.twin import client

if TYPE_CHECKING:
    from local.twin import State

ALLOW_ALL = ({"Effect": "Allow", "Action": "*", "Resource": "*"},)

ACTIONS = """
import os, sys, time, importlib

class QuotaFullError(Exception):
    pass

calls = []

def handler(event, context):
    calls.append(event)
    action = event.get("do", "echo")
    if action == "raise":
        raise QuotaFullError("no room")
    if action == "raise_until":
        if len(calls) < event["call"]:
            raise QuotaFullError("no room")
    if action == "exit":
        os._exit(3)
    if action == "sleep":
        time.sleep(event["seconds"])
    if action == "import":
        importlib.import_module(event["module"])
    if action == "environment":
        return {"names": sorted(os.environ)}
    if action == "large":
        return "x" * event["bytes"]
    return {"echo": event, "calls": len(calls), "request_id": context.aws_request_id}
"""


@dataclass(frozen=True)
class Account:
    """What a test makes on a twin; names are unique, so that tests share a twin without meeting."""

    state: State
    clients: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        """A client of the administrator, made once: making one takes a third of a second."""
        if service not in self.clients:
            self.clients[service] = client(service, self.state)
        return self.clients[service]

    def role(self, *statements: dict[str, Any], service: str = "states") -> str:
        """ARN of a new role that allows `statements` and nothing else."""
        name = unique("role")
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
        role = self.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]
        if statements:
            self.aws("iam").put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(*statements))
        return str(role["Arn"])

    def function(self, source: str = ACTIONS, *, timeout: int = 10, **extra: Any) -> str:
        """ARN of a new Lambda with `source` as its only module."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            bundle.writestr("index.py", source)
        created = self.aws("lambda").create_function(
            FunctionName=unique("function"),
            Runtime="python3.13",
            Handler="index.handler",
            Role=self.role(*ALLOW_ALL, service="lambda"),
            Code={"ZipFile": archive.getvalue()},
            Timeout=timeout,
            **extra,
        )
        return str(created["FunctionArn"])

    def bucket(self) -> str:
        """Name of a new bucket."""
        name = unique("bucket")
        self.aws("s3").create_bucket(Bucket=name)
        return name

    def machine(self, states: dict[str, Any], *, role: str | None = None, **top: Any) -> str:
        """ARN of a new JSONata machine whose first state is the first of `states`."""
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **top}
        created = self.aws("stepfunctions").create_state_machine(
            name=unique("machine"), definition=json.dumps(definition), roleArn=role or self.role(*ALLOW_ALL)
        )
        return str(created["stateMachineArn"])

    def start(self, machine: str, data: Any = None, name: str | None = None) -> str:
        """ARN of a new execution."""
        started = self.aws("stepfunctions").start_execution(
            stateMachineArn=machine, name=name or unique("run"), input=json.dumps(data or {})
        )
        return str(started["executionArn"])

    def ended(self, execution: str, seconds: float = 20) -> dict[str, Any]:
        """The execution once it has ended."""
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.aws("stepfunctions").describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return found
            assert time.monotonic() < deadline, f"still running after {seconds} s"
            time.sleep(0.05)

    def run(self, states: dict[str, Any], data: Any = None, **options: Any) -> dict[str, Any]:
        """Create a machine, start it, wait for its end."""
        return self.ended(self.start(self.machine(states, **options), data))

    def output(self, states: dict[str, Any], data: Any = None, **options: Any) -> Any:
        """What a machine that must succeed puts out."""
        ended = self.run(states, data, **options)
        assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
        return json.loads(ended["output"])


def unique(kind: str) -> str:
    """A name that nothing else has."""
    return f"{kind}-{uuid.uuid4().hex[:12]}"


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def invoke(function: str, payload: Any = "{% $states.input %}", **more: Any) -> dict[str, Any]:
    """A Task state that invokes a Lambda and puts out its payload; it ends the machine unless `Next` is given."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **more,
    }
    return state if "Next" in more else {**state, "End": True}
