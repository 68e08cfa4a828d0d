"""One schedule: a world made by a seed, evaluations that live in it, and an adversary, until nothing moves any more."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import slots
from gavel.aws.table import EvaluationTable
from gavel.names import object_keys, table_keys
from gavel.names.deployed import Variable
from gavel.names.statuses import EvaluationStatus
from gavel.pricing.ceiling import Ceiling
from infra.arrivals import AT_ONCE, GATHERED_SECONDS, MOST_RECEIVED
from infra.handler_table import COLLECT_ARRIVALS, HANDLERS
from tests.schedules import product
from tests.schedules.adversary import Adversary
from tests.schedules.bedrock import Bedrock, Prospects
from tests.schedules.dynamodb import Table
from tests.schedules.kernel import Crash, Kernel
from tests.schedules.line import Line
from tests.schedules.machine import Machine, StateError
from tests.schedules.orchestration import Events, Glue, Queue, StepFunctions, Topic
from tests.schedules.storage import Storage
from tests.statemachine import definition

if TYPE_CHECKING:
    from tests.schedules.bedrock import BedrockJob
    from tests.schedules.kernel import Process
    from tests.schedules.orchestration import Execution

# No evaluation of a schedule lasts longer, unless it hangs: 90 days are the state machine's own limit.
LONGEST: Final = 90 * 86_400.0
# The reconciler comes for ever; so often is enough after the last thing that happened.
QUIET_RUNS: Final = 16
_DOORS: Final = {handler.title: handler for handler in HANDLERS}


@dataclass
class Limits:
    """How many jobs may run at once."""

    total: int
    per_judge: int


@dataclass
class Request:
    """An evaluation that somebody asks for: an upload of a dataset for a suite."""

    suite: str
    suite_text: str
    dataset: str
    records: bytes
    at: float
    answers: dict[str, bytes] = field(default_factory=dict)
    stops: list[float] = field(default_factory=list)
    aborts: list[float] = field(default_factory=list)


@dataclass
class Message:
    """An event of arrived results in its queue."""

    number: int
    key: str
    received: int = 0

    @property
    def name(self) -> str:
        """Its id in the queue."""
        return f"message-{self.number}"

    @property
    def receipt(self) -> str:
        """What whoever received it last has in hand."""
        return f"{self.name}/{self.received}"

    @property
    def record(self) -> dict[str, Any]:
        """It as Lambda gets it."""
        return {
            "messageId": self.name,
            "receiptHandle": self.receipt,
            "body": json.dumps({"detail": {"object": {"key": self.key}}}),
            "attributes": {"ApproximateReceiveCount": str(self.received)},
        }


@dataclass
class World:
    """The cloud of one schedule. `faults` are exceptions of the product that nobody provoked."""

    seed: int
    adversary: Adversary = field(init=False)
    kernel: Kernel = field(default_factory=Kernel)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        adversary = self.adversary = Adversary(self.seed)
        roll = adversary.random.choice
        self.line = Line(self.kernel, adversary)
        self.storage = Storage(self.line)
        self.table = Table(self.line)
        self.bedrock = Bedrock(self.line, self.storage, _prospects(adversary))
        self.events = Events(self.line)
        self.topic = Topic(self.line)
        self.glue = Glue(self.line)
        self.queue = Queue(self.line)
        self._waiting: list[Message] = []
        self.states = StepFunctions(self.line, self._machine)
        self.limits = Limits(total=roll((1, 2, 3, 6)), per_judge=roll((1, 2, 3)))
        self.shard_records = roll((1, 2, 1000, 1000))
        self.requests = [_request(adversary, number) for number in range(roll((1, 1, 2, 3)))]
        # By a chance of its own, so that it changes none of what else a seed stands for.
        self.ceiling = random.Random(f"ceiling {self.seed}").choice(_CEILINGS)  # noqa: S311 - a schedule, no secret
        self.modules = product.MODULES
        self._invocations = itertools.count(1)

    def run(self) -> None:
        """Let everything happen."""
        limits = {
            Variable.MAX_CONCURRENT_JOBS: str(self.limits.total),
            Variable.MAX_JOBS_PER_JUDGE: str(self.limits.per_judge),
            Variable.SPENDING_LIMIT: self.ceiling.to_text(),
        }
        with product.installed(self, limits=limits, shard_records=self.shard_records):
            self.states.ended = self._execution_ended
            self.bedrock.watchers.append(self._created)
            self.bedrock.writers.append(self._arrived)
            self.kernel.spawn(self._reconcile_regularly)
            for request in self.requests:
                self.kernel.after(request.at, lambda request=request: self._upload(request))  # type: ignore[misc]
            end = self.kernel.time + LONGEST
            self.kernel.run(until=end)
            self.kernel.close()
            self.kernel.time = end
            self.line.calm = True
            slots.sweep(EvaluationTable(product.TABLE), now=self.kernel.text)

    # --- what comes from outside

    def _upload(self, request: Request) -> None:
        """An object arrives, and one to three events tell of it, each when it likes."""
        self.storage.put(object_keys.suite_key(request.suite), request.suite_text.encode())
        for file, lines in request.answers.items():
            self.storage.put(object_keys.answers_key(request.suite, file), lines)
        version = self.storage.put(request.dataset, request.records)
        event = {"detail": {"object": {"key": request.dataset, "version-id": version}}}
        deliveries = self.adversary.deliveries()
        self.line.trouble["events of uploads delivered again"] += deliveries - 1
        for number in range(deliveries):
            after = self.adversary.random.random() * (10 if number == 0 else 3600)
            self.kernel.spawn(lambda: self._deliver("StartEvaluation", event), after=after)
        for seconds in request.stops:
            self.kernel.spawn(lambda: self._stop(self._of(request.dataset)), after=seconds)
        for seconds in request.aborts:
            self.kernel.spawn(lambda: self._abort(self._of(request.dataset)), after=seconds)

    def _of(self, dataset: str) -> list[str]:
        return [evaluation for evaluation, head in self.heads().items() if head["dataset_key"] == dataset]

    def _stop(self, evaluations: list[str]) -> None:
        """Somebody asks for a stop, as the command line does, and again when that gets no answer."""
        for evaluation in evaluations:
            self.line.trouble["stops asked for"] += 1
            request = {"http": {"method": "POST", "path": f"/evaluations/{evaluation}/stop"}, "stage": "$default"}
            event = {
                "version": "2.0",
                "rawPath": f"/evaluations/{evaluation}/stop",
                "requestContext": request,
                "headers": {},
            }
            for _ in range(3):
                process = self._call("Api", event)
                self.kernel.wait(process)
                if process.error is None and process.result["statusCode"] < 500:
                    break

    def _created(self, job: BedrockJob) -> None:
        """The worst moment to stop an evaluation, or to end its execution, is when a job was just created."""
        if self.adversary.chance(self.adversary.malice):
            end = self.adversary.random.choice((self._stop, self._abort))
            after = self.adversary.random.random() * 5
            evaluation = next(tag["value"] for tag in job.request["jobTags"] if tag["key"] == "gavel:evaluation")
            self.kernel.spawn(lambda: end([evaluation]), after=after)

    def _arrived(self, key: str) -> None:
        """Results are in the bucket, and events of that come to the queue."""
        arrivals = self.adversary.arrivals()
        self.line.trouble["events of results that got lost"] += not arrivals
        self.line.trouble["events of results delivered again"] += max(0, len(arrivals) - 1)
        for after in arrivals:
            message = Message(next(self._invocations), key)
            self.kernel.after(after, lambda message=message: self._enqueue(message))  # type: ignore[misc]

    def _enqueue(self, message: Message) -> None:
        """Lambda takes messages in batches: what comes together is taken together."""
        self._waiting.append(message)
        if len(self._waiting) == 1:
            self.kernel.spawn(self._take, after=GATHERED_SECONDS)

    def _take(self) -> None:
        """Call the Lambda with what waits; a message that it leaves comes again when it asked for that, or late."""
        batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        if self._waiting:
            self.kernel.spawn(self._take)
        for message in batch:
            message.received += 1
        process = self._call(COLLECT_ARRIVALS.title, {"Records": [message.record for message in batch]})
        self.kernel.wait(process)
        if process.error is None:
            left = {item["itemIdentifier"] for item in process.result["batchItemFailures"]}
            batch = [message for message in batch if message.name in left]
        for message in batch:
            if message.received < MOST_RECEIVED:
                hidden = self.queue.hidden.pop(message.receipt, 6 * COLLECT_ARRIVALS.timeout)
                self.kernel.after(hidden, lambda message=message: self._enqueue(message))  # type: ignore[misc]
            else:
                self.line.trouble["events of results that nobody could take"] += 1

    def _abort(self, evaluations: list[str]) -> None:
        """Somebody ends the execution, or Step Functions does for what nothing can catch."""
        for evaluation in evaluations:
            if evaluation in self.states.executions:
                self.line.trouble["executions ended from outside"] += 1
                self.states.abort(evaluation, status=self.adversary.random.choice(("ABORTED", "TIMED_OUT", "FAILED")))

    def _execution_ended(self, execution: Execution) -> None:
        """EventBridge tells the reconciler of a bad end, one to three times."""
        self.line.note(f"the execution {execution.name} ended: {execution.status}")
        if execution.status != "SUCCEEDED":
            self.line.trouble["executions that ended badly"] += 1
            event = {"detail": {"name": execution.name, "status": execution.status}}
            for _ in range(self.adversary.deliveries()):
                after = self.adversary.random.random() * 60
                self.kernel.spawn(lambda: self._deliver("Reconcile", event), after=after)

    def _reconcile_regularly(self) -> None:
        """Every quarter of an hour, until long after the last evaluation has ended."""
        quiet = 0
        while quiet < QUIET_RUNS:
            self.kernel.sleep(900)
            self._deliver("Reconcile", {})
            busy = bool(self.unended() or self.untold() or self.bedrock.running())
            busy = busy or any(execution.status == "RUNNING" for execution in self.states.executions.values())
            quiet = 0 if busy else quiet + 1

    def _deliver(self, name: str, event: dict[str, Any]) -> None:
        """An event calls a Lambda asynchronously: when that fails, it is called twice again, and then no more."""
        for pause in (0, 60, 120):
            self.kernel.sleep(pause)
            process = self._call(name, event)
            self.kernel.wait(process)
            if process.error is None:
                return

    # --- Lambdas

    def invoke(self, state: str, event: dict[str, Any], *, timeout: float, given_up: str = "States.Timeout") -> Any:
        """Call a state's Lambda as Step Functions does: at least once, and its answer may get lost."""
        others = self.adversary.deliveries() - 1
        self.line.trouble["steps delivered again"] += others
        for _ in range(others):
            self.kernel.spawn(
                lambda: self.kernel.wait(self._call(state, event)), after=self.adversary.random.random() * 60
            )
        process = self._call(state, event)
        if self.adversary.chance(self.adversary.timeout_rate):
            # Step Functions gives up, the Lambda does not.
            self.line.trouble["steps given up while their Lambda goes on"] += 1
            self.kernel.wait(process, at_most=self.adversary.random.random() * 5)
            raise StateError(given_up)
        if not self.kernel.wait(process, at_most=timeout):
            raise StateError("States.Timeout")
        if process.error is None:
            return process.result
        if isinstance(process.error, Crash):
            raise StateError("Lambda.Unknown", "The function's process ended")
        name = type(process.error).__name__
        raise StateError(name, json.dumps({"errorType": name, "errorMessage": str(process.error)}))

    def _call(self, name: str, event: dict[str, Any]) -> Process:
        """Start one invocation; the function is killed at its timeout, and perhaps before."""
        module = self.modules[name]
        text = json.dumps(event)
        number = next(self._invocations)
        process = self.kernel.spawn(
            lambda: json.loads(json.dumps(module.handler(json.loads(text), product.Context()))), name=f"{name}/{number}"
        )
        where = event.get("job", {}).get("job_name", event.get("evaluation_id", ""))
        self.line.note(f"{process.name} called for {where}")
        process.when_ended(lambda: self._judge(process))
        self.kernel.after(_DOORS[name].timeout, process.kill)
        if self.adversary.chance(self.adversary.crash_rate):
            self.line.trouble["Lambdas killed at any moment"] += 1
            self.kernel.after(self.adversary.random.random() * 10 * self.adversary.latency, process.kill)
        return process

    def _judge(self, process: Process) -> None:
        """A fault of the product's own is never in order, whoever tries again afterwards."""
        error = process.error
        self.line.note(f"{process.name} ended: {process.result if error is None else repr(error)}")
        name = type(error).__name__
        if error is not None and (name == "InternalError" or isinstance(error, NotImplementedError | TypeError)):
            self.faults.append(f"{process.name}: {error!r} after {error.__context__!r}")

    # --- the state machine

    def _machine(self) -> Machine:
        return Machine(_definition(), self.kernel, self.adversary.random, self, callbacks=self.states.callbacks)

    def read_items(self, key: str) -> list[Any]:
        """The Map's items."""
        if self.adversary.chance(self.adversary.fault_rate / 2):
            self.line.trouble["plans that the Map could not read"] += 1
            raise StateError("States.ItemReaderFailed")
        if key not in self.storage.objects:
            raise StateError("States.ItemReaderFailed", f"there is no {key}")
        return [json.loads(line) for line in self.storage.objects[key].splitlines() if line]

    def write_results(self, prefix: str) -> None:
        """The Map's outcome; now and then it cannot be written, and the whole Map runs again."""
        self.kernel.sleep(self.adversary.random.random())
        if self.adversary.chance(self.adversary.fault_rate):
            self.line.trouble["outcomes that the Map could not write, so that it runs again"] += 1
            raise StateError("States.ResultWriterFailed")

    # --- what is there in the end

    def time(self) -> str:
        """The time as the handlers write it."""
        return self.kernel.text

    def heads(self) -> dict[str, dict[str, Any]]:
        """The heads of all evaluations by id."""
        return {
            item["evaluation_id"]: item
            for (partition, sort), item in self.table.items.items()
            if sort == table_keys.HEAD and partition == table_keys.evaluation_partition(item["evaluation_id"])
        }

    def jobs(self, evaluation: str) -> dict[str, dict[str, Any]]:
        """The items of an evaluation's jobs by id."""
        partition = table_keys.evaluation_partition(evaluation)
        return {
            sort.removeprefix(table_keys.JOB_SORT_PREFIX): item
            for (own, sort), item in self.table.items.items()
            if own == partition and sort.startswith(table_keys.JOB_SORT_PREFIX)
        }

    def planned(self, evaluation: str) -> list[dict[str, Any]]:
        """The lines of an evaluation's plan."""
        data = self.storage.objects.get(object_keys.EvaluationKeys(evaluation).jobs, b"")
        return [json.loads(line) for line in data.splitlines() if line]

    def manifest(self, evaluation: str) -> dict[str, Any] | None:
        """The manifest of an evaluation, once it is planned."""
        data = self.storage.objects.get(object_keys.EvaluationKeys(evaluation).manifest)
        return json.loads(data) if data else None

    def reservation(self, evaluation: str, job: str) -> dict[str, Any]:
        """What was reserved for a job, and spent."""
        key = (table_keys.evaluation_partition(evaluation), table_keys.RESERVATION_SORT_PREFIX + job)
        return self.table.items.get(key, {})

    def execution(self, evaluation: str) -> Execution | None:
        """The execution of an evaluation."""
        return self.states.executions.get(evaluation)

    def unended(self) -> list[str]:
        """Evaluations without an end."""
        return [evaluation for evaluation, head in self.heads().items() if not EvaluationStatus(head["status"]).final]

    def untold(self) -> list[str]:
        """Evaluations whose end was not told in full."""
        heads = self.heads().items()
        return [
            evaluation
            for evaluation, head in heads
            if head.get(table_keys.UNFINISHED_PARTITION_KEY) == table_keys.Unfinished.OPEN
        ]


