"""What the orchestration of an evaluation costs, beside polling: `python -m benchmarks.orchestration`.

The deployed definition and the real handlers run in the simulation of `tests/schedules`, with nothing going wrong, on
jobs of 45 minutes. Beside them runs a loop of Wait, Task and Choice that looks every 60 seconds (`polling.asl.json`),
with the same handlers and under the same counters. Nothing here is a formula but the price of a count. Exit code 1 when
a promise is broken.

That loop is the one of AWS's general sample, "Poll for Job Status" (Step Functions Developer Guide); AWS publishes none
that waits for evaluation jobs of Bedrock.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from benchmarks import command
from benchmarks import orchestration_prices as prices
from gavel.datasets.record import Record
from gavel.metrics import BUILTIN_METRICS
from gavel.names import object_keys
from gavel.notifications.figures import evaluation_figures, score_figures
from gavel.pricing.estimate import estimate
from gavel.pricing.prices import built_in_prices
from gavel.pricing.sizes import DatasetSizes
from gavel.suites.suite import load_suite
from infra.config import EnvironmentConfig
from infra.handler_table import HANDLERS
from tests.schedules.bedrock import Bedrock, Prospects
from tests.schedules.machine import Machine
from tests.schedules.world import Limits, Request, World
from tests.statemachine import definition
from tests.statemachine.histories import Entered, Retried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.schedules.bedrock import BedrockJob

JOB_SECONDS: Final = 2700.0
GENERATORS: Final = 5
ONE: Final = ("Correctness",)
ELEVEN: Final = tuple(metric.name for metric in BUILTIN_METRICS)
POLLING: Final = Path(__file__).with_name("polling.asl.json")
# How many times fewer transitions are promised, by the number of jobs.
PROMISED: Final = {5: 75, 50: 100}
# The most of Bedrock's estimate that everything around it may cost.
SHARE: Final = 0.01

# Seconds that a call of a Lambda is billed for, cold starts included: assumptions on the safe side of what the twin
# showed (`benchmarks/README.md`: 4 s to plan, 2.5 to 3.4 s to collect 11,000 scores, 7 to 14 s to summarise a million).
BILLED: Final = {"PlanEvaluation": 4.0, "CollectScores": 4.5, "SummarizeEvaluation": 14.0}
BILLED_ELSE: Final = 1.0
BILLED_ARRIVAL: Final = 3.5  # besides, for every message that CollectArrivals takes
# Bytes of logs for each call of a Lambda (START, END, REPORT, some lines of its own) and each transition (level ALL,
# without data): assumptions, of which ten times as much would add 0.0002 USD to an evaluation of two jobs.
LOGGED_CALL: Final = 4_000
LOGGED_TRANSITION: Final = 3_000
# Objects that Bedrock writes for a job, each of which makes an event: its results, and what it may leave beside them.
BEDROCK_OBJECTS: Final = 2
_MEMORY: Final = {handler.title: handler.memory / 1024 for handler in HANDLERS}
_S3_WRITES: Final = frozenset({"PutObject", "ListObjectsV2", "PutObjectTagging"})
_S3_EVENTS: Final = ("PutObject", "PutObjectTagging")
_READS: Final = {"GetItem": 1, "Query": 4}
_WRITES: Final = {"UpdateItem": 2, "PutItem": 2, "TransactWriteItems": 8, "BatchWriteItem": 100}


class PunctualBedrock(Bedrock):
    """Every job takes the same time."""

    def _new(self, request: dict[str, Any], time: float) -> BedrockJob:
        job = super()._new(request, time)
        job.end = "stuck"  # the end that was drawn for it comes to nothing
        self.line.kernel.after(JOB_SECONDS, lambda: super(PunctualBedrock, self)._end(job, "Completed"))
        return job

    def _end(self, job: BedrockJob, status: str) -> None:
        if status == "Stopped":
            super()._end(job, status)


@dataclass
class Bill:
    """What one evaluation used: transitions, calls of Lambdas by name, and calls of AWS by service and operation."""

    jobs: int
    transitions: int = 0
    lambdas: Counter[str] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: int = 0
    custom_metrics: int = 0
    seconds: float = 0.0

    @property
    def gb_seconds(self) -> float:
        """Of all Lambdas."""
        calls = sum(count * BILLED.get(name, BILLED_ELSE) * _MEMORY[name] for name, count in self.lambdas.items())
        return calls + self.messages * BILLED_ARRIVAL * _MEMORY["CollectArrivals"]

    def items(self) -> dict[str, tuple[float, float]]:
        """What was used of each kind, and its price in USD."""

        def of(service: str) -> dict[str, int]:
            return {operation: count for (used, operation), count in self.calls.items() if used == service}

        s3, dynamodb = of("s3"), of("dynamodb")
        objects = sum(s3.get(name, 0) for name in _S3_EVENTS) + BEDROCK_OBJECTS * self.jobs
        logged = LOGGED_CALL * self.lambdas.total() + LOGGED_TRANSITION * self.transitions
        used = {
            "state transitions": (self.transitions, prices.TRANSITION),
            "Lambda calls": (self.lambdas.total(), prices.INVOCATION),
            "Lambda GB-seconds": (self.gb_seconds, prices.GB_SECOND),
            "DynamoDB write units": (sum(_WRITES.get(name, 0) * n for name, n in dynamodb.items()), prices.WRITE),
            "DynamoDB read units": (sum(_READS.get(name, 0) * n for name, n in dynamodb.items()), prices.READ),
            "S3 writes and lists": (sum(n for name, n in s3.items() if name in _S3_WRITES), prices.S3_WRITE),
            "S3 reads": (sum(n for name, n in s3.items() if name not in _S3_WRITES), prices.S3_READ),
            "SQS requests": (3 * self.messages + sum(of("sqs").values()), prices.SQS_REQUEST),
            "events": (objects + sum(of("events").values()), prices.EVENT),
            "notifications": (sum(of("sns").values()), prices.PUBLISH),
            "custom metrics, an hour": (self.custom_metrics, prices.CUSTOM_METRIC),
            "bytes of logs": (logged, prices.LOGGED_BYTE),
            "traces": (1 + self.lambdas.total(), prices.TRACE),
            "catalogue requests": (sum(of("glue").values()), prices.CATALOG_REQUEST),
        }
        return {name: (count, count * price) for name, (count, price) in used.items()}

    @property
    def usd(self) -> float:
        """All of it."""
        return sum(price for _, price in self.items().values())

    def to_json(self) -> dict[str, Any]:
        """Counts and USD by name, what they come to, and the seconds from start to end."""
        items = {name: {"count": count, "usd": usd} for name, (count, usd) in self.items().items()}
        return {"items": items, "usd": self.usd, "seconds": self.seconds}


def run(jobs: int, *, polling: bool = False, generators: int = GENERATORS, metrics: Sequence[str] = ONE) -> Bill:
    """Run an evaluation of so many jobs to its end, and count."""
    world = World(0)  # every decision of the adversary is overruled; what is left of the seed is jitter
    adversary = world.adversary
    adversary.fault_rate = adversary.crash_rate = adversary.repeat_rate = adversary.timeout_rate = 0.0
    adversary.doubt = adversary.malice = 0.0
    adversary.latency = 0.05
    adversary.lost_rate = 1.0 if polling else 0.0
    adversary.arrivals = list if polling else (lambda: [1.0])  # type: ignore[method-assign]
    world.bedrock = PunctualBedrock(world.line, world.storage, Prospects())
    world.limits = Limits(total=EnvironmentConfig.max_concurrent_jobs, per_judge=EnvironmentConfig.max_jobs_per_judge)
    world.shard_records = 1
    world.requests = [_request(jobs, generators, metrics)]
    bill = Bill(jobs, custom_metrics=metrics_of_end(generators, metrics))
    _count(world, bill)
    if polling:
        text = definition.filled(POLLING.read_text(encoding="utf-8"), functions="", bucket="bucket")
        machine = json.loads(text)
        world.states.new_machine = lambda: Machine(machine, world.kernel, adversary.random, world)
    world.run()
    ((evaluation, head),) = world.heads().items()
    if head["status"] != "COMPLETED" or len(world.jobs(evaluation)) != jobs:
        raise RuntimeError(f"the evaluation is {head['status']} with {len(world.jobs(evaluation))} of {jobs} jobs")
    record = world.states.executions[evaluation].record
    fired = [event for one in record.all() for event in one.fired]
    bill.transitions = sum(
        isinstance(event, Entered) or (isinstance(event, Retried) and event.again) for event in fired
    )
    execution = world.states.executions[evaluation]
    bill.seconds = execution.stopped - execution.started
    return bill


def _count(world: World, bill: Bill) -> None:
    """Count what belongs to the evaluation; the reconciler runs for a deployment, whatever it does."""
    # ruff: noqa: SLF001 - the simulation has no doors for a counter
    call, invoke, enqueue = world.line.call, world._call, world._enqueue

    def counted(service: str, operation: str, effect: Callable[[], Any], *, resource: str = "") -> Any:
        if not world.kernel.who().startswith(("Reconcile", "the world")) and not world.line.calm:
            bill.calls[service, operation] += 1
        return call(service, operation, effect, resource=resource)

    def called(name: str, event: dict[str, Any]) -> Any:
        if name != "Reconcile":
            bill.lambdas[name] += 1
        return invoke(name, event)

    def enqueued(message: Any) -> None:
        bill.messages += 1
        enqueue(message)

    world.line.call = counted  # type: ignore[method-assign]
    world._call = called  # type: ignore[method-assign]
    world._enqueue = enqueued  # type: ignore[method-assign]


def metrics_of_end(generators: int, metrics: Sequence[str]) -> int:
    """How many of CloudWatch's custom metrics the end of an evaluation with gates has values for, by one judge."""
    at = "2026-01-01T00:00:00+00:00"
    head = {"status": "COMPLETED", "suite": "s", "created_at": at, "ended_at": at, "coverage": 1.0}
    sets = evaluation_figures({**head, "counted": {"usd": 1.0}, "verdict": {"counts": {}}}, over_budget=False)
    scores, _ = score_figures(
        "s",
        [
            {"model": f"g{number}", "judge": "j", "metric": metric, "category": None, "mean": 1.0}
            for number in range(generators)
            for metric in metrics
        ],
    )
    return sum(len(one.figures) * (2 if one.overall else 1) for one in (*sets, *scores))


