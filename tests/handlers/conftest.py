"""The same deployment in memory as for the steps, and the environment of a Lambda."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from gavel.names.deployed import Variable
from gavel.names.statuses import EvaluationStatus
from tests.aws.conftest import stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Stage

__all__ = ["stage"]

KEY = "datasets/default/questions.jsonl"
SCHEDULE = {"expression": "cron(0 6 ? * MON-FRI *)", "timezone": "Europe/Berlin", "dataset": KEY}
_DATA_PATHS = r"/evaluations/[^/]+/records|/comparisons|/estimates|/datasets/validate"


@dataclass
class Context:
    """What a handler reads of Lambda's context."""

    aws_request_id: str = "request-1"
    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"


@pytest.fixture
def lambda_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The variables that `infra` gives to a Lambda."""
    monkeypatch.setenv(Variable.BUCKET, stage.settings.bucket)
    monkeypatch.setenv(Variable.TABLE, stage.settings.table)
    monkeypatch.setenv(Variable.EVENT_BUS, stage.settings.event_bus)
    monkeypatch.setenv(Variable.STATE_MACHINE_ARN, stage.settings.state_machine_arn)
    monkeypatch.setenv(Variable.BEDROCK_ROLE_ARN, stage.settings.bedrock_role_arn)
    monkeypatch.setenv(Variable.MAX_CONCURRENT_JOBS, stage.settings.max_concurrent_jobs)
    monkeypatch.setenv(Variable.MAX_JOBS_PER_JUDGE, stage.settings.max_jobs_per_judge)
    monkeypatch.setenv(Variable.MAX_DATASET_BYTES, stage.settings.max_dataset_bytes)
    monkeypatch.setenv(Variable.MODEL_KINDS, stage.settings.model_kinds)
    monkeypatch.setenv(Variable.REGION, stage.settings.region)
    monkeypatch.setenv(Variable.ACCOUNT, stage.settings.account)
    monkeypatch.setenv(Variable.KEEP_BEDROCK_JOBS_DAYS, stage.settings.keep_bedrock_jobs_days)
    monkeypatch.setenv(Variable.CATALOG_DATABASE, stage.settings.catalog_database)
    monkeypatch.setenv(Variable.CATALOG_TABLE, stage.settings.catalog_table)
    monkeypatch.setenv(Variable.SCHEDULE_GROUP, stage.settings.schedule_group)
    monkeypatch.setenv(Variable.SCHEDULE_TARGET_ARN, stage.settings.schedule_target_arn)
    monkeypatch.setenv(Variable.SCHEDULE_ROLE_ARN, stage.settings.schedule_role_arn)
    monkeypatch.setenv(Variable.DEAD_LETTERS_ARN, stage.settings.dead_letters_arn)
    monkeypatch.setenv(Variable.TOPIC_ARN, stage.settings.topic_arn)
    monkeypatch.setenv(Variable.ARRIVALS_URL, stage.queue_url)
    monkeypatch.setenv(Variable.SCORE_METRICS, stage.settings.score_metrics)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "gavel")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Gavel")
    return stage


@pytest.fixture
def call(lambda_environment: Stage) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Send a request as API Gateway's payload format 2.0 has it; the answer is status and body."""
    api = importlib.reload(importlib.import_module("handlers.api"))
    data_api = importlib.reload(importlib.import_module("handlers.data_api"))

    def send(
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": headers or {},
            "queryStringParameters": query or {},
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        lambda_ = data_api if re.fullmatch(_DATA_PATHS, path) else api
        answer = lambda_.handler(event, Context())
        return answer["statusCode"], json.loads(answer["body"] or "null")

    return send


def scored(stage: Stage, number: str = "a") -> str:
    """An evaluation of the suite `mine` that has ended with scores."""
    evaluation = f"mine-{number * 16}"
    table = stage.table
    table.create_head(evaluation, {"suite": "mine"}, now="2026-01-02T00:00:00.000Z")
    table.advance(evaluation, EvaluationStatus.COMPLETED, now="2026-01-02T00:00:00.000Z", facts={"coverage": 1.0})
    return evaluation
