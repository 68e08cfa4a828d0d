"""Evaluations at every kind of end, made by the steps themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.names.statuses import JobStatus
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import SUITE, collect, deliver, finished, result_row, started
from tests.aws.test_verdict import GOOD, POOR, evaluated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Stage


def publish(stage: Stage, evaluation: str, outcome: str) -> str:
    publish_verdict(evaluation, outcome=outcome, settings=stage.settings, table=stage.table, now=NOW)
    return evaluation


def fail(stage: Stage, evaluation: str) -> str:
    error = {"Error": "NothingScoredError", "Cause": ""}
    fail_evaluation(evaluation, error=error, settings=stage.settings, table=stage.table, now=NOW)
    return evaluation


def passed(stage: Stage) -> str:
    return evaluated(stage, GOOD)


def not_passed(stage: Stage) -> str:
    return evaluated(stage, POOR)


def without_gates(stage: Stage) -> str:
    evaluation = finished(stage, [1, 0.5], [0, 0.5])
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return publish(stage, evaluation, "SCORED")


def stopped_with_scores(stage: Stage) -> str:
    evaluation, (first, _) = started(stage, record(1), record(2))
    deliver(stage, evaluation, first, *(result_row(asked, 1) for asked in builders.shard(stage, first)))
    collect(stage, evaluation, first)
    stop_evaluation(evaluation, table=stage.table, now=NOW)
    for line in builders.jobs(stage, evaluation)[1:]:
        stage.table.advance_job(evaluation, line["job_id"], JobStatus.STOPPED, {"reason": "stopped"})
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return publish(stage, evaluation, "STOPPED")


def stopped_before_the_plan(stage: Stage) -> str:
    evaluation = builders.start(stage, record(1))
    stop_evaluation(evaluation, table=stage.table, now=NOW)
    builders.plan(stage, evaluation)
    return publish(stage, evaluation, "STOPPED")


def refused(stage: Stage) -> str:
    evaluation = builders.start(stage, {"prompt": " "}, suite=SUITE)
    assert builders.plan(stage, evaluation)["outcome"] == "REFUSED"
    return publish(stage, evaluation, "REFUSED")


def over_budget(stage: Stage) -> str:
    suite = SUITE + "budget: {per_evaluation_usd: 0.000001}\n"
    evaluation = builders.start(stage, record(1), suite=suite)
    assert builders.plan(stage, evaluation)["outcome"] == "REFUSED"
    return publish(stage, evaluation, "REFUSED")


def failed_before_the_plan(stage: Stage) -> str:
    return fail(stage, builders.start(stage, record(1)))


def failed_without_scores(stage: Stage) -> str:
    evaluation, lines = started(stage, record(1), record(2))
    for line in lines:
        stage.table.advance_job(evaluation, line["job_id"], JobStatus.FAILED, {"reason": "the model is not enabled"})
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return fail(stage, evaluation)


def failed_after_the_summary(stage: Stage) -> str:
    evaluation = finished(stage, [1, 0.5], [0, 0.5])
    summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)
    return fail(stage, evaluation)


ENDS: dict[str, Callable[[Stage], str]] = {
    "COMPLETED, gates pass": passed,
    "COMPLETED, gates fail": not_passed,
    "COMPLETED, no gates": without_gates,
    "STOPPED with scores": stopped_with_scores,
    "STOPPED before the plan": stopped_before_the_plan,
    "REFUSED": refused,
    "REFUSED by the budget": over_budget,
    "FAILED before the plan": failed_before_the_plan,
    "FAILED without scores": failed_without_scores,
    "FAILED after the summary": failed_after_the_summary,
}


def head_of(stage: Stage, evaluation: str) -> dict[str, Any]:
    return stage.table.head(evaluation) or {}
