"""A durable twin with Gavel deployed on it: used, watched, killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config

from gavel.names import object_keys, statuses, table_keys
from local import deployment, twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from local.settings import Settings
    from tests.twin.kills.plan import Plan

PATIENCE_SECONDS: Final = 180.0
_IDLE_SECONDS: Final = 2.0  # after which a kill hits Lambdas that wait for work
_WORKER: Final = re.compile(r"ministack-lambda-gavel-twin-([a-z-]+)-[a-z0-9_]{8}/")
_ACTIVE: Final = frozenset({"InProgress", "Stopping"})

type Item = dict[str, Any]


@dataclass
class Place:
    """The deployment; `state` is that of the server which runs now."""

    settings: Settings
    state: twin.State
    outputs: dict[str, str]
    clients: dict[str, Any] = field(default_factory=dict)
    events: dict[str, dict[str, Item]] = field(default_factory=dict)  # of an evaluation, by their own ids

    @classmethod
    def deployed(cls, settings: Settings, say: Callable[[str], None]) -> Place:
        """Start a twin, deploy, and let a queue take Gavel's events.

        The reconciler's schedule is switched off: it runs in real time, and would come between.
        """
        state = twin.up(settings)
        place = cls(settings, state, deployment.deploy(state, settings, say))
        place.listen()
        bridge = place.aws("events")
        for rule in bridge.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                bridge.disable_rule(Name=rule["Name"])
        return place

    def listen(self) -> None:
        """Let a queue take Gavel's events from now on."""
        queue = self.aws("sqs").create_queue(QueueName="events")["QueueUrl"]
        arn = self.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        bridge = self.aws("events")
        bridge.put_rule(Name="events", EventPattern=json.dumps({"source": [statuses.EVENT_SOURCE]}))
        bridge.put_targets(Rule="events", Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}])

    def aws(self, service: str) -> Any:
        """A client of the administrator; a restarted server is found by the same one."""
        if service not in self.clients:
            self.clients[service] = twin.client(service, self.state)
        return self.clients[service]

    @property
    def table(self) -> Any:
        """Gavel's table, with items as Python values."""
        if "table" not in self.clients:
            session: Any = twin.session(self.state)
            resource = session.resource(
                "dynamodb",
                endpoint_url=self.state.endpoint,
                verify=self.state.ca_bundle,
                config=Config(inject_host_prefix=False, proxies={}),
            )
            self.clients["table"] = resource.Table(self.outputs["TableName"])
        return self.clients["table"]

    # --- use

    def begin(self, plan: Plan) -> list[str]:
        """Upload the suite and the datasets of a plan; their keys."""
        if plan.long_jobs:
            self.faults("PUT", {"jobs": [{"name": f"^{plan.suite}-", "outcome": "stuck"}]})
        s3, bucket = self.aws("s3"), self.outputs["BucketName"]
        s3.put_object(Bucket=bucket, Key=object_keys.suite_key(plan.suite), Body=plan.suite_text.encode())
        keys = [object_keys.dataset_key(plan.suite, f"{number}.jsonl") for number in range(len(plan.datasets))]
        for key, content in zip(keys, plan.datasets, strict=True):
            s3.put_object(Bucket=bucket, Key=key, Body=content)
        return keys

    def ask_for_stop(self, evaluation: str) -> None:
        """What `gavel stop` does."""
        url = f"{self.outputs['ApiUrl'].rstrip('/')}/evaluations/{evaluation}/stop"
        twin.signed_request(self.state, "POST", url).raise_for_status()

    def reconcile(self) -> dict[str, Any]:
        """One run of the reconciler."""
        answer = self.aws("lambda").invoke(FunctionName="gavel-twin-reconcile", Payload=b"{}")
        report: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"the reconciler failed: {report}")
        return report

    def let_time_pass(self, seconds: int) -> None:
        """Make all that the product times look older: starts that nobody went on with, leases and wishes."""
        starting = [head for head in self.heads() if head["status"] == statuses.EvaluationStatus.STARTING]
        for head in starting:
            earlier = datetime.fromisoformat(head["created_at"]) - timedelta(seconds=seconds)
            text = earlier.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._set(table_keys.evaluation_partition(head["evaluation_id"]), table_keys.HEAD, created_at=text)
        slots = self.slots()
        for entry in (*slots["leases"].values(), *slots["wishes"].values()):
            entry.update(since=entry["since"] - seconds, until=entry["until"] - seconds)
        if slots["leases"] or slots["wishes"]:
            self._set(table_keys.SLOTS_PARTITION, table_keys.SLOTS_SORT, **slots)

    # --- kill

    def kill_workers(self, dice: Random, *, every: bool) -> Counter[str]:
        """SIGKILL processes of Lambdas: all of them, or some that are at work; how many of each function."""
        found = dict(self._workers())
        if not every:
            self.wait(lambda: any(_works(pid) for pid, _ in self._workers()), _IDLE_SECONDS)
            found = dict(self._workers())
            working = sorted(pid for pid in found if _works(pid)) or sorted(found)
            chosen = dice.sample(working, min(dice.randint(1, 3), len(working)))
            found = {pid: found[pid] for pid in chosen}
        killed: Counter[str] = Counter()
        for pid, function in found.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed[function] += 1
        return killed

    def kill_twin(self) -> None:
        """SIGKILL the server and every process of a Lambda at once, and start it again."""
        os.killpg(self.state.pid, signal.SIGKILL)
        if not twin.survives(self.settings):
            raise RuntimeError(f"no state of the killed twin is left; see {self.settings.log_file}")
        self.state = twin.up(self.settings)
        self.faults("DELETE")

    def _workers(self) -> Iterator[tuple[int, str]]:
        """Process and function of every Lambda's environment."""
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if folder.name.isdigit() and _parent(folder) == self.state.pid:
                    found = _WORKER.search((folder / "cmdline").read_text())
                    if found:
                        yield int(folder.name), found[1]

    # --- look

    def heads(self, *keys: str) -> list[Item]:
        """Heads of evaluations, of these datasets if any are named, with the attributes that only the index needs."""
        found = self.table.query(
            IndexName=table_keys.LISTING_INDEX,
            KeyConditionExpression="#pk = :all",
            ExpressionAttributeNames={"#pk": table_keys.LISTING_PARTITION_KEY},
            ExpressionAttributeValues={":all": table_keys.LISTING_ALL},
        )["Items"]
        return [head for head in found if not keys or head["dataset_key"] in keys]

    def items(self, partition: str, prefix: str = "") -> list[Item]:
        """Items of the table."""
        found: list[Item] = self.table.query(
            KeyConditionExpression="#pk = :pk AND begins_with(#sk, :prefix)" if prefix else "#pk = :pk",
            ExpressionAttributeNames={
                "#pk": table_keys.PARTITION_KEY,
                **({"#sk": table_keys.SORT_KEY} if prefix else {}),
            },
            ExpressionAttributeValues={":pk": partition, **({":prefix": prefix} if prefix else {})},
            ConsistentRead=True,
        )["Items"]
        return found

    def slots(self) -> dict[str, dict[str, Item]]:
        """Leases and wishes by the names of jobs."""
        found = self.items(table_keys.SLOTS_PARTITION)
        return {kind: dict(found[0][kind]) if found else {} for kind in ("leases", "wishes")}

    def bedrock_jobs(self, evaluation: str) -> list[Item]:
        """Bedrock's jobs of an evaluation."""
        digest = evaluation.rpartition("-")[2]
        pages = self.aws("bedrock").get_paginator("list_evaluation_jobs").paginate(nameContains=digest)
        return [job for page in pages for job in page["jobSummaries"]]

    def objects(self, evaluation: str) -> dict[str, str]:
        """Keys of an evaluation's files, and what tells their content."""
        pages = self.aws("s3").get_paginator("list_objects_v2")
        prefix = object_keys.EvaluationKeys(evaluation).prefix
        found = pages.paginate(Bucket=self.outputs["BucketName"], Prefix=prefix)
        return {item["Key"]: item["ETag"] for page in found for item in page.get("Contents", [])}

    def starts(self) -> Counter[str]:
        """How often each job was started, says the emulator's own log."""
        log = self.settings.state_dir / "evaluation-jobs.jsonl"
        lines = log.read_text().splitlines() if log.exists() else ()
        return Counter(event["jobName"] for event in map(json.loads, lines) if event["event"] == "start")

    def execution(self, evaluation: str) -> str | None:
        """Status of an evaluation's execution; None when there is none."""
        states = self.aws("stepfunctions")
        try:
            return str(states.describe_execution(executionArn=self.execution_arn(evaluation))["status"])
        except states.exceptions.ExecutionDoesNotExist:
            return None

    def execution_arn(self, evaluation: str) -> str:
        """ARN of an evaluation's execution."""
        return self.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{evaluation}"

    def receive_events(self) -> None:
        """Take what came into the queue."""
        queues = self.aws("sqs")
        url = queues.get_queue_url(QueueName="events")["QueueUrl"]
        while received := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in received:
                event = json.loads(message["Body"])
                self.events.setdefault(event["detail"]["evaluation_id"], {})[event["id"]] = event
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def wait(self, holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS, *, pause: float = 0.05) -> bool:
        """Whether something holds at last."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(pause)
        return True

    def quiet(self, keys: list[str]) -> bool:
        """Whether nothing works for the evaluations of these datasets any more."""
        evaluations = [head["evaluation_id"] for head in self.heads(*keys)]
        return all(
            self.execution(evaluation) != "RUNNING"
            and not any(job["status"] in _ACTIVE for job in self.bedrock_jobs(evaluation))
            for evaluation in evaluations
        )

    def faults(self, method: str, faults: Item | None = None) -> None:
        """Set (PUT) or clear (DELETE) what happens to Bedrock's jobs."""
        url = f"{self.state.endpoint}/_gavel/faults"
        twin.signed_request(self.state, method, url, json_body=faults).raise_for_status()

    def _set(self, partition: str, sort: str, **values: Any) -> None:
        self.table.update_item(
            Key={table_keys.PARTITION_KEY: partition, table_keys.SORT_KEY: sort},
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )


def _parent(folder: Path) -> int:
    return int((folder / "stat").read_text().rpartition(")")[2].split()[1])


def _works(pid: int) -> bool:
    """Whether a Lambda's process does anything but wait for its next event on its standard input."""
    try:
        return not Path(f"/proc/{pid}/wchan").read_text().endswith("pipe_read")
    except OSError:
        return False
