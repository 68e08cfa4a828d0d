"""Datasets: validation, and the way from an upload to shards."""

from __future__ import annotations

from typing import Final

from benchmarks.table.promises import Faster, LessMemory, MemoryWithin, NearFloor
from benchmarks.table.row import FLOOR, GAVEL, SCRIPT, Row

_VALIDATORS: Final = {
    GAVEL: "benchmarks.contenders.gavel_datasets:validate",
    SCRIPT: "benchmarks.contenders.script_datasets:validate",
    "streamed script": "benchmarks.contenders.script_datasets:validate_streamed",
    FLOOR: "benchmarks.contenders.floor:newlines",
}
_SIZES: Final = (10_000, 100_000, 400_000)
_QUICK: Final = (1_000, 5_000)
# Below, the fixed costs of a start are a part of what is compared.
_FROM: Final = 100_000
_SAME: Final = ("records", "bad_lines", "which")

ROWS: Final = (
    Row(
        name="validate-plain",
        about="every rule over a dataset of plain text",
        prepare="benchmarks.dataset_files:plain",
        contenders=_VALIDATORS,
        sizes=_SIZES,
        quick_sizes=_QUICK,
        promises=(
            Faster(1.8, from_size=_FROM),
            NearFloor(0.1, from_size=_FROM),
            MemoryWithin(12),
        ),
        same=_SAME,
    ),
    Row(
        name="validate-mixed",
        about="the same over UTF-8 in which most records have words of other scripts",
        prepare="benchmarks.dataset_files:mixed",
        contenders=_VALIDATORS,
        sizes=_SIZES,
        quick_sizes=_QUICK,
        promises=(Faster(1.5, from_size=_FROM), MemoryWithin(12)),
        same=_SAME,
    ),
    Row(
        name="validate-escaped",
        about=r"the same over multilingual text, half of its lines as \uXXXX",
        prepare="benchmarks.dataset_files:escaped",
        contenders=_VALIDATORS,
        sizes=_SIZES,
        quick_sizes=_QUICK,
        promises=(Faster(1.4, from_size=_FROM), MemoryWithin(12)),
        same=_SAME,
    ),
    Row(
        name="validate-bad",
        about="the same over plain text with one bad line in a hundred, every problem of which is told",
        prepare="benchmarks.dataset_files:bad",
        contenders=_VALIDATORS,
        sizes=_SIZES,
        quick_sizes=_QUICK,
        promises=(Faster(1.4, from_size=_FROM), MemoryWithin(12)),
        same=_SAME,
    ),
    Row(
        name="intake",
        about="PlanEvaluation: validate, stratify, cut into shards and write them",
        prepare="benchmarks.dataset_files:plain",
        contenders={
            GAVEL: "benchmarks.contenders.gavel_intake:intake",
            SCRIPT: "benchmarks.contenders.script_datasets:intake",
            FLOOR: "benchmarks.contenders.floor:newlines",
        },
        sizes=_SIZES,
        quick_sizes=_QUICK,
        promises=(Faster(2, from_size=_FROM), LessMemory(30, from_size=400_000)),
        same=("records", "shards"),
    ),
)
