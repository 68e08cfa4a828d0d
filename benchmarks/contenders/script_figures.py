"""The usual script over a result file: all of it in memory, `json.loads`, a list of values for each metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.judged_files import FAILURE, RESULTS

if TYPE_CHECKING:
    from pathlib import Path


def summarize(folder: Path, size: int) -> dict[str, Any]:
    """Read the file, parse each line, keep the values of each metric, compute."""
    metrics: dict[str, list[float]] = {}
    rows = 0
    content = (folder / RESULTS).read_bytes().decode("utf-8")
    for line in content.strip().split("\n"):
        if line:
            rows += 1
            for score in json.loads(line)["automatedEvaluationResult"]["scores"]:
                if score.get("result") is not None and score["evaluatorDetails"][0]["explanation"] != FAILURE:
                    metrics.setdefault(score["metricName"], []).append(score["result"])
    return {
        "rows": rows,
        "scored": {metric: len(metrics[metric]) for metric in sorted(metrics)},
        "means": {metric: f"{np.mean(metrics[metric]):.9f}" for metric in sorted(metrics)},
        "deviations": {metric: f"{np.std(metrics[metric], ddof=1):.9f}" for metric in sorted(metrics)},
    }
