"""One evaluation on a twin of a benchmark's own: its start, its end, and what it entered on its way."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from local import deployment, twin
from local.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PATIENCE_SECONDS: Final = 1800.0
_ENDS: Final = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


@contextmanager
def own_twin(folder: Path, *, time_scale: float) -> Iterator[tuple[Any, dict[str, str]]]:
    """A twin in `folder` with Gavel on it: its state, and the outputs of the stack. It ends with the block."""
    settings = replace(Settings.from_environment(), state_dir=folder.resolve(), time_scale=time_scale)
    try:
        state = twin.up(settings)
        yield state, deployment.deploy(state, settings, deployment.progress)
    finally:
        twin.down(settings)


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