RECORDS: Final = 3


def _records(*, source: str | None) -> bytes:
    """A small dataset; with a source it brings that one's answers."""
    records: list[dict[str, Any]] = [
        {
            "prompt": f"What is {number} + {number}?",
            "referenceResponse": str(2 * number),
            "category": "even" if number % 2 else "odd",
        }
        for number in range(RECORDS)
    ]
    for number, record in enumerate(records if source else ()):
        record["modelResponses"] = [{"response": f"It is {2 * number}.", "modelIdentifier": source}]
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


# Judges, and about what one job of the dataset costs with each, in USD.
_JUDGES: Final = {"amazon.nova-pro-v1:0": 0.0037, "us.amazon.nova-micro-v1:0": 0.00016}

# What the deployment lets an evaluation, and all of a month, cost: mostly any sum.
_CEILINGS: Final = (*[Ceiling()] * 6, Ceiling(0.009), Ceiling(None, 0.012), Ceiling(0.02, 0.03), Ceiling(None, 0.0005))


@cache
def _definition() -> dict[str, Any]:
    text = definition.filled(definition.TEXT, functions="", bucket=product.BUCKET)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def _prospects(adversary: Adversary) -> Prospects:
    """Most jobs do what they should; in some schedules some do not."""

    def sometimes(probability: float) -> float:
        return probability if adversary.chance(0.3) else 0.0

    return Prospects(
        refused=sometimes(0.1),
        fails=sometimes(0.2),
        stuck=sometimes(0.05) if adversary.chance(0.3) else 0.0,
        drops_rows=sometimes(0.2),
        no_output=sometimes(0.1),
        full=sometimes(0.1),
        deleted=sometimes(0.2),
        token_life=adversary.random.choice((1.0, 60.0, 20_000.0)),
        list_lag=adversary.random.choice((0.0, 20.0, 280.0, 280.0)),
        longest=adversary.random.choice((60.0, 600.0, 600.0, 3600.0)),
        status_lag=adversary.random.choice((0.0, 2.0, 60.0, 1200.0)),
    )


