"""A deployed twin that many schedules share: what they do to it, and what they see of it, from several threads."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
from botocore.exceptions import ClientError

from gavel.names import object_keys, statuses, table_keys
from local import twin
from tests.twin.kills.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.settings import Settings
    from tests.twin.faults.plan import Plan

type Item = dict[str, Any]

ATTEMPTS: Final = 8
_PAUSE: Final = 0.3
_SERVICES: Final = ("s3", "sqs", "events", "bedrock", "stepfunctions", "lambda", "dynamodb", "dynamodbstreams")


@dataclass
class Stage(Place):
    """The deployment. Whoever sends something does it again until it is taken, as clients of AWS do."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    job_faults: dict[str, list[Item]] = field(default_factory=dict)
    letters: dict[str, list[Item]] = field(default_factory=dict)  # what nobody could handle, by the object's key

    @classmethod
    def on(cls, settings: Settings, state: twin.State, outputs: dict[str, str]) -> Stage:
        """A stage on what is deployed; from now on every change of its table is written down."""
        stage = cls(settings, state, outputs)
        for service in _SERVICES:
            stage.aws(service)
        stage.listen()
        described = stage.aws("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
        if not described.get("StreamSpecification", {}).get("StreamEnabled"):
            stage.aws("dynamodb").update_table(
                TableName=outputs["TableName"],
                StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            )
        return stage

    # --- trouble

    def disturb(self, plan: Plan) -> None:
        """Set the trouble of a schedule."""
        self._control("PUT", plan.suite, {"calls": list(plan.calls)})
        if plan.job_faults:
            with self.lock:
                self.job_faults[plan.suite] = plan.job_faults
                self.faults("PUT", {"jobs": [fault for own in self.job_faults.values() for fault in own], "seed": 1})

    def met(self, plan: Plan) -> list[Item]:
        """What became of each rule of a schedule."""
        found: list[Item] = self._control("GET", plan.suite)["calls"]
        return found

    def calm(self, plan: Plan) -> None:
        """No more trouble for a schedule."""
        self._control("DELETE", plan.suite)

    def move_clock(self, suite: str, seconds: int) -> None:
        """Make what the table knows of a suite's slots look older, or (below 0) from the future."""
        for _ in range(ATTEMPTS):
            found = next(iter(self.items(table_keys.SLOTS_PARTITION)), None)
            if found is None:
                return
            for kind in ("leases", "wishes"):
                for entry in found[kind].values():
                    if entry["evaluation"].startswith(f"{suite}-"):
                        entry.update(since=entry["since"] - seconds, until=entry["until"] - seconds)
            if self._replace_slots(found):
                return

    def _replace_slots(self, item: Item) -> bool:
        try:
            self.table.put_item(
                Item={**item, "version": item["version"] + 1},
                ConditionExpression="#v = :v",
                ExpressionAttributeNames={"#v": "version"},
                ExpressionAttributeValues={":v": item["version"]},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def age(self, head: Item, seconds: int) -> None:
        """Make a head whose execution nobody has started look as if it was written `seconds` ago."""
        then = datetime.now(UTC) - timedelta(seconds=seconds)
        text = then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self.table.update_item(
                Key={table_keys.PARTITION_KEY: head[table_keys.PARTITION_KEY], table_keys.SORT_KEY: table_keys.HEAD},
                UpdateExpression="SET created_at = :then",
                ConditionExpression="#status = :starting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":then": text, ":starting": statuses.EvaluationStatus.STARTING.value},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    # --- use

    def put(self, key: str, content: bytes) -> str:
        """Upload; the object's version."""
        answer = self.aws("s3").put_object(Bucket=self.outputs["BucketName"], Key=key, Body=content)
        return str(answer["VersionId"])

    def invoke(self, function: str, event: Item) -> Any:
        """Call a Lambda; None when it failed."""
        answer = self.aws("lambda").invoke(FunctionName=f"gavel-twin-{function}", Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
        return None if "FunctionError" in answer else payload

    def delivered(self, function: str, event: Item) -> Any:
        """Call a Lambda until it has done its work, as who delivers an event at least once; None when it never did."""
        for attempt in range(ATTEMPTS):
            time.sleep(_PAUSE * attempt)
            if (answer := self.invoke(function, event)) is not None:
                return answer
        return None

    def ask(self, method: str, path: str, body: Item | None = None, key: str | None = None) -> Item | None:
        """Ask the API, and again while it says that it is its own fault; None when it never answers, or refuses."""
        for attempt in range(ATTEMPTS):
            time.sleep(_PAUSE * attempt)
            headers = {"Idempotency-Key": key} if key else None
            url = self.outputs["ApiUrl"].rstrip("/") + path
            try:
                answer = twin.signed_request(self.state, method, url, json_body=body, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code < 500:
                found: Item = answer.json() if answer.content else {}
                return found if answer.is_success else None
        return None

    def reconcile(self) -> dict[str, Any]:
        """One run of the reconciler that comes through; on AWS the next one comes in a quarter of an hour."""
        report: dict[str, Any] = self.delivered("reconcile", {}) or {"problems": ["the reconciler never came through"]}
        return report

    # --- look

    def heads_of(self, suite: str) -> list[Item]:
        """Heads of a suite's evaluations."""
        found: list[Item] = self.table.query(
            IndexName=table_keys.LISTING_INDEX,
            KeyConditionExpression="#pk = :all",
            FilterExpression="#suite = :suite",
            ExpressionAttributeNames={"#pk": table_keys.LISTING_PARTITION_KEY, "#suite": "suite"},
            ExpressionAttributeValues={":all": table_keys.LISTING_ALL, ":suite": suite},
        )["Items"]
        return found

    def read(self, key: str) -> bytes | None:
        """An object's content; None when there is none."""
        s3 = self.aws("s3")
        try:
            content: bytes = s3.get_object(Bucket=self.outputs["BucketName"], Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return content

    def read_json(self, key: str) -> Item | None:
        """A JSON object; None when there is none."""
        data = self.read(key)
        found: Item | None = None if data is None else json.loads(data)
        return found

    def planned(self, evaluation: str) -> list[Item]:
        """Lines of an evaluation's plan, both rounds."""
        keys = object_keys.EvaluationKeys(evaluation)
        texts = [self.read(key) or b"" for key in (keys.jobs, keys.panel_jobs)]
        return [json.loads(line) for text in texts for line in text.split(b"\n") if line]

    def receive_events(self) -> None:
        """As any place, one thread at a time."""
        with self.lock:
            super().receive_events()

    def dead_letters(self, key: str) -> list[Item]:
        """The events of an object's uploads that nobody could handle; each is handed out once."""
        with self.lock:
            queues, url = self.aws("sqs"), self.outputs["DeadLettersUrl"]
            while received := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                for message in received:
                    letter = json.loads(message["Body"])
                    event = letter.get("requestPayload", letter)  # of a Lambda's failure, or of a rule's
                    own = self.letters.setdefault(event.get("detail", {}).get("object", {}).get("key", ""), [])
                    own.append(event)
                    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return self.letters.pop(key, [])

    def entered(self, evaluation: str) -> list[tuple[str, Item]]:
        """States of an execution that were entered, with their inputs."""
        pages = self.aws("stepfunctions").get_paginator("get_execution_history")
        try:
            events = [
                event
                for page in pages.paginate(executionArn=self.execution_arn(evaluation))
                for event in page["events"]
                if event["type"].endswith("StateEntered")
            ]
        except self.aws("stepfunctions").exceptions.ExecutionDoesNotExist:
            return []
        details = [event["stateEnteredEventDetails"] for event in events]
        return [(detail["name"], json.loads(detail["input"])) for detail in details]

    def _control(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> Item:
        url = f"{self.state.endpoint}/_gavel/disturbances/{name}"
        answer = twin.signed_request(self.state, method, url, json_body=body)
        answer.raise_for_status()
        found: Item = answer.json()
        return found
