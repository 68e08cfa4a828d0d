"""How long after a job's output the summary is there, on a twin whose seconds are real ones.

    python -m benchmarks.arrival_delay [--time-scale 1] [--state DIR]

One small job, which takes the seven minutes that a real one was seen to take. Its output is in the bucket some seconds
before Bedrock says Completed, and what is not completed must not be collected; so both times are printed. Exit code 1
when the summary comes later than 10 s after the output was there and the job was completed.
"""

from __future__ import annotations

import argparse
import json
import time
import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local import deployment, twin
from local.settings import ROOT, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROMISED_SECONDS: Final = 10.0
_PATIENCE_SECONDS: Final = 1800.0
_ENDS: Final = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


def main() -> int:
    """Measure, and print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.arrival_delay", description=__doc__)
    parser.add_argument("--time-scale", type=float, default=1.0, help="seconds for one of Bedrock's (default 1)")
    parser.add_argument("--state", type=Path, default=ROOT / ".twin" / "arrival-delay", help="folder of the twin")
    arguments = parser.parse_args()
    settings = replace(
        Settings.from_environment(), state_dir=arguments.state.resolve(), time_scale=arguments.time_scale
    )
    try:
        state = twin.up(settings)
        outputs = deployment.deploy(state, settings, deployment.progress)
        moments = _moments(state, outputs, settings.state_dir / "evaluation-jobs.jsonl")
    finally:
        twin.down(settings)
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


def evaluated(
    state: Any,
    outputs: dict[str, str],
    *,
    generators: int = 1,
    records: int = 1,
    metrics: Sequence[str] = ("Correctness",),
) -> str:
    """Upload a dataset for so many generators and one judge, and wait for the end; the execution's ARN."""
    s3, bucket = twin.client("s3", state), outputs["BucketName"]
    suite = f"delay-{uuid.uuid4().hex[:8]}"
    named = ", ".join(f"{{model: amazon.nova-lite-v1:0, name: g{number}}}" for number in range(generators))
    text = (
        f"version: 1\ngenerators: [{named}]\njudges: [{{model: 'amazon.nova-pro-v1:0'}}]\n"
        f"metrics: [{', '.join(metrics)}]\nreuse: false\n"
    )
    s3.put_object(Bucket=bucket, Key=f"suites/{suite}.yaml", Body=text.encode())
    lines = b"".join(
        json.dumps({"prompt": f"What is {suite} {number}?", "referenceResponse": "A name."}).encode() + b"\n"
        for number in range(records)
    )
    s3.put_object(Bucket=bucket, Key=f"datasets/{suite}/questions.jsonl", Body=lines)
    return _ended(twin.client("stepfunctions", state), outputs["StateMachineArn"])


def _ended(states: Any, machine: str) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for execution in states.list_executions(stateMachineArn=machine)["executions"]:
            if execution["status"] == "SUCCEEDED":
                return str(execution["executionArn"])
            if execution["status"] in _ENDS:
                raise RuntimeError(f"the execution is {execution['status']}")
        time.sleep(1)
    raise TimeoutError(f"no execution has ended after {_PATIENCE_SECONDS:.0f} s")


def _written(s3: Any, bucket: str) -> Iterator[tuple[str, float]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="evaluations/"):
        for item in page.get("Contents", []):
            yield item["Key"], item["LastModified"].timestamp()


def transitions(states: Any, execution: str) -> int:
    """States entered by the execution and by its Map's children, and attempts that were made again."""
    arns = [execution]
    for run in states.list_map_runs(executionArn=execution)["mapRuns"]:
        pages = states.get_paginator("list_executions").paginate(mapRunArn=run["mapRunArn"])
        arns += [child["executionArn"] for page in pages for child in page["executions"]]
    count = 0
    for arn in arns:
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        kinds = [event["type"] for page in pages for event in page["events"]]
        entered = sum(kind.endswith("StateEntered") for kind in kinds)
        tasks = sum(kind == "TaskStateEntered" for kind in kinds)
        count += entered + max(0, kinds.count("TaskScheduled") - tasks)
    return count


if __name__ == "__main__":
    raise SystemExit(main())
