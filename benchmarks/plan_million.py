"""Plans an evaluation of a million records (about 1 GB) and holds it against one Lambda's limits.

    python -m benchmarks.plan_million [--records 1000000] [--folder DIR] [--json]

Every measurement is a process of its own over the same file, one after the other: reading the bytes, a plain loop of
`json.loads`, and the real `plan_evaluation` (all records; a tenth of the file, to see whether memory grows with it; and
a stratified sample). Exit code 1 when a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest import mock

from benchmarks import command
from benchmarks.million_records import write_dataset
from benchmarks.peak_memory import peak_memory
from benchmarks.stand_ins import FolderBucket, HeadTable
from gavel.aws.plan_evaluation import plan_evaluation
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EvaluationStatus
from gavel.planning.limits import most_records
from gavel.planning.spool import Spool
from infra.handler_table import HANDLERS

LAMBDA: Final = next(handler for handler in HANDLERS if handler.name == "plan_evaluation")
# What a plan of `_SUITE` may hold, and a dataset: its records have some bytes less than this on average.
MOST: Final = min(most_records(generators=2, judges=1), DEFAULT_MAX_DATASET_BYTES // 1_100)
LONGEST_SECONDS: Final = 900  # Lambda's own limit
# The index of the whole dataset and the columns that are made of it, with room; a record itself takes ten times that.
BYTES_PER_RECORD: Final = 100
_MB: Final = 1_000_000
EVALUATION: Final = "benchmark-0123456789abcdef"
DATASET: Final = "datasets/benchmark/records.jsonl"
_SUITE: Final = """
version: 1
generators: [{model: "amazon.nova-lite-v1:0"}, {model: "amazon.nova-micro-v1:0"}]
judges: [{model: "amazon.nova-pro-v1:0"}]
metrics: [Correctness]
"""
_SAMPLE: Final = "sample: {size: 10000, method: stratified, minimum_per_category: 500, seed: 7}\n"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Measurement:
    """One process: its name, megabytes read per second, seconds, peak memory and temporary disk in MB (10⁶ bytes)."""

    name: str
    megabytes: float
    seconds: float
    memory: float
    disk: float = 0.0
    records: int = 0
    shards: int = 0
    jobs: int = 0

    @property
    def speed(self) -> float:
        """MB of the dataset per second of the clock."""
        return self.megabytes / self.seconds


def main() -> int:
    """Run the benchmark; the exit code."""
    arguments = _arguments()
    if arguments.task:
        print(json.dumps(_run_task(arguments.task, Path(arguments.folder))))
        return 0
    with tempfile.TemporaryDirectory(prefix="gavel-benchmark-", dir=arguments.folder) as folder:
        measured = _measure(Path(folder), arguments.records)
    broken = _broken_limits(measured)
    if arguments.json:
        print(json.dumps({"measurements": [vars(one) for one in measured], "broken": broken}, indent=2))
    else:
        _show(measured, broken)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = command.parser("benchmarks.plan_million", __doc__)
    parser.add_argument(
        "--records",
        type=command.whole(10_000, MOST),
        default=1_000_000,
        help="records of the dataset (default: %(default)s)",
    )
    parser.add_argument(
        "--folder", type=command.folder, help="where the dataset and the plan are written, and deleted again (5 GB)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(folder: Path, records: int) -> list[Measurement]:
    whole, tenth = folder / "whole", folder / "tenth"
    megabytes = {}
    for place, count in ((whole, records), (tenth, records // 10)):
        dataset = place / DATASET
        dataset.parent.mkdir(parents=True)
        megabytes[place] = write_dataset(dataset, count) / _MB
    return [
        _child(name, task, place, megabytes[place])
        for name, task, place in (
            ("reading the bytes", "bytes", whole),
            ("a loop of json.loads", "json", whole),
            ("PlanEvaluation", "plan", whole),
            ("PlanEvaluation, a tenth of the file", "plan", tenth),
            ("PlanEvaluation, a sample of 10,000", "sample", whole),
        )
    ]


def _child(name: str, task: str, folder: Path, megabytes: float) -> Measurement:
    child = [sys.executable, "-m", "benchmarks.plan_million", "--task", task, "--folder", str(folder)]
    done = subprocess.run(child, stdout=subprocess.PIPE, check=True)
    return Measurement(name=name, megabytes=megabytes, **json.loads(done.stdout))


def _run_task(task: str, folder: Path) -> dict[str, Any]:
    work = {"bytes": _read_bytes, "json": _load_lines, "plan": plan, "sample": _plan_sample}[task]
    begin = time.perf_counter()
    facts = work(folder)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "memory": peak_memory() / _MB, **facts}


def _read_bytes(folder: Path) -> dict[str, Any]:
    with (folder / DATASET).open("rb") as file:
        while file.read(_CHUNK):
            pass
    return {}


def _load_lines(folder: Path) -> dict[str, Any]:
    with (folder / DATASET).open("rb") as file:
        return {"records": sum(1 for line in file if json.loads(line))}


def plan(folder: Path, suite: str = _SUITE) -> dict[str, Any]:
    """Plan an evaluation of the dataset in `folder`; what came of it."""
    spooled: list[int] = []
    close = Spool.close

    def note_and_close(spool: Spool) -> None:
        spooled.append(spool.size)
        close(spool)

    tempfile.tempdir = str(folder)
    keys = EvaluationKeys(EVALUATION)
    head = {
        "evaluation_id": EVALUATION,
        "status": EvaluationStatus.STARTING.value,
        "suite": "benchmark",
        "suite_sha256": "",
        "dataset_key": DATASET,
        "dataset_version": "null",
        "created_at": "2026-01-01T00:00:00.000Z",
    }
    bucket, table = FolderBucket(str(folder)), HeadTable(heads={EVALUATION: head})
    bucket.put(keys.suite, suite.encode(), content_type="application/yaml")
    with mock.patch.object(Spool, "close", note_and_close):
        answer = plan_evaluation(EVALUATION, bucket=bucket, table=table, now=head["created_at"])
    manifest = bucket.read_json(keys.manifest)
    if answer["outcome"] != "PLANNED" or manifest is None:
        raise RuntimeError(f"not planned: {table.notes}")
    return {
        "disk": max(spooled) / _MB,
        "records": manifest["sampling"]["taken"],
        "shards": len(manifest["shard_sizes"]),
        "jobs": answer["jobs"],
    }


def _plan_sample(folder: Path) -> dict[str, Any]:
    return plan(folder, _SUITE + _SAMPLE)


def _broken_limits(measured: list[Measurement]) -> list[str]:
    broken = [
        f"{one.name}: {figure:,.0f} {unit}, and {limit:,.0f} are allowed"
        for one in measured
        for figure, limit, unit in (
            (one.seconds, min(LAMBDA.timeout, LONGEST_SECONDS), "s"),
            (one.memory, LAMBDA.memory * 1024**2 / _MB, "MB of memory"),
            (one.disk, LAMBDA.disk * 1024**2 / _MB, "MB of disk"),
        )
        if figure > limit
    ]
    _, _, whole, tenth, _ = measured
    if (growth := _growth(whole, tenth)) > BYTES_PER_RECORD:
        broken.append(f"memory grows by {growth:,.0f} bytes a record, and {BYTES_PER_RECORD} are allowed")
    return broken


def _growth(whole: Measurement, tenth: Measurement) -> float:
    """Bytes of memory that each further record takes."""
    return (whole.memory - tenth.memory) * _MB / (whole.records - tenth.records)


def _show(measured: list[Measurement], broken: list[str]) -> None:
    read, loop, whole, tenth, _ = measured
    print(f"{whole.records:,} records, {whole.megabytes:,.0f} MB\n")
    print(f"{'':36} {'seconds':>8} {'MB/s':>7} {'× json.loads':>13} {'× bytes':>8} {'memory MB':>10} {'disk MB':>8}")
    for one in measured:
        ratios = f"{one.speed / loop.speed:>13.2f} {one.speed / read.speed:>8.3f}"
        print(f"{one.name:36} {one.seconds:>8.1f} {one.speed:>7.0f} {ratios} {one.memory:>10.0f} {one.disk:>8.0f}")
    print(f"\n{whole.records:,} records → {whole.shards:,} shards, {whole.jobs:,} jobs")
    print(
        f"memory: {_growth(whole, tenth):.0f} bytes for each further record; the file has {_size(whole):,.0f} for each"
    )
    print(f"limits: {LAMBDA.timeout} s, {LAMBDA.memory} MiB of memory, {LAMBDA.disk} MiB of disk")
    for line in broken:
        print(f"BROKEN  {line}")


def _size(whole: Measurement) -> float:
    return whole.megabytes * _MB / whole.records


if __name__ == "__main__":
    command.run(main)
