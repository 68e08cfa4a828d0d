"""The usual script over Bedrock's result files: all in memory, `json.loads`, a flat table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from benchmarks.judged_files import FAILURE, NUMBERS, RESULTS, SHARD

if TYPE_CHECKING:
    from pathlib import Path


def collect(folder: Path, size: int) -> dict[str, Any]:
    """Join each job's rows to its records by the prompt, and write a flat table of scores as Parquet, all at the end.

    The table goes to DuckDB as columns, as Gavel's does; what both encode is the same.
    """
    columns: dict[str, list[Any]] = {}
    scored = 0
    for job in sorted(folder.glob("job-*")):
        numbers = json.loads((job / NUMBERS).read_text(encoding="utf-8"))
        lines = (job / SHARD).read_text(encoding="utf-8").strip().split("\n")
        records = {json.loads(line)["prompt"]: number for number, line in zip(numbers, lines, strict=True)}
        content = (job / RESULTS).read_bytes().decode("utf-8")
        for row in [json.loads(line) for line in content.strip().split("\n")]:
            asked, answer = row["inputRecord"], row["modelResponses"][0]
            for score in row["automatedEvaluationResult"]["scores"]:
                explanation = score["evaluatorDetails"][0]["explanation"]
                value = None if explanation == FAILURE else score.get("result")
                scored += value is not None
                fields = {
                    "record": records[asked["prompt"]],
                    "category": asked.get("category"),
                    "generator": "lite",
                    "metric": score["metricName"],
                    "value": np.nan if value is None else value,
                    "explanation": explanation,
                    "prompt": asked["prompt"],
                    "reference": asked["referenceResponse"],
                    "response": answer["response"],
                }
                for name, field in fields.items():
                    columns.setdefault(name, []).append(field)
    numeric = {"record": np.int64, "value": np.float64}
    table = {name: np.array(column, dtype=numeric.get(name, object)) for name, column in columns.items()}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("scores", table)
        out = folder / "script.parquet"
        connection.execute(
            "COPY (SELECT * FROM scores ORDER BY record, metric) TO $path (FORMAT parquet, COMPRESSION zstd)",
            {"path": str(out)},
        )
    return {"scores": len(columns["record"]), "scored": scored}