def _request(jobs: int, generators: int, metrics: Sequence[str]) -> Request:
    """One judge, so many generators, and as many shards as that takes.

    It comes some minutes after the reconciler, which would otherwise meet the jobs at the moment of their end.
    """
    named = ", ".join(f"{{model: amazon.nova-lite-v1:0, name: g{n}}}" for n in range(generators))
    suite = (
        f"version: 1\ngenerators: [{named}]\njudges: [{{model: 'amazon.nova-pro-v1:0'}}]\n"
        f"metrics: [{', '.join(metrics)}]\nreuse: false\n"
    )
    records = [
        {"prompt": f"What is {number} + {number}?", "referenceResponse": str(2 * number)}
        for number in range(jobs // generators)
    ]
    lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    return Request("suite-0", suite, object_keys.dataset_key("suite-0", "questions.jsonl"), lines, at=300.0)


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Print the comparison, and what an evaluation costs beside Bedrock; the exit code."""
    parser = command.parser("benchmarks.orchestration", __doc__)
    parser.add_argument(
        "--jobs",
        type=command.whole(GENERATORS, of=GENERATORS),
        nargs="+",
        default=[5, 50],
        metavar="N",
        help=f"numbers of jobs, multiples of {GENERATORS} (default: 5 50)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    compared: list[tuple[int, Bill, Bill]] = []
    for jobs in options.jobs:
        command.tell(f"{jobs} jobs")
        compared.append((jobs, run(jobs), run(jobs, polling=True)))
    command.clear()
    # An evaluation of 1,000 records, 2 models and 11 metrics, beside what Bedrock is expected to ask for it.
    whole, bedrock = run(2, generators=2, metrics=ELEVEN), bedrock_usd(records=1000)
    broken = list(_broken(compared, whole.usd / bedrock))
    if options.json:
        bills = [{"jobs": jobs, "gavel": own.to_json(), "polling": other.to_json()} for jobs, own, other in compared]
        beside = {**whole.to_json(), "bedrock_usd": bedrock, "share": whole.usd / bedrock}
        print(json.dumps({"compared": bills, "beside_bedrock": beside, "broken": broken}, indent=2), file=out)
    else:
        for one in compared:
            _show(*one, out)
        _show_whole(whole, bedrock, out)
        for sentence in broken:
            print(f"BROKEN: {sentence}", file=out)
    return 1 if broken else 0


def _broken(compared: Sequence[tuple[int, Bill, Bill]], share: float) -> Iterator[str]:
    for jobs, own, polled in compared:
        ratio = polled.transitions / own.transitions
        if ratio < PROMISED.get(jobs, 0):
            yield f"{jobs} jobs: {ratio:.1f} times fewer transitions, and {PROMISED[jobs]} are promised"
    if share >= SHARE:
        yield f"Gavel costs {share:.2%} of Bedrock's estimate, more than {SHARE:.0%}"


def _show_whole(whole: Bill, bedrock: float, out: TextIO) -> None:
    print("\n1,000 records, 2 models, 11 metrics, 2 jobs:", file=out)
    for name, (count, usd) in whole.items().items():
        print(f"{name:24}{count:>12,.0f}{usd:>12.6f}", file=out)
    of_bedrock = f"Bedrock {bedrock:.2f} USD at the least (gavel.pricing): {whole.usd / bedrock:.3%}"
    print(f"Gavel {whole.usd:.6f} USD, {of_bedrock}", file=out)


def _show(jobs: int, own: Bill, polled: Bill, out: TextIO) -> None:
    minutes, ratio = JOB_SECONDS / 60, polled.transitions / own.transitions
    print(f"\n{jobs} jobs of {minutes:.0f} minutes: {ratio:.0f} times fewer transitions, ", end="", file=out)
    print(f"{polled.usd / own.usd:.1f} times cheaper in all", file=out)
    print(f"{'':24}{'Gavel':>12}{'USD':>12}{'polling':>12}{'USD':>12}", file=out)
    other = polled.items()
    for name, (count, usd) in own.items().items():
        print(f"{name:24}{count:>12,.0f}{usd:>12.6f}{other[name][0]:>12,.0f}{other[name][1]:>12.6f}", file=out)
    print(f"{'together':24}{'':>12}{own.usd:>12.6f}{'':>12}{polled.usd:>12.6f}", file=out)
    print(
        f"{'minutes to the end':24}{own.seconds / 60:>12.1f}{'':>12}{polled.seconds / 60:>12.1f}", file=out, flush=True
    )


def bedrock_usd(*, records: int, generators: int = 2, metrics: Sequence[str] = ELEVEN) -> float:
    """The lower end of Gavel's own estimate for an evaluation of so many models by one judge.

    Prompts of 50 words and references of 30: longer ones cost more on Bedrock, and nothing more here.
    """
    text = _request(generators, generators, metrics).suite_text
    suite = load_suite(text.encode(), name="suite-0", file="suite.yaml")
    sizes = DatasetSizes()
    for number in range(1, records + 1):
        sizes.add(Record(number, number, "word " * 50, "word " * 30, None, ()))
    usd = estimate(suite, sizes, built_in_prices(), shard_sizes=[records]).usd
    if usd is None:
        raise RuntimeError("a model of the comparison has no price")
    return usd.low


if __name__ == "__main__":
    command.run(main)
