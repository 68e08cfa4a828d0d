"""How time and memory grow up to a million records, and a simulation of ten million: `python -m benchmarks growth`.

The stages are measured, each in a fresh process: a dataset validated and planned, the jobs of one generator collected
(1,000 records each), the score files of two summarised. The simulation takes CPU and memory from the largest
measurements, and everything about Bedrock from Gavel's own models: the published quotas (20 automatic jobs at once in a
Region, of which Gavel takes 18; 1,000 prompts a job), the expected length of a job, and list prices. It is no
measurement, and says so.
"""

from __future__ import annotations

import json
import tempfile
import textwrap
from dataclasses import asdict, dataclass
from itertools import chain
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import command
from benchmarks.contenders.gavel_summary import GENERATORS
from benchmarks.table import fresh_process
from benchmarks.table.machine import machine
from gavel.admission.state import DEFAULT_LIMITS
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES
from gavel.metrics import BUILTIN_METRICS, BUILTIN_PREFIX
from gavel.planning.limits import MAX_JOBS
from gavel.planning.pacing import expected_seconds
from gavel.planning.plan import SHARD_RECORDS
from gavel.pricing.duration import Load, expected_duration
from gavel.pricing.estimate import estimate
from gavel.pricing.prices import prices_with
from gavel.pricing.sizes import DatasetSizes
from gavel.pricing.tokens import TextSize
from gavel.suites.suite import load_suite
from infra.handler_table import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from infra.handler_table import Handler

# One job; and what the straight lines of memory and time begin to be straight at.
LEAST_SIZE: Final = 1_000
TELLING_SIZE: Final = 100_000
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES: Final = (1_000, 5_000)
_PLAIN: Final = "benchmarks.dataset_files:plain"
# Each stage's work, and what makes its data.
STAGES: Final = {
    "validate": ("benchmarks.contenders.gavel_datasets:validate", _PLAIN),
    "plan": ("benchmarks.contenders.gavel_intake:intake", _PLAIN),
    "collect": ("benchmarks.contenders.gavel_results:collect", "benchmarks.judged_files:same_jobs"),
    "summarise": ("benchmarks.contenders.gavel_summary:summarize", "benchmarks.contenders.gavel_summary:prepare"),
}
SEED: Final = 1
RECORDS, MODELS, JUDGES = 10_000_000, 10, 3
METRICS: Final = tuple(metric.name.removeprefix(BUILTIN_PREFIX) for metric in BUILTIN_METRICS)
# Nova models stand for all: the cheapest ones whose prices are listed.
_SUITE: Final = """
version: 1
generators: [{generators}]
judges: [{judges}]
metrics: [{metrics}]
"""


@dataclass(frozen=True)
class Stage:
    """One stage at one size: CPU and clock seconds, and memory in MB over the bare imports."""

    stage: str
    records: int
    megabytes: float
    cpu: float
    clock: float
    memory: float


@dataclass(frozen=True)
class Line:
    """What a number of records needs: `origin`, and `each` (0 or more) for each of them."""

    origin: float
    each: float

    @classmethod
    def through(cls, stages: Sequence[Stage]) -> Line:
        """The memory of a stage: the line through its two largest measurements."""
        *_, one, other = sorted(stages, key=lambda stage: stage.records)
        each = max(0.0, other.memory - one.memory) / (other.records - one.records)  # noise may have it fall
        return cls(other.memory - each * other.records, each)

    def steeper(self, times: float) -> Line:
        """The line of whoever needs for one record what this one needs for several."""
        return Line(self.origin, self.each * times)

    def at(self, records: float) -> float:
        """What so many records need."""
        return self.origin + self.each * records

    def reached(self, allowed: float) -> float:
        """How many records need as much as is allowed: 0 where the start does, infinity where none needs more."""
        if self.origin >= allowed:
            return 0.0
        return (allowed - self.origin) / self.each if self.each else inf


def main(arguments: Sequence[str]) -> int:
    """Measure, simulate and print; the exit code."""
    parser = command.parser("benchmarks growth", __doc__)
    parser.add_argument("--quick", action="store_true", help=f"the sizes {', '.join(map(str, QUICK_SIZES))}")
    parser.add_argument(
        "--sizes", type=command.sizes(LEAST_SIZE, count=2), help="two other sizes or more: 10000,200000"
    )
    command.add_folder_and_json(parser)
    options = parser.parse_args(arguments)
    sizes = options.sizes or (QUICK_SIZES if options.quick else SIZES)
    with tempfile.TemporaryDirectory(prefix="gavel-benchmarks-", dir=options.folder) as folder:
        measured = list(measure(Path(folder), sizes, command.tell))
    command.clear()
    simulated = simulate(measured)
    if options.json:
        print(json.dumps({"machine": machine(), **document(measured, simulated)}, indent=2))
    else:
        print("\n".join(f"{name:10} {value}" for name, value in machine().items()), end="\n\n")
        print("\n".join(shown(measured, simulated)))
    return 0


