"""Runs an evaluation of 25,000 records × 2 generators × 2 judges to its end on the twin, and holds it to its promises.

    python -m benchmarks.large_evaluation [--records 25000] [--time-scale 0.001] [--state DIR] [--keep] [--json]

Everything is counted where it cannot be coloured: jobs in the log of the Bedrock emulator, scores in the raw result
files. Exit code 1 when a promise is broken.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import command
from benchmarks.large_promises import broken_promises
from benchmarks.large_run import GENERATORS, JUDGES, Measured, Place, run
from benchmarks.raw_results import total
from local import deployment, twin
from local.settings import ROOT, Settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

# A job of 1,000 records and all metrics takes 6 s, so that the work of the machine is what takes the time.
_TIME_SCALE: Final = 0.001
_TITLE: Final = 27


def main() -> int:
    """Run the benchmark; the exit code."""
    arguments = _arguments()
    settings = replace(
        Settings.from_environment(),
        state_dir=arguments.state.resolve(),
        time_scale=arguments.time_scale,
    )
    keep = arguments.keep or twin.running(settings) is not None
    try:
        state = twin.up(settings)
        outputs = deployment.deploy(state, settings, deployment.progress)
        place = Place(state, outputs, settings.state_dir / "evaluation-jobs.jsonl")
        with tempfile.TemporaryDirectory(prefix="gavel-benchmark-") as folder:
            measured = run(place, Path(folder), arguments.records, deployment.progress)
    finally:
        if not keep:
            twin.down(settings)
    broken = broken_promises(measured)
    if arguments.json:
        print(json.dumps({"table": table(measured), "cells": cells(measured), "broken": broken}, indent=2))
    else:
        _show(measured, broken)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = command.parser("benchmarks.large_evaluation", __doc__)
    parser.add_argument("--records", type=command.whole(), default=25_000, help="how many (default 25,000)")
    parser.add_argument(
        "--time-scale",
        type=command.positive,
        default=_TIME_SCALE,
        help=f"seconds for one of Bedrock's (default {_TIME_SCALE})",
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=ROOT / ".twin" / "large-evaluation",
        help="folder of the twin (default .twin/large-evaluation); one that runs there is used",
    )
    parser.add_argument("--keep", action="store_true", help="leave the twin running afterwards")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


def table(measured: Measured) -> dict[str, str]:
    """What was counted, by titles."""
    view, log, limits, raw = measured.view, measured.log, measured.limits, measured.raw
    given = sum(item["n"] for item in view["summaries"])
    missing = sum(item["missing"] for item in view["summaries"])
    counted = sum(sum(values.values()) for values in raw.values.values())
    live = sum(count for (_, kind), count in measured.answers.items() if kind == "live")
    peaks = ", ".join(f"{JUDGES[judge]} {peak}" for judge, peak in sorted(log.judge_peaks.items()))
    size = f"{measured.dataset_bytes / 1e6:,.0f} MB"
    return {
        "evaluation": f"{view['evaluation_id']}: {view['status']}",
        "records": f"{measured.records:,} ({size}) in {measured.shards} shards",
        "jobs": f"{view['jobs']['planned']} planned, {log.starts.total()} started, {log.ends.total()} ended, "
        f"{view['jobs'].get('collected', 0)} collected; started twice: {', '.join(log.twice) or 'none'}",
        "jobs at once, at most": f"{log.peak} (max_concurrent_jobs {limits.max_concurrent_jobs})",
        "at once on a judge, at most": f"{peaks} (max_jobs_per_judge {limits.max_jobs_per_judge})",
        "who answered": f"the models in {live} jobs ({len(GENERATORS)} generators × {measured.shards} shards); "
        f"{measured.answers.total() - live} jobs scored those answers",
        "scores": f"{given:,} given + {missing:,} missing = {given + missing:,}",
        "raw result files": f"{counted:,} given + {raw.empty.total():,} empty in {raw.rows.total():,} rows of "
        f"{raw.files} files, {raw.size / 1e6:,.0f} MB",
        **(_costs(view["estimate"], view.get("counted") or {}) if "estimate" in view else {}),
        "wall time": f"{measured.seconds:,.0f} s from the upload to the end",
        "server of the twin": f"{measured.cpu:,.0f} s of CPU, {measured.memory / 1e6:,.0f} MB at the highest",
    }


def _costs(estimate: Mapping[str, Any], counted: Mapping[str, Any]) -> dict[str, str]:
    lines = {"calls of models": f"estimated {estimate['calls']:,}, counted {counted.get('calls', 0):,}"}
    for title, key, unit in (
        ("tokens read", "input_tokens", ""),
        ("tokens written", "output_tokens", ""),
        ("USD", "usd", "$"),
    ):
        low, expected, high = (f"{unit}{estimate[key][name]:,.0f}" for name in ("low", "expected", "high"))
        lines[title] = f"estimated {expected} ({low} to {high}), counted {unit}{counted.get(key) or 0:,.0f}"
    return lines


def cells(measured: Measured) -> list[dict[str, Any]]:
    """One line for each generator, judge and metric: what the summary says, and beside it the raw result files."""
    summaries = {(item["model"], item["judge"], item["metric"]): item for item in measured.view["summaries"]}
    lines = []
    for (g, j, metric), values in sorted(measured.raw.values.items()):
        item = summaries.get((GENERATORS[g], JUDGES[j], metric))
        if item is None:
            continue
        lines.append(
            {
                "generator": GENERATORS[g],
                "judge": JUDGES[j],
                "metric": metric.removeprefix("Builtin."),
                "n": item["n"],
                "missing": item["missing"],
                "records": item["n"] + item["missing"],
                "sum": _sum(item["values"]),
                "raw_n": sum(values.values()),
                "raw_sum": total(values.items()),
            }
        )
    return lines


def _sum(values: Mapping[str, int]) -> float:
    return total((float(value), count) for value, count in values.items())


def _show(measured: Measured, broken: list[str]) -> None:
    for title, text in table(measured).items():
        print(f"{title:{_TITLE}} {text}")
    print(f"\n{'GENERATOR':9} {'JUDGE':5} {'METRIC':24} {'N':>7} {'MISSING':>8} {'TOTAL':>7} {'SUM':>12}", end="")
    print(f" {'RAW N':>7} {'RAW SUM':>12}")
    for line in cells(measured):
        print(
            f"{line['generator']:9} {line['judge']:5} {line['metric']:24} {line['n']:>7,} {line['missing']:>8,} "
            f"{line['records']:>7,} {line['sum']:>12,.4f} {line['raw_n']:>7,} {line['raw_sum']:>12,.4f}"
        )
    print(f"\n{'STATE':20} {'TIMES':>6} {'MEAN s':>8} {'LONGEST s':>10} {'SUM s':>8}")
    for state in measured.times:
        mean = sum(state.seconds) / len(state.seconds)
        print(
            f"{state.name:20} {len(state.seconds):>6,} {mean:>8.1f} {max(state.seconds):>10.1f} "
            f"{sum(state.seconds):>8.0f}"
        )
    print()
    for line_ in broken:
        print(f"BROKEN  {line_}")
    if not broken:
        print("every promise was kept")


if __name__ == "__main__":
    command.run(main)