def _request(adversary: Adversary, number: int) -> Request:
    roll = adversary.random.choice
    generators = [f"{{model: amazon.nova-lite-v1:0, name: g{n}}}" for n in range(roll((1, 1, 2, 3, 4)))]
    # Some bring answers: in the dataset, or in a file beside it; some of those have no model answer besides.
    source = roll((None, None, None, "inside", "beside"))
    if source:
        del generators[roll((0, 2)) :]
        generators.append(f"{{source: app{', answers: app.jsonl' if source == 'beside' else ''}}}")
    suite = f"suite-{number}" if adversary.chance(0.7) else "suite-0"
    judges = roll((*((judge,) for judge in _JUDGES), tuple(_JUDGES)))
    text = (
        f"version: 1\ngenerators: [{', '.join(generators)}]\n"
        f"judges: [{', '.join(f'{{model: {chr(39)}{judge}{chr(39)}}}' for judge in judges)}]\nmetrics: [Correctness]\n"
    )
    if adversary.chance(0.4):
        cost = sum(_JUDGES[judge] for judge in judges)
        text += f"budget: {{{roll(('per_month_usd', 'per_evaluation_usd'))}: {cost * roll((1.5, 2.5, 5)):.6f}}}\n"
    text += f"reuse: {roll(('true', 'false'))}\n"
    stopped = adversary.chance(0.2)
    return Request(
        suite=suite,
        suite_text=text,
        dataset=object_keys.dataset_key(suite, f"questions-{number if adversary.chance(0.8) else 0}.jsonl"),
        records=_records(source="app" if source == "inside" else None),
        answers={"app.jsonl": _records(source="app")} if source == "beside" else {},
        at=adversary.random.random() * roll((1, 600, 7200)),
        stops=[adversary.random.random() * roll((10, 600, 7200)) for _ in range(roll((1, 2)))] if stopped else [],
        aborts=[adversary.random.random() * roll((10, 600, 7200))] if adversary.chance(0.07) else [],
    )
