"""`gavel compare` with the ids of two evaluations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from gavel.aws.api_client import ApiClient
from gavel.aws.deployment import Deployment
from gavel.aws.view_evaluation import view_evaluation
from gavel_cli.main import main
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.test_collect_and_summarize import SUITE, finished, summarize

if TYPE_CHECKING:
    import pytest

    from tests.aws.conftest import Stage


def reach(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command find the deployment in memory."""
    deployment = Deployment("gavel-production", stage.bucket.name, stage.settings.table, "https://api")
    monkeypatch.setattr("gavel.aws.deployment.find_deployment", lambda stack: deployment)

    def evaluation(self: ApiClient, evaluation_id: str) -> dict[str, Any]:
        return view_evaluation(evaluation_id, bucket=stage.bucket.name, table=stage.table) or {}

    monkeypatch.setattr(ApiClient, "evaluation", evaluation)


def test_each_generator_is_compared_with_itself_in_the_other_evaluation(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite: list[list[object]] = [[1, 0.5, 1, None], [0, 0.5, 0.5, 1]]
    evaluations = [finished(stage, values, [1, 1, 1, 0.5]) for values in lite]
    for evaluation in evaluations:
        summarize(stage, evaluation)
    reach(stage, monkeypatch)

    outcome = CliRunner().invoke(main, ["compare", *evaluations, "--json"])

    assert outcome.exit_code == 0, outcome.output
    found = json.loads(outcome.stdout)["comparisons"]
    assert [(one["model_a"], one["model_b"], one["judge"], one["n"], one["missing_a"]) for one in found] == [
        ("lite", "lite", "pro", 3, 1),
        ("micro", "micro", "pro", 4, 0),
    ]
    assert [one["mean_difference"] for one in found] == [0.5, 0.0]


def test_an_evaluation_without_scores_is_told_with_its_status(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation, _ = builders.planned(stage, record(1), suite=SUITE)
    reach(stage, monkeypatch)

    outcome = CliRunner().invoke(main, ["compare", evaluation, evaluation])

    assert outcome.exit_code == 2
    assert "has no scores: it is RUNNING" in outcome.stderr
