"""Statistics of many scores: rank correlations and bootstrap intervals."""

from __future__ import annotations

from typing import Final

from benchmarks.table.promises import Faster
from benchmarks.table.row import FLOOR, GAVEL, SCRIPT, Row

ROWS: Final = (
    Row(
        name="spearman",
        about="Spearman's correlation of every pair of 10 models on 11 metrics, beside SciPy pair by pair",
        prepare="benchmarks.model_scores:write",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_statistics:spearman",
            SCRIPT: "benchmarks.contenders.script_statistics:spearman",
            FLOOR: "benchmarks.contenders.floor_arrays:sums",
        },
        sizes=(10_000, 100_000),
        quick_sizes=(1_000,),
        promises=(Faster(15, from_size=100_000),),
        same=("pairs", "sum"),
    ),
    Row(
        name="bootstrap",
        about="the bootstrap interval (10,000 resamples) of a difference of two models on 11 metrics, beside SciPy's",
        prepare="benchmarks.model_scores:write",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_statistics:bootstrap",
            SCRIPT: "benchmarks.contenders.script_statistics:bootstrap",
            FLOOR: "benchmarks.contenders.floor_arrays:sums",
        },
        sizes=(1_000, 10_000),
        quick_sizes=(1_000,),
        promises=(Faster(80, from_size=10_000),),
        same=("intervals",),
    ),
)