def measure(folder: Path, sizes: Sequence[int], tell: Callable[[str], None]) -> Iterator[Stage]:
    """Every stage at every size."""
    for size in sizes:
        for stage, (call, prepare) in STAGES.items():
            tell(f"{stage}: {size:,} records")
            with tempfile.TemporaryDirectory(prefix=f"growth-{size}-", dir=folder) as place:
                megabytes = fresh_process.prepared(prepare, Path(place), size, SEED) / 1e6
                if size == sizes[0]:
                    fresh_process.warm_up(call, Path(place), size)
                run = fresh_process.measured(call, Path(place), size)
            yield Stage(stage, size, megabytes, run.cpu, run.clock, run.growth / 1e6)


def simulate(measured: Sequence[Stage]) -> dict[str, Any]:
    """Ten million records, ten models and three judges, from the largest measurement and Bedrock's published quotas."""
    largest = max(measured, key=lambda stage: stage.records)
    plan = next(stage for stage in measured if stage.stage == "plan" and stage.records == largest.records)
    shards = RECORDS // SHARD_RECORDS
    seconds = float(expected_seconds(records=SHARD_RECORDS, metrics=len(METRICS)))
    first = (Load(frozenset({"judge-0"}), seconds) for _ in range(shards * MODELS))
    second = (Load(frozenset({f"judge-{n}"}), seconds) for n in range(1, JUDGES) for _ in range(shards * MODELS))
    duration = expected_duration(
        (first, chain(second)), slots=DEFAULT_LIMITS.total, slots_per_judge=DEFAULT_LIMITS.per_judge
    )
    usd = _usd(plan)
    summary = next(stage for stage in measured if stage.stage == "summarise" and stage.records == largest.records)
    planning, summarising = _lambda("plan_evaluation"), _lambda("summarize_evaluation")
    plan_memory = Line.through([stage for stage in measured if stage.stage == "plan"])
    # So many jobs have as many scores as two generators have of so many times the records.
    alike = MODELS * JUDGES / GENERATORS
    summary_memory = Line.through([stage for stage in measured if stage.stage == "summarise"]).steeper(alike)
    jobs = Line(0, MODELS * JUDGES / SHARD_RECORDS)
    megabytes = Line(0, plan.megabytes / plan.records)
    plan_seconds = Line(0, plan.cpu / plan.records)
    summary_seconds = Line(0, alike * summary.cpu / summary.records)
    limits = (
        ("jobs of one evaluation", jobs, MAX_JOBS),
        ("MB of one dataset", megabytes, DEFAULT_MAX_DATASET_BYTES / 1e6),
        ("seconds of PlanEvaluation", plan_seconds, planning.timeout),
        ("MB of memory of PlanEvaluation", plan_memory, planning.memory * 1.048576),
        ("MB of disk of PlanEvaluation", megabytes, planning.disk * 1.048576),
        ("seconds of SummarizeEvaluation", summary_seconds, summarising.timeout),
        ("MB of memory of SummarizeEvaluation", summary_memory, summarising.memory * 1.048576),
    )
    return {
        "inputs": {
            "records": RECORDS,
            "models": MODELS,
            "judges": JUDGES,
            "metrics": len(METRICS),
            "jobs_at_once": DEFAULT_LIMITS.total,
            "jobs_at_once_per_judge": DEFAULT_LIMITS.per_judge,
            "seconds_of_a_job": seconds,
            "measured_records": plan.records,
            "measured_plan_cpu": plan.cpu,
            "measured_plan_memory": plan.memory,
            "measured_summary_cpu": summary.cpu,
            "measured_summary_memory": summary.memory,
        },
        "from_too_little": plan.records < TELLING_SIZE,
        "jobs": round(jobs.at(RECORDS)),
        "plan_seconds": plan_seconds.at(RECORDS),
        "plan_memory": plan_memory.at(RECORDS),
        "summary_seconds": summary_seconds.at(RECORDS),
        "summary_memory": summary_memory.at(RECORDS),
        "bedrock_seconds": duration.to_json(),
        "usd": usd,
        "limits": [
            {
                "limit": name,
                "needed": needs.at(RECORDS),
                "allowed": allowed,
                "times": needs.at(RECORDS) / allowed,
                "reached_at": None if needs.reached(allowed) == inf else round(needs.reached(allowed)),
            }
            for name, needs, allowed in sorted(limits, key=lambda limit: limit[1].reached(limit[2]))
        ],
    }


