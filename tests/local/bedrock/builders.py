"""Requests, records and scores with everything valid, so that what a test passes in is what matters."""

from __future__ import annotations

import copy
import json
from typing import Any

from local.bedrock.answers import Case
from local.bedrock.job_request import Metric
from local.bedrock.scales import BUILTIN_SCALES, Scale

ACCOUNT = "111122223333"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/evaluator"
JUDGE = "amazon.nova-pro-v1:0"
LIVE = {"models": [{"bedrockModel": {"modelIdentifier": "amazon.nova-lite-v1:0"}}]}
SOURCE = {"models": [{"precomputedInferenceSource": {"inferenceSourceIdentifier": "my-app"}}]}
ALL_METRICS = list(BUILTIN_SCALES)


def create_request(**changes: Any) -> dict[str, Any]:
    """A create request that the service accepts, with members replaced."""
    request: dict[str, Any] = {
        "jobName": "job-1",
        "roleArn": ROLE,
        "evaluationConfig": automated(),
        "inferenceConfig": LIVE,
        "outputDataConfig": {"s3Uri": "s3://results/out/"},
    }
    return copy.deepcopy({**request, **changes})


def automated(
    *,
    metrics: list[str] | None = None,
    judge: str | None = JUDGE,
    task_type: str = "General",
    dataset: str = "s3://data/sets/d.jsonl",
    custom: list[dict[str, Any]] | None = None,
    custom_judge: str = JUDGE,
) -> dict[str, Any]:
    """An evaluationConfig with one dataset."""
    config: dict[str, Any] = {
        "datasetMetricConfigs": [
            {
                "taskType": task_type,
                "dataset": {"name": "Shopping", "datasetLocation": {"s3Uri": dataset}},
                "metricNames": metrics or ["Builtin.Correctness"],
            }
        ]
    }
    if judge:
        config["evaluatorModelConfig"] = evaluators(judge)
    if custom:
        config["customMetricConfig"] = {
            "customMetrics": [{"customMetricDefinition": definition} for definition in custom],
            "evaluatorModelConfig": evaluators(custom_judge),
        }
    return {"automated": config}


def evaluators(judge: str) -> dict[str, Any]:
    return {"bedrockEvaluatorModels": [{"modelIdentifier": judge}]}


def custom_metric(name: str = "politeness", *, scale: list[tuple[str, Any]] | None = None) -> dict[str, Any]:
    """A customMetricDefinition; `scale` holds (definition, number or string)."""
    definition: dict[str, Any] = {"name": name, "instructions": "Is {{prediction}} a polite answer to {{prompt}}?"}
    if scale is not None:
        definition["ratingScale"] = [
            {"definition": label, "value": {"stringValue" if isinstance(value, str) else "floatValue": value}}
            for label, value in scale
        ]
    return definition


def row(**members: Any) -> dict[str, Any]:
    """A dataset row."""
    return {"prompt": "What do 3 pens at 4 dollars cost?", "referenceResponse": "They cost 12 dollars.", **members}


def answered(response: str = "12 dollars.", source: str = "my-app", **members: Any) -> dict[str, Any]:
    """A dataset row that brings its answer."""
    return row(modelResponses=[{"response": response, "modelIdentifier": source}], **members)


def jsonl(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in rows).encode()


def case(
    response: str,
    *,
    metric: str | Scale = "Builtin.Correctness",
    judge: str = JUDGE,
    prompt: str = "What do 3 pens at 4 dollars each cost?",
    reference: str | None = "Three pens cost 12 dollars in total.",
) -> Case:
    scale = metric if isinstance(metric, Scale) else BUILTIN_SCALES[metric]
    return Case(Metric(scale, judge), prompt, response, reference)
