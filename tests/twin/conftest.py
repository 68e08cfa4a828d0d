"""Gavel deployed on the twin by the real CDK CLI, and what a test needs to use it as people do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from local.twin import client, process_environment, signed_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.settings import Settings
    from local.twin import State

type Command = Callable[..., subprocess.CompletedProcess[str]]

FINAL = {"COMPLETED", "REFUSED", "FAILED", "STOPPED"}
PATIENCE_SECONDS = 120
GAVEL = [sys.executable, "-m", "gavel_cli"]  # the command, wherever the tests are started from


@dataclass(frozen=True)
class Gavel:
    """The deployed system."""

    twin: State
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return client(service, self.twin)

    @property
    def bucket(self) -> str:
        return self.outputs["BucketName"]

    def put_suite(self, text: str) -> str:
        """Upload a suite under a name of its own, which is returned."""
        name = f"suite-{uuid.uuid4().hex[:8]}"
        self.client("s3").put_object(Bucket=self.bucket, Key=f"suites/{name}.yaml", Body=text.encode())
        return name

    def upload(self, *records: dict[str, Any], suite: str = "default", name: str | None = None) -> tuple[str, str]:
        """Upload a dataset; key and version."""
        key = f"datasets/{suite}/{name or uuid.uuid4().hex[:12]}.jsonl"
        body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        answer = self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return key, answer["VersionId"]

    def ended(self, key: str) -> dict[str, Any]:
        """The evaluation that the upload of `key` started, once it has ended, as the API shows it."""

        def found() -> dict[str, Any] | None:
            for head in self.get("/evaluations?limit=100")["evaluations"]:
                if head["dataset_key"] == key and head["status"] in FINAL:
                    return self.get(f"/evaluations/{head['evaluation_id']}")
            return None

        return wait_for(found)

    def get(self, path: str) -> dict[str, Any]:
        answer = signed_request(self.twin, "GET", self.outputs["ApiUrl"].rstrip("/") + path)
        assert answer.status_code == 200, answer.text
        return cast("dict[str, Any]", answer.json())

    def read_json(self, key: str) -> dict[str, Any]:
        return cast(
            "dict[str, Any]", json.loads(self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())
        )

    def jobs(self, evaluation: str) -> list[dict[str, Any]]:
        """Bedrock's jobs of an evaluation."""
        pages = self.client("bedrock").get_paginator("list_evaluation_jobs").paginate()
        digest = evaluation.rpartition("-")[2]
        return [job for page in pages for job in page["jobSummaries"] if digest in job["jobName"]]

    @contextmanager
    def without(self, role: str, action: str) -> Iterator[None]:
        """Take one action away from a role for a while."""
        iam = self.client("iam")
        saved = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }
        assert any(action in _actions(statement) for policy in saved.values() for statement in policy["Statement"])
        try:
            for name, policy in saved.items():
                kept = [
                    {**statement, "Action": [item for item in _actions(statement) if item != action]}
                    for statement in policy["Statement"]
                ]
                document = {**policy, "Statement": [statement for statement in kept if statement["Action"]]}
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
            yield
        finally:
            for name, policy in saved.items():
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))

    @contextmanager
    def denied(self, role: str, action: str, *resources: str) -> Iterator[None]:
        """Deny a role one action on some resources for a while."""
        iam = self.client("iam")
        statement = {"Effect": "Deny", "Action": action, "Resource": list(resources)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="denied-for-a-while", PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="denied-for-a-while")

    def role_of(self, function: str) -> str:
        """Name of a Lambda's role."""
        arn: str = self.client("lambda").get_function_configuration(FunctionName=f"gavel-twin-{function}")["Role"]
        return arn.rpartition("/")[2]

    @property
    def bedrock_role(self) -> str:
        """Name of the role that Bedrock's jobs assume."""
        return self.outputs["BedrockRoleArn"].rpartition("/")[2]


@pytest.fixture
def gavel_command(gavel: Gavel, twin_settings: Settings) -> Command:
    """Run `gavel` with these arguments, as somebody does whose twin is the session's."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*GAVEL, *arguments],
            env=process_environment(gavel.twin) | twin_settings.to_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def wait_for[Found](look: Callable[[], Found | None]) -> Found:
    """What `look` finds at last; fails after two minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.3)
    pytest.fail("nothing came within two minutes")


@pytest.fixture(scope="session")
def gavel(deployed_twin: tuple[State, dict[str, str]]) -> Gavel:
    """The deployed system, shared by the session."""
    return Gavel(*deployed_twin)


@pytest.fixture(scope="session")
def events(gavel: Gavel) -> Callable[[str], dict[str, Any]]:
    """Wait for the event of an evaluation, as a pipeline would: through a rule of the account's own."""
    sqs, bridge = gavel.client("sqs"), gavel.client("events")
    url = sqs.create_queue(QueueName="pipeline")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bridge.put_rule(Name="pipeline", EventPattern=json.dumps({"source": ["gavel"]}))
    bridge.put_targets(Rule="pipeline", Targets=[{"Id": "queue", "Arn": arn}])
    seen: dict[str, dict[str, Any]] = {}

    def event_of(evaluation: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                event = json.loads(message["Body"])
                seen[event["detail"]["evaluation_id"]] = event
            return seen.get(evaluation)

        return wait_for(look)

    return event_of
