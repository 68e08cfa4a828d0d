"""The deployed system as this proof uses it: clients, names, the API, the command, and ears on all that it tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from local.twin import client, process_environment, signed_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from local.settings import Settings
    from local.twin import State

STACK: Final = "gavel-twin"
# They say what is wrong with a dataset, and their answer is no error.
ABOUT_DATA: Final = frozenset({"POST /datasets/validate", "POST /estimates"})
PATIENCE_SECONDS: Final = 150
_FINAL: Final = frozenset({"COMPLETED", "REFUSED", "FAILED", "STOPPED"})


class NothingCameError(Exception):
    """What was waited for did not come."""


@dataclass
class System:
    """Gavel on a twin. What the API answers with an error, and what the command says, is kept."""

    twin: State
    settings: Settings
    outputs: dict[str, str]
    refusals: list[tuple[str, bytes]] = field(default_factory=list)
    commands: list[tuple[str, bytes]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """A boto3 client of the account's administrator."""
        return client(service, self.twin)

    @property
    def bucket(self) -> str:
        """The bucket."""
        return self.outputs["BucketName"]

    def put(self, key: str, data: bytes) -> str:
        """Upload an object; its version."""
        version: str = self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=data)["VersionId"]
        return version

    def read(self, key: str) -> bytes:
        """An object's bytes."""
        data: bytes = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return data

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API; the answer's JSON, whatever its status."""
        answer = signed_request(self.twin, method, self.outputs["ApiUrl"].rstrip("/") + path, json_body=body)
        return self._noted(f"{method} {path.partition('?')[0]}", answer)

    def _noted(self, what: str, answer: httpx.Response) -> Any:
        if answer.status_code >= 400 or what in ABOUT_DATA:
            self.refusals.append((what, answer.content))
        return answer.json() if answer.content else None

    def begun(self, key: str) -> str:
        """Id of the evaluation that the upload of a key started."""
        return str(self._head(key)["evaluation_id"])

    def ended(self, key: str) -> dict[str, Any]:
        """The head of the evaluation that the upload of a key started, once it has ended."""
        return wait_for(lambda: head if (head := self._head(key))["status"] in _FINAL else None)

    def _head(self, key: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            heads = self.api("GET", "/evaluations?limit=100")["evaluations"]
            return next((head for head in heads if head["dataset_key"] == key), None)

        return wait_for(look)

    def jobs(self, evaluation: str) -> dict[str, dict[str, Any]]:
        """The table's items of an evaluation's jobs, by job."""
        items = self.client("dynamodb").query(
            TableName=self.outputs["TableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :job)",
            ExpressionAttributeValues={":pk": {"S": f"EVALUATION#{evaluation}"}, ":job": {"S": "JOB#"}},
        )["Items"]
        return {item["job_id"]["S"]: item for item in items}

    def invoke(self, function: str, event: Any) -> bytes:
        """Call a Lambda and get what it answers, an error as well."""
        answer = self.client("lambda").invoke(FunctionName=f"{STACK}-{function}", Payload=json.dumps(event).encode())
        data: bytes = answer["Payload"].read()
        return data

    def command(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run `gavel` as a user of this twin does."""
        done = subprocess.run(
            [sys.executable, "-m", "gavel_cli", *arguments],
            env=process_environment(self.twin) | self.settings.to_environment() | {"PYTHONPATH": _PATH},
            capture_output=True,
            check=False,
        )
        # What `validate` says of errors is its result.
        said = done.stderr + (done.stdout if arguments[0] == "validate" else b"")
        self.commands.append((f"gavel {arguments[0]}", said))
        return done

    def faults(self, *jobs: dict[str, Any]) -> None:
        """Say what becomes of Bedrock's jobs by their names; none clears all."""
        answer = signed_request(self.twin, "PUT", f"{self.twin.endpoint}/_gavel/faults", json_body={"jobs": list(jobs)})
        answer.raise_for_status()

    @contextmanager
    def denied(self, role: str, action: str, *resources: str) -> Iterator[None]:
        """Deny a role one action on resources for a while."""
        iam = self.client("iam")
        name = f"denied-{uuid.uuid4().hex[:8]}"
        statement = {"Effect": "Deny", "Action": action, "Resource": list(resources)}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName=name)

    def role_of(self, function: str) -> str:
        """Name of a Lambda's role."""
        arn: str = self.client("lambda").get_function_configuration(FunctionName=f"{STACK}-{function}")["Role"]
        return arn.rpartition("/")[2]

    def objects(self, pattern: str) -> str:
        """The ARN of the bucket's objects of a pattern."""
        return f"arn:aws:s3:::{self.bucket}/{pattern}"


_PATH: Final = os.pathsep.join(path for path in sys.path if path)


@dataclass(frozen=True)
class Ears:
    """Queues that hear all that EventBridge and the topic tell: whom, and the queue's URL."""

    queues: dict[str, str]

    @classmethod
    def open(cls, system: System) -> Ears:
        """Subscribe to everything, as somebody in the account may."""
        name = f"ears-{uuid.uuid4().hex[:8]}"
        queues = {}
        for who, source in (
            ("EventBridge: Gavel's events", "gavel"),
            ("EventBridge: S3's events", "aws.s3"),
            ("EventBridge: Step Functions' events", "aws.states"),
        ):
            url, arn = _queue(system, f"{name}-{source.replace('.', '-')}")
            bridge = system.client("events")
            bridge.put_rule(Name=f"{name}-{source}", EventPattern=json.dumps({"source": [source]}))
            bridge.put_targets(Rule=f"{name}-{source}", Targets=[{"Id": "queue", "Arn": arn}])
            queues[who] = url
        url, arn = _queue(system, f"{name}-topic")
        system.client("sns").subscribe(TopicArn=system.outputs["TopicArn"], Protocol="sqs", Endpoint=arn)
        return cls({**queues, "SNS: messages": url})


def _queue(system: System, name: str) -> tuple[str, str]:
    sqs = system.client("sqs")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def wait_for[Found](look: Callable[[], Found | None]) -> Found:
    """What `look` finds at last; raises NothingCameError when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.3)
    raise NothingCameError(f"nothing came within {PATIENCE_SECONDS} s")


def server_log(settings: Settings) -> Path:
    """What the twin's process and its Lambdas' processes wrote."""
    return settings.log_file
