"""The metrics of an evaluation's end, as lines of embedded metric format."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gavel.aws import spending
from gavel.aws.manifests import read_manifest
from gavel.aws.start_job import start_job
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.pricing.budget import MICRO
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.ends import over_budget
from tests.aws.test_collect_and_summarize import SUITE, finished
from tests.handlers.conftest import Context
from tests.handlers.test_steps import loaded

if TYPE_CHECKING:
    import pytest

    from tests.aws.conftest import Stage

type Written = dict[tuple[str, frozenset[tuple[str, str]]], float]


def written(text: str) -> Written:
    """Values by name and dimensions, for every set of dimensions that a line names."""
    values: Written = {}
    for line in text.splitlines():
        document: dict[str, Any] = json.loads(line) if line.startswith('{"_aws"') else {}
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert directive["Namespace"] == "Gavel"
            for dimensions in directive["Dimensions"]:
                place = frozenset((name, document[name]) for name in dimensions)
                for metric in directive["Metrics"]:
                    (values[metric["Name"], place],) = document[metric["Name"]]
    return values


def place(**dimensions: str) -> frozenset[tuple[str, str]]:
    return frozenset({"service": "gavel", **dimensions}.items())


def end_of(stage: Stage, evaluation: str, *, outcome: str = "SCORED") -> None:
    loaded("publish_verdict").handler({"evaluation_id": evaluation, "outcome": outcome}, Context())


def scored(stage: Stage) -> str:
    evaluation = finished(stage, [1, 0.5], [0, 0.5])
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return evaluation


def reconcile_handler() -> Any:
    """The reconciler's, whose shared metrics learn their namespace when their module is loaded."""
    loaded("entrance")
    return loaded("reconcile").handler


def test_an_end_is_counted_by_suite_and_overall_with_its_figures(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    end_of(lambda_environment, scored(lambda_environment))

    values = written(capsys.readouterr().out)

    assert values["EvaluationsCompleted", place()] == values["EvaluationsCompleted", place(suite="mine")] == 1
    assert values["Coverage", place(suite="mine")] == 100
    assert values["DurationSeconds", place(suite="mine")] > 0
    assert ("DurationSeconds", place()) not in values
    score = {"suite": "mine", "generator": "lite", "judge": "pro", "metric": "Builtin.Correctness"}
    assert values["Score", place(**score)] == 0.75
    assert values["Score", place(**score | {"generator": "micro"})] == 0.25


def test_a_repeated_announcement_counts_nothing(lambda_environment: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    evaluation = scored(lambda_environment)
    end_of(lambda_environment, evaluation)
    capsys.readouterr()

    end_of(lambda_environment, evaluation)

    assert written(capsys.readouterr().out) == {}


def test_scores_are_no_metrics_where_the_environment_does_not_want_them(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAVEL_SCORE_METRICS", "false")
    end_of(lambda_environment, scored(lambda_environment))

    names = {name for name, _ in written(capsys.readouterr().out)}
    assert "EvaluationsCompleted" in names
    assert "Score" not in names


def test_a_failed_evaluation_is_counted_without_figures_that_it_does_not_have(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = builders.start(lambda_environment, record(1))
    loaded("fail_evaluation").handler({"evaluation_id": evaluation, "error": {"Error": "X"}}, Context())

    values = written(capsys.readouterr().out)

    assert values["EvaluationsFailed", place()] == 1
    assert {name for name, _ in values} == {"EvaluationsFailed", "DurationSeconds"}


def test_a_refusal_by_the_budget_is_told_from_other_refusals(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    for suite, refusals in (("budget: {per_evaluation_usd: 0.000001}\n", 1), ("", 0)):
        records = [record(1)] if suite else [{"prompt": " "}]
        evaluation = builders.start(lambda_environment, *records, suite=SUITE + suite)
        assert builders.plan(lambda_environment, evaluation)["outcome"] == "REFUSED"
        end_of(lambda_environment, evaluation, outcome="REFUSED")

        values = written(capsys.readouterr().out)

        assert values["EvaluationsRefused", place()] == 1
        assert values.get(("BudgetRefusals", place()), 0) == refusals


def test_a_job_that_a_budget_kept_from_starting_is_a_refusal_of_its_evaluation(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = lambda_environment
    evaluation, lines = builders.planned(stage, record(1), suite=SUITE + "budget: {per_month_usd: 1}\n")
    manifest = read_manifest(stage.bucket, evaluation)
    spending.reserve(stage.table, replace(manifest, evaluation_id="mine-00000000000000aa"), "g0-j0-s0", amount=MICRO)
    for line in lines:
        start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    assert {job["status"] for job in stage.table.jobs(evaluation)} == {"FAILED"}
    loaded("fail_evaluation").handler({"evaluation_id": evaluation, "error": {"Error": "X"}}, Context())

    values = written(capsys.readouterr().out)

    assert values["BudgetRefusals", place()] == values["BudgetRefusals", place(suite="mine")] == 1


def test_the_reconciler_tells_the_age_of_the_oldest_unfinished_evaluation(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = reconcile_handler()
    handler({}, Context())
    assert written(capsys.readouterr().out)["OldestUnfinishedHours", place()] == 0

    builders.start(lambda_environment, record(1))
    handler({}, Context())

    # The evaluation began in January of 2026 and its execution goes on.
    assert written(capsys.readouterr().out)["OldestUnfinishedHours", place()] > 24


def test_the_run_after_a_bad_end_says_nothing_about_ages(
    lambda_environment: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = over_budget(lambda_environment)
    reconcile_handler()({"detail": {"name": evaluation}}, Context())

    assert "OldestUnfinishedHours" not in {name for name, _ in written(capsys.readouterr().out)}
