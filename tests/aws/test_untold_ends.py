"""The reconciler, where executions wait for jobs whose end nobody has told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.aws import job_records
from gavel.aws import waits as waits_of_jobs
from gavel.aws.reconcile import Reconciler, Report
from tests.aws.test_collect_arrivals import TOKEN, Waits, arrive, started, status_of, take, waits

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

__all__ = ["waits"]

SOON = "2026-01-02T03:05:00.000Z"
QUARTER_OF_AN_HOUR = "2026-01-02T03:20:00.000Z"
HOUR = "2026-01-02T04:05:00.000Z"


def reconcile(stage: Stage, now: str) -> Report:
    report = Reconciler(stage.settings, stage.table, lambda: now, lambda: True).all()
    assert report.problems == ()
    return report


def test_a_job_that_failed_and_wrote_nothing_is_looked_at(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    (job,) = stage.bedrock.jobs.values()
    job["status"] = "Failed"

    report = reconcile(stage, QUARTER_OF_AN_HOUR)

    assert waits.ended == [(TOKEN, "JobToLookAtError")]
    assert report.waits_ended == 1
    assert status_of(stage, evaluation, line) == "STARTED"


def test_a_job_that_runs_is_waited_for(stage: Stage, waits: Waits) -> None:
    started(stage)

    report = reconcile(stage, HOUR)

    assert (waits.ended, report.waits_ended) == ([], 0)


def test_a_job_that_no_list_may_show_yet_is_waited_for(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(stage)
    monkeypatch.setattr(job_records, "names_running", frozenset)

    report = reconcile(stage, SOON)

    assert (waits.ended, report.waits_ended) == ([], 0)


def test_a_job_that_failed_in_its_first_minute_is_looked_at_by_the_next_run(stage: Stage, waits: Waits) -> None:
    started(stage)
    (job,) = stage.bedrock.jobs.values()
    job["status"] = "Failed"

    reconcile(stage, SOON)

    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_a_wait_that_cannot_be_ended_keeps_those_of_no_other_evaluation_waiting(stage: Stage, waits: Waits) -> None:
    for _ in range(2):
        started(stage)
    for job in stage.bedrock.jobs.values():
        job["status"] = "Failed"
    waits.errors = ["AccessDeniedException"]

    report = Reconciler(stage.settings, stage.table, lambda: SOON, lambda: True).all()

    assert [problem.partition(":")[0].partition(" of ")[0] for problem in report.problems] == ["waits"]
    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_a_job_of_an_evaluation_that_is_to_stop_is_looked_at_though_it_runs(stage: Stage, waits: Waits) -> None:
    evaluation, _ = started(stage)
    stage.table.request_stop(evaluation, now=SOON)

    reconcile(stage, SOON)

    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_an_end_that_was_recorded_by_somebody_who_died_before_he_told_it_is_looked_at(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr(waits_of_jobs, "tell_end", die)
        with pytest.raises(KeyboardInterrupt):
            take(stage, key)
    assert status_of(stage, evaluation, line) == "COLLECTED"
    assert waits.ended == []

    report = reconcile(stage, QUARTER_OF_AN_HOUR)

    assert waits.ended == [(TOKEN, "JobToLookAtError")]
    assert report.waits_ended == 1


def test_a_wait_that_is_over_is_not_counted_as_woken(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    take(stage, arrive(stage, evaluation, line))
    waits.errors = ["TaskTimedOut"]

    report = reconcile(stage, QUARTER_OF_AN_HOUR)

    assert (len(waits.ended), report.waits_ended) == (1, 0)


def test_an_end_of_long_ago_is_told_no_more(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    take(stage, arrive(stage, evaluation, line))
    waits.ended.clear()

    reconcile(stage, HOUR)

    assert waits.ended == []
