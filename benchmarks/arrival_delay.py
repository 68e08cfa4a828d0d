"""How long after a job's output the summary is there, on a twin whose seconds are real ones.

    python -m benchmarks.arrival_delay [--time-scale 1] [--state DIR]

One small job, which takes the seven minutes that a real one was seen to take. Its output is in the bucket some seconds
before Bedrock says Completed, and what is not completed must not be collected; so both times are printed. Exit code 1
when the summary comes later than 10 s after the output was there and the job was completed.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import command
from benchmarks.twin_evaluation import evaluated, own_twin, transitions
from local import twin
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMISED_SECONDS: Final = 10.0


def main() -> int:
    """Measure, and print; the exit code."""
    parser = command.parser("benchmarks.arrival_delay", __doc__)
    parser.add_argument(
        "--time-scale", type=command.positive, default=1.0, help="seconds for one of Bedrock's (default 1)"
    )
    parser.add_argument("--state", type=Path, default=ROOT / ".twin" / "arrival-delay", help="folder of the twin")
    arguments = parser.parse_args()
    with own_twin(arguments.state, time_scale=arguments.time_scale) as (state, outputs):
        moments = _moments(state, outputs, arguments.state / "evaluation-jobs.jsonl")
    output, completed, summary = moments["output"], moments["completed"], moments["summary"]
    print(f"output there → Completed {completed - output:8.1f} s, which is the emulator's")
    print(f"output there → summary   {summary - output:8.1f} s")
    print(f"Completed    → summary   {summary - completed:8.1f} s")
    print(f"transitions              {moments['transitions']:8.0f}")
    return 0 if summary - max(output, completed) <= PROMISED_SECONDS else 1


def _moments(state: Any, outputs: dict[str, str], log: Path) -> dict[str, float]:
    """When what happened, in seconds since 1970, and how many transitions the evaluation took."""
    execution = evaluated(state, outputs)
    written = dict(_written(twin.client("s3", state), outputs["BucketName"]))
    ends = [json.loads(line) for line in log.read_text().splitlines() if '"end"' in line]
    completed = datetime.fromisoformat(ends[-1]["at"]).timestamp()
    return {
        "output": next(at for key, at in written.items() if key.endswith("_output.jsonl")),
        "summary": next(at for key, at in written.items() if key.endswith("/summary.json")),
        "completed": completed,
        "transitions": transitions(twin.client("stepfunctions", state), execution),
    }


def _written(s3: Any, bucket: str) -> Iterator[tuple[str, float]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="evaluations/"):
        for item in page.get("Contents", []):
            yield item["Key"], item["LastModified"].timestamp()


if __name__ == "__main__":
    command.run(main)
