"""The schedules hold every call against the role of its Lambda."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra.handler_table import HANDLERS
from tests.schedules import roles, schedule

if TYPE_CHECKING:
    from infra.handler_table import Handler


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (("StartJob/1", "bedrock", "CreateEvaluationJob", ""), True),
        (("CheckJob/1", "bedrock", "CreateEvaluationJob", ""), False),
        (("StartJob/1", "s3", "GetObject", "evaluations/e/manifest.json"), True),
        (("StartJob/1", "s3", "GetObject", "evaluations/e/scores/g0-j0-s0.parquet"), False),
        (("PlanEvaluation/1", "s3", "GetObject", "datasets/s/d.jsonl?v1"), True),
        (("StartEvaluation/1", "s3", "GetObject", "datasets/s/d.jsonl?v1"), False),
        (("CheckJob/1", "dynamodb", "TransactWriteItems", ""), True),
        (("CheckJob/1", "dynamodb", "Query", ""), False),
        (("Reconcile/1", "states", "DescribeExecution", ""), True),
        (("Api/1", "states", "DescribeExecution", ""), False),
        (("SummarizeEvaluation/1", "glue", "CreatePartition", ""), True),
        (("CollectScores/1", "glue", "CreatePartition", ""), False),
        (("FailJob/1", "events", "PutEvents", ""), False),
        (("the world", "bedrock", "CreateEvaluationJob", ""), True),
    ],
)
def test_a_call_is_allowed_as_the_grants_of_its_lambda_say(call: tuple[str, str, str, str], allowed: bool) -> None:
    assert (roles.forbidden(*call) is None) == allowed


def test_a_grant_that_is_missing_breaks_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_list(handler: Handler) -> Handler:
        return replace(handler, jobs=handler.jobs - {"ListEvaluationJobs"})

    monkeypatch.setattr(roles, "_BY_TITLE", {handler.title: without_list(handler) for handler in HANDLERS})

    broken = {sentence for seed in range(5) for sentence in schedule.run(seed).broken}

    assert broken >= {"Reconcile may not bedrock:ListEvaluationJobs on anything"}
