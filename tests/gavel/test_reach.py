"""Models that a deployment cannot call are refused with the suite, with their line."""

from __future__ import annotations

import pytest

from gavel.problems import InvalidInputError, Problem
from gavel.suites.models import ModelKind
from gavel.suites.reach import Reach
from gavel.suites.suite import load_suite
from infra.config import EnvironmentConfig
from infra.model_kinds import ModelKind as DeployedKind

REACH = Reach(frozenset(EnvironmentConfig("production").model_kinds), region="eu-central-1", account="111122223333")
HERE = "arn:aws:bedrock:eu-central-1:111122223333:"


def problems(model: str, *, judge: str = "amazon.nova-pro-v1:0", more: str = "") -> list[Problem]:
    text = f"version: 1\ngenerators:\n  - model: '{model}'\njudges:\n  - model: '{judge}'\n{more}"
    try:
        load_suite(text.encode(), name="mine", file="mine.yaml", reach=REACH)
    except InvalidInputError as refused:
        return refused.problems.listed
    return []


@pytest.mark.parametrize(
    "model",
    [
        "amazon.nova-lite-v1:0",
        "eu.amazon.nova-lite-v1:0",
        "arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-lite-v1:0",
        f"{HERE}inference-profile/eu.amazon.nova-lite-v1:0",
        f"{HERE}application-inference-profile/abcdefghij01",
        f"{HERE}provisioned-model/abcdefghij01",
        f"{HERE}imported-model/abcdefghij01",
        f"{HERE}prompt-router/abcdefghij01",
        f"{HERE}default-prompt-router/anthropic.claude:1",
    ],
)
def test_every_kind_of_model_that_a_deployment_calls_by_default_may_answer(model: str) -> None:
    assert problems(model) == []


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            "arn:aws:sagemaker:eu-central-1:111122223333:endpoint/mine",
            "is of the kind sagemaker-endpoint, which this deployment does not call",
        ),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
            "is in us-east-1, and this deployment runs in eu-central-1",
        ),
        (
            "arn:aws:bedrock:eu-central-1:999988887777:provisioned-model/abcdefghij01",
            "belongs to account 999988887777, and this deployment runs in 111122223333",
        ),
    ],
)
def test_what_cannot_be_called_is_refused_with_the_reason_and_its_line(model: str, reason: str) -> None:
    (problem,) = problems(model)

    assert (problem.line, problem.field, problem.reason) == (3, "generators[0].model", reason)
    assert problem.remedy


def test_judges_are_checked_like_generators() -> None:
    elsewhere = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"

    assert [one.field for one in problems("amazon.nova-lite-v1:0", judge=elsewhere)] == ["judges[0].model"]


def test_kinds_have_the_same_names_in_settings_and_suites() -> None:
    assert {kind.value for kind in DeployedKind} <= {kind.value for kind in ModelKind}
