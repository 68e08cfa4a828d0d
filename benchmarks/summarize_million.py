"""Summarises an evaluation of a million records (2,000 jobs, 22 million scores) and holds it to one Lambda's limits.

    python -m benchmarks.summarize_million [--records 1000000] [--generators 2] [--baseline] [--folder DIR] [--json]

The score files are what CollectScores leaves, with texts that compress as those of models do; each job's file has the
texts of the first one. They are copied from a folder: what S3 would take for as many files is told beside it, and
counted in full, at `FETCH_SECONDS` each and as many at once as Gavel fetches. The table is a dictionary. Time is the
processor's, which others may use too. A process before summarises a tenth of the records, to see what grows. Exit code
1 when a limit is broken.

With `--baseline` the suite has a baseline of as many jobs with the same records and scores: its files are links, its
texts are read to find which record is which, and its scores are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import duckdb

from benchmarks import command
from benchmarks.peak_memory import peak_memory
from benchmarks.plan_million import DATASET, EVALUATION, plan
from benchmarks.stand_ins import FolderBucket, HeadTable
from gavel.aws import summarize_evaluation as step
from gavel.aws.score_copies import WORKERS
from gavel.aws.score_files import planned_jobs
from gavel.aws.suite_history import BaselineItem, SetBy
from gavel.metrics import BUILTIN_METRICS
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EvaluationStatus, JobStatus
from gavel.names.table_keys import FLAGGED
from gavel.planning.limits import MAX_JOBS, most_records
from gavel.planning.manifest import Manifest
from gavel.planning.plan import SHARD_RECORDS
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow
from infra.handler_table import HANDLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

LAMBDA: Final = next(handler for handler in HANDLERS if handler.name == "summarize_evaluation")
FETCH_SECONDS: Final = 0.04  # one GET of some megabytes from the same Region, on the safe side
_CATEGORIES: Final = ("billing", "delivery", "returns", "legal", None)
_WORDS: Final = 4_000  # of a vocabulary in which the n-th word is 1/n as frequent as the first
BASELINE: Final = "benchmark-fedcba9876543210"
_MB: Final = 1_000_000
_SUITE: Final = """
version: 1
generators: [{generators}]
judges: [{{model: "amazon.nova-pro-v1:0", name: pro}}]
"""


@dataclass(frozen=True)
class Measurement:
    """One process: records, jobs, CPU and clock seconds, peak memory, and most bytes on the disk, both in MB (10⁶)."""

    records: int
    jobs: int
    cpu: float
    clock: float
    memory: float
    disk: float
    files: float
    baseline_jobs: int = 0


@dataclass(frozen=True)
class CollectedTable(HeadTable):
    """A table in which every job has been collected."""

    job_ids: tuple[str, ...] = ()

    def jobs(self, evaluation: str, *, flagged: bool = False) -> Iterator[dict[str, Any]]:  # noqa: ARG002 - none is
        """What the table knows of each job."""
        return ({"job_id": job, "status": JobStatus.COLLECTED.value, FLAGGED: {}} for job in self.job_ids)

    def advance(self, evaluation: str, status: Any, *, now: str, facts: Any = None) -> bool:
        """Set the status, and keep the facts in the head."""
        self.heads[evaluation] |= json.loads(json.dumps(facts or {}))
        return super().advance(evaluation, status, now=now, facts=facts)

    def put_results(self, evaluation: str, prefix: str, results: Any) -> None:  # noqa: ARG002 - there is one
        """Make them, and keep none."""
        deque(results, maxlen=0)


class _NoHistory:
    """A suite's history before its first evaluation."""

    def __init__(self, *_of: object) -> None:
        pass

    def baseline(self) -> BaselineItem | None:
        """There is none."""
        return None

    def before(self, *_of: object) -> list[Any]:
        """There is none."""
        return []

    of = before

    def note(self, *_facts: object) -> None:
        """Nothing is kept."""


class _OnlyBaseline(_NoHistory):
    """A history of which only the baseline is known."""

    def baseline(self) -> BaselineItem | None:
        """The evaluation that `add_baseline` made."""
        return BaselineItem(BASELINE, "2026-01-01T00:00:00Z", SetBy.HAND, "2026-01-01T00:00:00Z")