def _lambda(name: str) -> Handler:
    return next(handler for handler in HANDLERS if handler.name == name)


def _usd(plan: Stage) -> dict[str, Any]:
    generators = ", ".join(f'{{model: "amazon.nova-lite-v1:0", name: m{n}}}' for n in range(MODELS))
    judges = ", ".join(f'{{model: "amazon.nova-pro-v1:0", name: j{n}}}' for n in range(JUDGES))
    metrics = ", ".join(METRICS)
    text = _SUITE.replace("{generators}", generators).replace("{judges}", judges).replace("{metrics}", metrics)
    suite = load_suite(text.encode(), name="growth", file="suites/growth.yaml")
    characters = round(plan.megabytes * 1e6 / plan.records / 2)
    texts = TextSize(ascii=characters * RECORDS)
    sizes = DatasetSizes(records=RECORDS, with_reference=RECORDS, prompts=texts, references=texts)
    prices = prices_with(None, file="prices.yaml")
    shards = [SHARD_RECORDS] * (RECORDS // SHARD_RECORDS)
    return estimate(suite, sizes, prices, shard_sizes=shards, limits=DEFAULT_LIMITS).usd.to_json()


def document(measured: Sequence[Stage], simulated: dict[str, Any]) -> dict[str, Any]:
    """Everything, as one JSON object."""
    return {"stages": [asdict(stage) for stage in measured], "simulation": simulated}


def shown(measured: Sequence[Stage], simulated: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    yield f"{'stage':10} {'records':>12} {'MB':>8} {'CPU s':>9} {'clock s':>9} {'µs/record':>10} {'memory MB':>10}"
    for one in sorted(measured, key=lambda stage: (list(STAGES).index(stage.stage), stage.records)):
        yield (
            f"{one.stage:10} {one.records:>12,} {one.megabytes:>8,.0f} {one.cpu:>9.3f} {one.clock:>9.3f} "
            f"{one.cpu / one.records * 1e6:>10.1f} {one.memory:>10.1f}"
        )
    inputs = simulated["inputs"]
    days = {name: value / 86_400 for name, value in simulated["bedrock_seconds"].items()}
    usd = simulated["usd"]
    yield ""
    yield f"SIMULATED, not measured: {RECORDS:,} records × {MODELS} models × {JUDGES} judges × {len(METRICS)} metrics"
    if simulated["from_too_little"]:
        small = f"{inputs['measured_records']:,} records are mostly the start of each stage"
        yield f"  FROM TOO LITTLE: {small};"
        yield f"    measure {TELLING_SIZE:,} or more before you believe seconds and memory"
    given = (f"{name.replace('_', ' ')} {round(value, 3):,}" for name, value in inputs.items())
    yield from textwrap.wrap(f"inputs: {', '.join(given)}", 118, initial_indent="  ", subsequent_indent="    ")
    seconds = f"PlanEvaluation {simulated['plan_seconds']:,.0f} s of CPU"
    yield f"  {simulated['jobs']:,} jobs; {seconds}, SummarizeEvaluation {simulated['summary_seconds']:,.0f} s"
    yield f"  on Bedrock {days['expected']:,.0f} days ({days['low']:,.0f} to {days['high']:,.0f})"
    prices = "at the prices of Nova Lite (generators) and Nova Pro (judges)"
    yield f"  models {usd['expected']:,} USD ({usd['low']:,} to {usd['high']:,}), {prices}"
    yield "  what limits it, from the first one on; beyond Gavel's own limits it is the jobs that Bedrock runs at once"
    for limit in simulated["limits"]:
        mark = "broken" if limit["times"] > 1 else "kept  "
        figures = f"{limit['needed']:,.0f} of {limit['allowed']:,.0f} ({limit['times']:.1f} times)"
        reached = "never reached" if limit["reached_at"] is None else f"reached at {limit['reached_at']:,} records"
        yield f"  {mark} {limit['limit']}: {figures}, {reached}"
