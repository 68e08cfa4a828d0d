"""The same deployment in memory as for the steps, and the environment of a Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gavel.names.deployed import Variable
from tests.aws.conftest import stage

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

__all__ = ["stage"]


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
