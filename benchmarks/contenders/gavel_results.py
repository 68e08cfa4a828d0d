"""Gavel's own way from Bedrock's result files to score files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from benchmarks.judged_files import NUMBERS, RESULTS, SHARD
from gavel.metrics import BUILTIN_METRICS
from gavel.planning.shards import shard_records
from gavel.pricing.counted import JobCount
from gavel.pricing.judge_calls import judge_calls
from gavel.problems import Problems
from gavel.results.matching import match_rows
from gavel.results.parquet import write_scores
from gavel.results.rows import read_results
from gavel.results.scores import score_rows
from gavel.suites.suite import default_suite

if TYPE_CHECKING:
    from pathlib import Path

_CALLS: Final = judge_calls(replace(default_suite(), metrics=tuple(metric.name for metric in BUILTIN_METRICS)))


def collect(folder: Path, size: int) -> dict[str, Any]:
    """What CollectScores does with each job's files: match, write Parquet with explanations, count tokens."""
    scored = missing = 0
    tokens = 0.0
    for job in sorted(folder.glob("job-*")):
        some = write_job_scores(job, job / "gavel.parquet", generator="lite", judge="pro")
        scored, missing, tokens = scored + some[0], missing + some[1], tokens + some[2]
    return {"scores": scored + missing, "scored": scored, "tokens": round(tokens)}


def write_job_scores(job: Path, path: Path, *, generator: str, judge: str) -> tuple[int, int, float]:
    """Write the score file of one job: how many are scored and missing, and tokens of the judge."""
    records = list(shard_records((job / SHARD).read_bytes(), (job / NUMBERS).read_bytes()))
    with (job / RESULTS).open("rb") as file:
        matching = match_rows(records, read_results(file, file=RESULTS, problems=Problems()))
    rows = list(
        score_rows(records, matching, generator=generator, judges={metric.name: judge for metric in BUILTIN_METRICS})
    )
    write_scores(path, rows)
    count = JobCount(_CALLS, dict.fromkeys(_CALLS, 0), answers=True)
    for _, row in matching.rows:
        count.add(row)
    missing = sum(row.missing for row in rows)
    return len(rows) - missing, missing, count.judges[0].input_tokens + count.judges[0].output_tokens
