"""Step Functions' control plane and EventBridge in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.schedules.callbacks import Callbacks, NobodyWaitsError
from tests.schedules.line import refusal
from tests.schedules.machine import Record, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schedules.kernel import Process
    from tests.schedules.line import Line
    from tests.schedules.machine import Machine

MACHINE_ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:evaluation"
STARTED_AFTER: Final = 2.0
# DescribeExecution is eventually consistent (its API reference).
DESCRIBED_AFTER: Final = 1.0


@dataclass
class Execution:
    """One execution of the state machine."""

    name: str
    given: dict[str, Any]
    started: float
    status: str = "RUNNING"
    stopped: float = 0.0
    record: Record = field(default_factory=Record)
    process: Process | None = None
    machine: Machine | None = None

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return MACHINE_ARN.replace("stateMachine", "execution") + ":" + self.name


@dataclass
class StepFunctions:
    """The operations on executions; `new_machine` makes the machine of one, `ended` is told of each end."""

    line: Line
    new_machine: Callable[[], Machine]
    ended: Callable[[Execution], None] = lambda execution: None
    executions: dict[str, Execution] = field(default_factory=dict)
    callbacks: Callbacks = field(default_factory=Callbacks)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: A002, N803
        """StartExecution: the same name and input while it runs is the same execution."""

        def effect() -> dict[str, Any]:
            known = self.executions.get(name)
            if known is None:
                known = self.executions[name] = Execution(name, json.loads(input), self.line.kernel.time)
                self._start(known)
            elif known.status != "RUNNING" or known.given != json.loads(input):
                raise refusal("ExecutionAlreadyExists", "StartExecution", "the execution has ended")
            return {"executionArn": known.arn, "startDate": datetime.fromtimestamp(known.started, UTC)}

        result: dict[str, Any] = self.line.call("states", "StartExecution", effect)
        return result

    def describe_execution(self, *, executionArn: str, **rest: Any) -> dict[str, Any]:  # noqa: N803
        """DescribeExecution."""

        def effect() -> dict[str, Any]:
            known = next((item for item in self.executions.values() if item.arn == executionArn), None)
            if known is None or known.started + DESCRIBED_AFTER > self.line.kernel.time:
                raise refusal("ExecutionDoesNotExist", "DescribeExecution", "there is no such execution")
            described = {
                "executionArn": known.arn,
                "stateMachineArn": MACHINE_ARN,
                "name": known.name,
                "status": known.status,
                "input": json.dumps(known.given),
                "startDate": datetime.fromtimestamp(known.started, UTC),
            }
            if known.status != "RUNNING":
                described["stopDate"] = datetime.fromtimestamp(known.stopped, UTC)
            return described

        result: dict[str, Any] = self.line.call("states", "DescribeExecution", effect)
        return result

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:  # noqa: N803
        """SendTaskSuccess."""
        return self._tell("SendTaskSuccess", lambda: self.callbacks.succeed(taskToken, output))

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> dict[str, Any]:  # noqa: N803
        """SendTaskFailure."""
        return self._tell("SendTaskFailure", lambda: self.callbacks.fail(taskToken, error, cause))

    def _tell(self, operation: str, tell: Callable[[], None]) -> dict[str, Any]:
        def effect() -> dict[str, Any]:
            try:
                tell()
            except NobodyWaitsError as error:
                raise refusal(str(error), operation, "nobody waits") from error
            return {}

        result: dict[str, Any] = self.line.call("states", operation, effect)
        return result

    def abort(self, name: str, *, status: str = "ABORTED") -> None:
        """End an execution from outside, as a person with StopExecution does; its Lambdas that run, run on."""
        execution = self.executions[name]
        if execution.status == "RUNNING" and execution.process and execution.machine:
            for process in (execution.process, *execution.machine.processes):
                process.kill()
            self._finish(execution, status)

    def _start(self, execution: Execution) -> None:
        machine = execution.machine = self.new_machine()
        execution.process = self.line.kernel.spawn(
            lambda: machine.run(execution.given, execution.record),
            after=self.line.adversary.random.random() * STARTED_AFTER,
        )
        execution.process.when_ended(lambda: self._ended(execution))

    def _ended(self, execution: Execution) -> None:
        if execution.status != "RUNNING" or execution.process is None:
            return
        error = execution.process.error
        if error is not None and not isinstance(error, StateError):
            raise error
        self._finish(execution, "FAILED" if error else "SUCCEEDED")

    def _finish(self, execution: Execution, status: str) -> None:
        execution.status = status
        execution.stopped = self.line.kernel.time
        self.ended(execution)


@dataclass
class Queue:
    """SQS, as far as a Lambda asks for a message to come again: `hidden` says for how many seconds, by its receipt."""

    line: Line
    hidden: dict[str, int] = field(default_factory=dict)

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - the API's names
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> dict[str, Any]:
        """ChangeMessageVisibility."""

        def effect() -> dict[str, Any]:
            self.hidden[ReceiptHandle] = VisibilityTimeout
            return {}

        result: dict[str, Any] = self.line.call("sqs", "ChangeMessageVisibility", effect)
        return result


@dataclass
class Events:
    """EventBridge: `entries` are all that it took."""

    line: Line
    entries: list[dict[str, Any]] = field(default_factory=list)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """PutEvents: now and then an entry is not taken although the call is answered."""

        def effect() -> dict[str, Any]:
            if not self.line.calm and self.line.adversary.chance(self.line.adversary.fault_rate):
                return {
                    "FailedEntryCount": len(Entries),
                    "Entries": [{"ErrorCode": "InternalFailure"} for _ in Entries],
                }
            self.entries += [{**entry, "Detail": json.loads(entry["Detail"])} for entry in Entries]
            return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

        result: dict[str, Any] = self.line.call("events", "PutEvents", effect)
        return result


@dataclass
class Topic:
    """SNS: `messages` are all that it took."""

    line: Line
    messages: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, **message: Any) -> dict[str, Any]:
        """Publish."""

        def effect() -> dict[str, Any]:
            self.messages.append(message)
            return {"MessageId": "1"}

        result: dict[str, Any] = self.line.call("sns", "Publish", effect)
        return result


@dataclass
class Glue:
    """The catalogue: `partitions` are the values of all that were registered."""

    line: Line
    partitions: set[tuple[str, ...]] = field(default_factory=set)

    def create_partition(
        self,
        *,
        DatabaseName: str,  # noqa: N803 - the API's names
        TableName: str,  # noqa: N803
        PartitionInput: dict[str, Any],  # noqa: N803
    ) -> dict[str, Any]:
        """CreatePartition."""

        def effect() -> dict[str, Any]:
            values = tuple(PartitionInput["Values"])
            if values in self.partitions:
                raise refusal("AlreadyExistsException", "CreatePartition")
            self.partitions.add(values)
            return {}

        result: dict[str, Any] = self.line.call("glue", "CreatePartition", effect)
        return result
