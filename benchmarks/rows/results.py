"""Results: from Bedrock's result files to score files, figures and the report."""

from __future__ import annotations

from typing import Final

from benchmarks.table.promises import FactWithin, Faster, FlatMemory, LessMemory
from benchmarks.table.row import FLOOR, GAVEL, SCRIPT, Row

ROWS: Final = (
    Row(
        name="aggregation",
        about="a result file of 11 metrics parsed and counted, with exact means and deviations",
        prepare="benchmarks.judged_files:one_file",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_figures:summarize",
            SCRIPT: "benchmarks.contenders.script_figures:summarize",
            FLOOR: "benchmarks.contenders.floor:result_lines",
        },
        sizes=(10_000, 25_000, 50_000),
        quick_sizes=(500, 1_000),
        promises=(Faster(2.8, from_size=50_000), LessMemory(30, from_size=50_000), FlatMemory(from_size=10_000)),
        same=("rows", "scored", "means", "deviations"),
    ),
    Row(
        name="collect",
        about="CollectScores, 1,000 records a job: rows matched to records, Parquet with explanations, tokens counted",
        prepare="benchmarks.judged_files:jobs",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_results:collect",
            SCRIPT: "benchmarks.contenders.script_results:collect",
            FLOOR: "benchmarks.contenders.floor:job_lines",
        },
        sizes=(5_000, 10_000, 20_000),
        quick_sizes=(500, 2_000),
        promises=(LessMemory(10, from_size=20_000), FlatMemory(from_size=5_000)),
        same=("scores", "scored"),
    ),
    Row(
        name="joining",
        about="score files of two generators: every value counted, also by category, and scores paired by record",
        prepare="benchmarks.score_files:score_files",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_scores:join",
            SCRIPT: "benchmarks.contenders.script_scores:join",
        },
        sizes=(10_000,),
        quick_sizes=(1_000,),
        same=("scored", "missing", "means", "pairs"),
    ),
    Row(
        name="report",
        about="score files of two generators to the page, with the figures on it",
        prepare="benchmarks.score_files:score_files",
        contenders={GAVEL: "benchmarks.contenders.gavel_scores:report"},
        sizes=(10_000,),
        quick_sizes=(1_000,),
        promises=(FactWithin("megabytes", 10),),
    ),
)
