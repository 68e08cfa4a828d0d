"""Evaluations at a chosen stage of their life."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gavel.aws.plan_evaluation import plan_evaluation
from gavel.aws.start_evaluation import Start, start_evaluation
from gavel.names import object_keys
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


def record(number: int, **fields: Any) -> dict[str, Any]:
    """A valid record."""
    return {"prompt": f"What is {number} + {number}?", "referenceResponse": str(2 * number), **fields}


def start(
    stage: Stage,
    *records: dict[str, Any],
    suite: str | None = None,
    now: str = NOW,
    name: str = "mine",
    candidate_for: str | None = None,
) -> str:
    """An evaluation that was started for these records and not planned yet; `name` is its suite's, where it has one."""
    if suite is None:
        name = "default"
    else:
        stage.bucket.put(object_keys.suite_key(name), suite.encode(), content_type="application/yaml")
    key = object_keys.dataset_key(name, "questions.jsonl")
    version = stage.upload(key, *records, candidate_for=candidate_for)
    begin = Start(dataset_key=key, dataset_version=version, suite=name, started_by="upload")
    return start_evaluation(
        begin, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=now
    ).evaluation_id


def plan(stage: Stage, evaluation: str) -> dict[str, Any]:
    """The answer of PlanEvaluation."""
    return plan_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)


def planned(stage: Stage, *records: dict[str, Any], suite: str | None = None) -> tuple[str, list[dict[str, Any]]]:
    """A planned evaluation and the lines of its plan."""
    evaluation = start(stage, *records, suite=suite)
    assert plan(stage, evaluation)["outcome"] == "PLANNED"
    return evaluation, jobs(stage, evaluation)


def jobs(stage: Stage, evaluation: str) -> list[dict[str, Any]]:
    """The lines of the plan."""
    data = stage.bucket.read(object_keys.EvaluationKeys(evaluation).jobs) or b""
    return [json.loads(line) for line in data.split(b"\n") if line]


def shard(stage: Stage, line: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of a job's dataset."""
    data = stage.bucket.read(line["shard_key"]) or b""
    return [json.loads(row) for row in data.split(b"\n") if row]
