"""What a large evaluation has to keep: each promise that was broken, as a sentence."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

from benchmarks.large_run import GENERATORS, JUDGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.large_run import Measured


def broken_promises(measured: Measured) -> list[str]:
    """Every promise that was not kept."""
    return [
        *_jobs(measured),
        *_slots(measured),
        *_answers(measured),
        *_scores(measured),
        *_categories(measured),
    ]


def _jobs(measured: Measured) -> Iterator[str]:
    """Every job is started once, ends and is collected."""
    view, log, jobs = measured.view, measured.log, measured.jobs
    if view["status"] != "COMPLETED":
        yield f"the evaluation is {view['status']}: {view.get('reason', 'no reason')}"
    counts = (view["jobs"]["planned"], len(log.starts), len(log.ends), view["jobs"].get("collected", 0))
    if counts != (jobs, jobs, jobs, jobs):
        yield f"{jobs} jobs are due, but planned, started, ended and collected are {counts}"
    if log.twice:
        yield f"started twice: {', '.join(log.twice)}"


def _slots(measured: Measured) -> Iterator[str]:
    """No more jobs run at once than there are slots, of all and of each judge."""
    log, limits = measured.log, measured.limits
    peak = max(log.peak, log.whole_peak)
    if peak > limits.max_concurrent_jobs:
        yield f"{peak} jobs ran at once, more than {limits.max_concurrent_jobs}"
    for judge, peak in sorted(log.judge_peaks.items()):
        if peak > limits.max_jobs_per_judge:
            yield f"{peak} jobs ran at once on {JUDGES[judge]}, more than {limits.max_jobs_per_judge}"


def _answers(measured: Measured) -> Iterator[str]:
    """Each generator answers once for each shard, whatever the number of judges."""
    for place, name in enumerate(GENERATORS):
        asked, brought = measured.answers[place, "live"], measured.answers[place, "brought"]
        if (asked, brought) != (measured.shards, measured.shards * (len(JUDGES) - 1)):
            yield f"{name} answered in {asked} jobs for {measured.shards} shards, and {brought} scored its answers"


def _scores(measured: Measured) -> Iterator[str]:
    """Scored and missing are all records, and each value was given as often as the raw result files say."""
    raw = measured.raw
    if raw.files != measured.jobs:
        yield f"there are {raw.files} raw result files for {measured.jobs} jobs"
    summaries = {(item["model"], item["judge"], item["metric"]): item for item in measured.view["summaries"]}
    for (g, generator), (j, judge), metric in product(
        enumerate(GENERATORS), enumerate(JUDGES), measured.view["metrics"]
    ):
        where = f"{generator}, {judge}, {metric}"
        item = summaries.get((generator, judge, metric))
        if item is None:
            yield f"{where}: there is no summary"
            continue
        if item["n"] + item["missing"] != measured.records:
            yield f"{where}: {item['n']} scored and {item['missing']} missing are not {measured.records} records"
        counted = {repr(float(value)): count for value, count in raw.values.get((g, j, metric), {}).items()}
        if item["values"] != counted or item["n"] != sum(counted.values()):
            yield f"{where}: {item['n']} scores {item['values']}, but the raw result files hold {counted}"


def _categories(measured: Measured) -> Iterator[str]:
    """The categories of a generator, judge and metric add up to all its records that have one."""
    named = sum(measured.categories.values())
    sums: Counter[str] = Counter()
    for item in measured.summary:
        if item["category"] is not None:
            sums[f"{item['model']}, {item['judge']}, {item['metric']}"] += item["n"] + item["missing"]
    for cell, count in sums.items():
        if count != named:
            yield f"{cell}: the categories add up to {count} instead of {named} records"
