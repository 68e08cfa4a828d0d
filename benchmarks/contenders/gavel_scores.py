"""Gavel's own way from score files to figures and to the report, as SummarizeEvaluation goes it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from benchmarks.score_files import GENERATORS, JUDGE
from gavel.aws.score_files import Joined, take_file
from gavel.metrics import BUILTIN_METRICS
from gavel.report import ReportData, ReportHead, render_report
from gavel.report.selection import select_records
from gavel.report.text_budget import room
from gavel.results.parquet import read_scores
from gavel.statistics.comparison import compare
from gavel.statistics.pairs import count_pairs, levels_of

if TYPE_CHECKING:
    from pathlib import Path


def join(folder: Path, size: int) -> dict[str, Any]:
    """Count every value, and join the generators' scores by record."""
    joined = _joined(folder)
    whole = [one for one in joined.counts.summaries() if one.category is None]
    pairs = 0
    for judge, metric in joined.scores.keys:
        column = joined.scores.column(judge, metric)
        scale = column.scale()
        levels = [levels_of(column.aligned(name, joined.scores.size), scale) for name in GENERATORS]
        pairs += sum(count_pairs(a, b, scale)[0].n for a, b in combinations(levels, 2))
    return {
        "scored": sum(one.n for one in whole),
        "missing": sum(one.missing for one in whole),
        "means": sorted(f"{one.mean:.9f}" for one in whole),
        "pairs": pairs,
    }


def report(folder: Path, size: int) -> dict[str, Any]:
    """The page, out of the score files: which records have room, their texts, and the HTML.

    The summaries and comparisons on it are SummarizeEvaluation's own work and are made before.
    """
    joined = _joined(folder)
    files = sorted(folder.glob("*.parquet"))
    most, longest = room(files, records=size)
    records = select_records(joined.scores, generators=GENERATORS, most=most)
    page = render_report(
        ReportData(
            head=_head(size),
            summaries=joined.counts.summaries(),
            comparisons=compare(joined.scores, generators=GENERATORS, by_category=True),
            scores=read_scores(files, records=records),
            longest=longest,
        )
    ).encode()
    (folder / "report.html").write_bytes(page)
    return {"megabytes": len(page) / 1e6, "records": len(records)}


def _joined(folder: Path) -> Joined:
    joined = Joined()
    for shard, path in enumerate(sorted(folder.glob("*.parquet"))):
        take_file(path, joined, shard=shard)
    return joined


def _head(records: int) -> ReportHead:
    return ReportHead(
        evaluation_id="benchmark-0123456789abcdef",
        suite="benchmark",
        dataset="datasets/benchmark/records.jsonl",
        dataset_sha256="5a" * 32,
        records=records,
        generators=GENERATORS,
        judges=(JUDGE,),
        metrics=[metric.name for metric in BUILTIN_METRICS],
        started_at="2026-03-04T09:12:00Z",
        ended_at="2026-03-04T10:03:30Z",
        jobs=2,
        failed_jobs=0,
        reused_jobs=0,
        scores_at="s3://bucket/evaluations/benchmark/scores/",
        version="0",
    )