def main() -> int:
    """Run the benchmark; the exit code."""
    arguments = _arguments()
    if arguments.task:
        print(json.dumps(vars(summarize(Path(arguments.task)))))
        return 0
    measured = []
    for records in (arguments.records // 10, arguments.records):
        with tempfile.TemporaryDirectory(prefix="gavel-benchmark-", dir=arguments.folder) as folder:
            prepare(Path(folder), records, arguments.generators)
            if arguments.baseline:
                add_baseline(Path(folder))
            child = [sys.executable, "-m", "benchmarks.summarize_million", "--task", folder]
            done = subprocess.run(child, stdout=subprocess.PIPE, check=True)
        measured.append(Measurement(**json.loads(done.stdout)))
    broken = _broken_limits(measured)
    if arguments.json:
        print(json.dumps({"measurements": [vars(one) for one in measured], "broken": broken}, indent=2))
    else:
        _show(measured, broken)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = command.parser("benchmarks.summarize_million", __doc__)
    parser.add_argument(
        "--records", type=command.whole(10_000), default=1_000_000, help="records of the dataset (default: %(default)s)"
    )
    parser.add_argument(
        "--generators", type=command.whole(), default=2, help="generators of the suite (default: %(default)s)"
    )
    parser.add_argument("--baseline", action="store_true", help="compare with a baseline of as many jobs")
    parser.add_argument(
        "--folder", type=command.folder, help="where files are written, and deleted again (3 MB for each job)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    most = most_records(generators=arguments.generators, judges=1)
    if arguments.records > most:
        parser.error(f"{arguments.generators:,} generators may be evaluated on {most:,} records at most")
    return arguments


def prepare(folder: Path, records: int, generators: int) -> None:
    """Plan the evaluation, and write a score file for each of its jobs."""
    dataset = folder / DATASET
    dataset.parent.mkdir(parents=True)
    with dataset.open("w", encoding="utf-8") as file:
        file.writelines(
            f'{{"prompt": "Question {number}", "category": "{_CATEGORIES[number % 4]}"}}\n' for number in range(records)
        )
    names = ", ".join(f'{{model: "amazon.nova-lite-v1:0", name: m{number}}}' for number in range(generators))
    plan(folder, _SUITE.format(generators=names))
    tempfile.tempdir = None  # as it was
    template = folder / "template.parquet"
    write_scores(template, _rows())
    keys, manifest = EvaluationKeys(EVALUATION), _manifest(folder)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.read_parquet(str(template)).create("template")
        for job in planned_jobs(FolderBucket(str(folder)), keys, manifest.suite):
            path = folder / keys.scores(job.job_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            first, name = job.shard * SHARD_RECORDS, manifest.suite.generators[job.generator].name
            shifted = connection.table("template").filter(f"record <= {job.records}")
            shifted = shifted.project(f"* REPLACE (record + {first} AS record, '{name}' AS generator)")
            shifted.write_parquet(str(path), compression="zstd")


def add_baseline(folder: Path) -> None:
    """Let what was prepared be the baseline too: the same plan and score files under another id, as links."""
    own, other = (folder / EvaluationKeys(one).prefix for one in (EVALUATION, BASELINE))
    for path in own.rglob("*"):
        link = other / path.relative_to(own)
        if path.is_file():
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, link)
    manifest = other / "manifest.json"
    data = json.loads(manifest.read_bytes()) | {"evaluation_id": BASELINE}
    manifest.unlink()  # the link
    manifest.write_text(json.dumps(data), encoding="utf-8")


def _rows() -> Iterator[ScoreRow]:
    """The scores of a thousand records."""
    dice = random.Random(1)  # noqa: S311 - a benchmark's data
    vocabulary = ["".join(dice.choices("abcdefghijklmnoprstuvwy", k=dice.randint(2, 9))) for _ in range(_WORDS)]
    frequency = [1 / place for place in range(1, _WORDS + 1)]

    def text(words: int) -> str:
        return " ".join(dice.choices(vocabulary, frequency, k=words))

    for record in range(1, SHARD_RECORDS + 1):
        prompt, reference, response = text(60), text(60), text(150)
        for metric in BUILTIN_METRICS:
            value = round(dice.randrange(metric.levels) / (metric.levels - 1), 4)
            missing = dice.randrange(50) == 0
            yield ScoreRow(
                record,
                _CATEGORIES[record % 4],
                "m0",
                "pro",
                metric.name,
                None if missing else value,
                missing=missing,
                reason="the result is null" if missing else "",
                explanation=text(80),
                response=response,
                stop_reason="END_TURN",
                prompt=prompt,
                reference=reference,
            )


def _manifest(folder: Path) -> Manifest:
    return Manifest.from_json(FolderBucket(str(folder)).read_json(EvaluationKeys(EVALUATION).manifest) or {})


def summarize(folder: Path) -> Measurement:
    """Do what SummarizeEvaluation does, over what was prepared."""
    bucket, keys = FolderBucket(str(folder)), EvaluationKeys(EVALUATION)
    manifest = _manifest(folder)
    jobs = tuple(job.job_id for job in planned_jobs(bucket, keys, manifest.suite))
    head = {"evaluation_id": EVALUATION, "status": EvaluationStatus.RUNNING.value, "created_at": manifest.created_at}
    compares = (folder / EvaluationKeys(BASELINE).manifest).exists()
    heads: dict[str, dict[str, Any]] = {
        EVALUATION: head,
        BASELINE: {**head, "evaluation_id": BASELINE, "coverage": 1.0},
    }
    table = CollectedTable(heads=heads, job_ids=jobs)
    disk = folder / "disk"
    disk.mkdir(exist_ok=True)
    tempfile.tempdir = str(disk)
    history = _OnlyBaseline if compares else _NoHistory
    with mock.patch.object(step, "SuiteHistory", history), _Watch(disk) as watch:
        cpu, clock = time.process_time(), time.perf_counter()
        answer = step.summarize_evaluation(EVALUATION, bucket=bucket, table=table, now=manifest.created_at)
        cpu, clock = time.process_time() - cpu - watch.cpu, time.perf_counter() - clock
    if answer["outcome"] != "SCORED":
        raise RuntimeError(f"not summarised: {answer}")
    size = sum((folder / keys.scores(job)).stat().st_size for job in jobs)
    summary = json.loads((folder / keys.summary).read_bytes())
    if compares != isinstance(summary["baseline"], dict):
        raise RuntimeError(f"the baseline is {summary['baseline']}")
    memory = peak_memory() / _MB
    others = len(jobs) if compares else 0
    return Measurement(manifest.records, len(jobs), cpu, clock, memory, watch.most / _MB, size / _MB, others)


def _most_jobs(fewer: Measurement, more: Measurement) -> float:
    """How many jobs the Lambda's time would do for, on the straight line through both measurements."""
    each = (more.cpu + _fetching(more) - fewer.cpu - _fetching(fewer)) / (more.jobs - fewer.jobs)
    return more.jobs + (LAMBDA.timeout - more.cpu - _fetching(more)) / each


class _Watch:
    """The most bytes that a folder held, looked at twice a second, and the CPU seconds that looking took so far."""

    def __init__(self, folder: Path) -> None:
        self.most = 0
        self.cpu = 0.0
        self._folder = folder
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            sizes = 0
            for path in self._folder.rglob("*"):
                try:
                    sizes += path.stat().st_size
                except FileNotFoundError:  # deleted meanwhile
                    continue
            self.most = max(self.most, sizes)
            self.cpu = time.thread_time()


def _broken_limits(measured: list[Measurement]) -> list[str]:
    return [
        f"{one.records:,} records: {figure:,.0f} {unit}, and {limit:,.0f} are allowed"
        for one in measured
        for figure, limit, unit in (
            (one.cpu + _fetching(one), LAMBDA.timeout, "s"),
            (one.memory, LAMBDA.memory * 1024**2 / _MB, "MB of memory"),
            (one.disk, LAMBDA.disk * 1024**2 / _MB, "MB of disk"),
        )
        if figure > limit
    ]


def _fetching(measured: Measurement) -> float:
    """Seconds that S3 would take, where files of the baseline may be fetched twice."""
    return (measured.jobs + 2 * measured.baseline_jobs) * FETCH_SECONDS / WORKERS


def _show(measured: list[Measurement], broken: list[str]) -> None:
    print(f"{'records':>10} {'jobs':>7} {'files MB':>9} {'CPU s':>8} {'clock s':>8} {'memory MB':>10} {'disk MB':>8}")
    for one in measured:
        print(
            f"{one.records:>10,} {one.jobs:>7,} {one.files:>9,.0f} {one.cpu:>8.1f} {one.clock:>8.1f} "
            f"{one.memory:>10,.0f} {one.disk:>8,.0f}"
        )
    last = measured[-1]
    print(f"S3 would add {_fetching(last):,.0f} s at most for {last.jobs:,} jobs, {WORKERS} files at once")
    print(f"jobs for which the time would do: {_most_jobs(*measured):,.0f}; a plan has {MAX_JOBS:,} at most")
    print(f"limits: {LAMBDA.timeout} s, {LAMBDA.memory} MiB of memory, {LAMBDA.disk} MiB of disk")
    for line in broken:
        print(f"BROKEN  {line}")


if __name__ == "__main__":
    command.run(main)
