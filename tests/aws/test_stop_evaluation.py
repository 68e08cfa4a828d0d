"""A stop in every phase of an evaluation: what is done is kept, what runs is stopped, the rest never starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws.check_job import check_job
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.start_job import start_job
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.summarize_evaluation import summarize_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names.statuses import EvaluationStatus
from gavel.problems import TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import SUITE, collect, deliver, result_row

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

LATER = "2026-01-02T05:00:00.000Z"


def begin(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def look(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return check_job(evaluation, line, looks=1, table=stage.table, now=NOW)


def stop(stage: Stage, evaluation: str, now: str = NOW) -> Any:
    return stop_evaluation(evaluation, table=stage.table, now=now)


def publish(stage: Stage, evaluation: str, outcome: str) -> dict[str, Any]:
    return publish_verdict(evaluation, outcome=outcome, settings=stage.settings, table=stage.table, now=NOW)


def delivered(stage: Stage, evaluation: str, line: dict[str, Any]) -> None:
    """Run a job to its end and collect its scores."""
    begin(stage, evaluation, line)
    deliver(stage, evaluation, line, *(result_row(asked, 1) for asked in builders.shard(stage, line)))
    collect(stage, evaluation, line)


def status_of(stage: Stage, evaluation: str, line: dict[str, Any]) -> Any:
    return (stage.table.job(evaluation, line["job_id"]) or {}).get("status")


def test_a_stop_before_the_plan_leaves_no_plan_and_no_job(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1))
    stop(stage, evaluation)

    answer = builders.plan(stage, evaluation)

    assert answer["outcome"] == "STOPPED"
    assert builders.jobs(stage, evaluation) == []
    assert publish(stage, evaluation, "STOPPED")["status"] == "STOPPED"
    (event,) = stage.events()
    assert event["detail-type"] == "Evaluation Stopped"
    assert "summary" not in event["detail"]["results"]


def test_no_job_starts_after_a_stop(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    stop(stage, evaluation)

    answers = [begin(stage, evaluation, line) for line in lines]

    assert answers == [{"status": "Stopped"}] * 2
    assert stage.bedrock.jobs == {}
    assert {status_of(stage, evaluation, line) for line in lines} == {"STOPPED"}


def test_a_running_job_is_stopped_on_bedrock_at_once(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    arn = begin(stage, evaluation, lines[0])["job_arn"]

    answer = stop(stage, evaluation)

    assert (answer.asked, stage.bedrock.jobs[arn]["status"]) == (1, "Stopping")


def test_a_running_job_that_a_busy_bedrock_left_is_stopped_at_its_next_look(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    arn = begin(stage, evaluation, lines[0])["job_arn"]
    stage.bedrock.errors["StopEvaluationJob"] = ["ThrottlingException"]

    answer = stop(stage, evaluation)
    running = stage.bedrock.jobs[arn]["status"]
    seen = look(stage, evaluation, lines[0])

    assert (answer.asked, running) == (0, "InProgress")
    assert (seen["status"], seen["wait_seconds"]) == ("Stopping", 30)
    assert stage.bedrock.jobs[arn]["status"] == "Stopping"


def test_a_job_whose_start_was_lost_before_the_stop_is_found_and_stopped(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, lines[0])
    stop(stage, evaluation)

    begin(stage, evaluation, lines[0])
    look(stage, evaluation, lines[0])

    assert [job["status"] for job in stage.bedrock.jobs.values()] == ["Stopping"]
    assert status_of(stage, evaluation, lines[0]) == "STARTED"


def test_a_job_that_is_done_when_the_stop_comes_keeps_its_results(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    arn = begin(stage, evaluation, lines[0])["job_arn"]
    stage.bedrock.jobs[arn]["status"] = "Completed"
    stop(stage, evaluation)

    assert look(stage, evaluation, lines[0])["status"] == "Completed"


def test_what_was_done_before_the_stop_is_summarised_and_announced(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1), record(2), suite=SUITE)
    delivered(stage, evaluation, lines[0])
    stop(stage, evaluation)
    begin(stage, evaluation, lines[1])

    outcome = summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)["outcome"]
    publish(stage, evaluation, outcome)

    view = view_evaluation(evaluation, bucket=stage.bucket.name, table=stage.table) or {}
    (event,) = stage.events()
    assert (outcome, view["status"]) == ("STOPPED", "STOPPED")
    assert (view["jobs"]["collected"], view["jobs"]["stopped"], view["coverage"]) == (1, 1, 0.5)
    assert view["reason"] == "stopped; 1 of 2 jobs had delivered"
    assert [item["n"] for item in view["summaries"]] == [2, 0]
    assert (event["detail-type"], event["detail"]["results"]["report"]) == (
        "Evaluation Stopped",
        view["keys"]["report"],
    )


def test_a_stop_that_comes_when_every_job_has_delivered_takes_nothing_away(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1), suite=SUITE)
    for line in lines:
        delivered(stage, evaluation, line)
    stop(stage, evaluation)

    answer = summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)

    assert answer["outcome"] == "SCORED"


def test_a_stop_before_any_score_is_no_failure(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    stop(stage, evaluation)
    for line in lines:
        begin(stage, evaluation, line)

    answer = summarize_evaluation(evaluation, bucket=stage.bucket, table=stage.table, now=NOW)

    assert answer["outcome"] == "STOPPED"


def test_asking_again_keeps_the_time_of_the_first_stop(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1))

    answers = [stop(stage, evaluation, now) for now in (NOW, LATER)]

    assert [answer.requested_at for answer in answers] == [NOW, NOW]


def test_an_evaluation_that_has_ended_cannot_be_stopped_any_more(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1))
    stage.table.advance(evaluation, EvaluationStatus.COMPLETED, now=NOW)

    answer = stop(stage, evaluation)

    assert (answer.ended, answer.status, answer.requested_at) == (True, "COMPLETED", None)


def test_there_is_nothing_to_stop_where_there_is_no_evaluation(stage: Stage) -> None:
    assert stop(stage, "default-0123456789abcdef") is None
    assert stage.table.head("default-0123456789abcdef") is None


def test_a_late_plan_changes_no_reason_of_an_evaluation_that_has_ended(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1))
    stop(stage, evaluation)
    stage.table.advance(evaluation, EvaluationStatus.FAILED, now=NOW, facts={"reason": "the first one"})

    answer = builders.plan(stage, evaluation)

    assert answer["outcome"] == "STOPPED"
    assert (stage.table.head(evaluation) or {})["reason"] == "the first one"
