"""A job that ends while somebody looks at it holds no slot afterwards; AWS being busy or refusing costs no look."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import jobs, slots
from gavel.aws.check_job import check_job
from gavel.aws.collect_arrivals import MOST_LOOKS, Outcome
from gavel.aws.end_evaluation import break_off
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.table import EvaluationTable
from gavel.names.statuses import EvaluationStatus
from gavel.problems import JobToLookAtError, NotPermittedError, TryLaterError
from tests.aws.conftest import NOW
from tests.aws.test_collect_arrivals import TOKEN, Waits, arrive, begin, started, status_of, take, waits

if TYPE_CHECKING:
    from gavel.aws.jobs import JobView
    from tests.aws.conftest import Stage

__all__ = ["waits"]


@pytest.fixture
def ending(stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, Any]]:
    """An evaluation and its job, which ends and is collected just after it was seen in progress."""
    evaluation, (line,) = started(stage)
    look, ended = jobs.look, False

    def look_and_end(arn: str) -> JobView:
        nonlocal ended
        view = look(arn)
        if not ended:
            ended = True
            assert take(stage, arrive(stage, evaluation, line))[0] == [Outcome.DONE]
        return view

    monkeypatch.setattr(jobs, "look", look_and_end)
    return evaluation, line


def test_a_slot_that_a_look_took_again_is_given_back_by_the_next_look(
    stage: Stage, ending: tuple[str, dict[str, Any]]
) -> None:
    evaluation, line = ending

    looks = [check_job(evaluation, line, looks=look, table=stage.table, now=NOW)["status"] for look in (1, 2)]

    assert looks == ["InProgress", "Collected"]
    assert not slots.holds(stage.table, evaluation, line["job_id"])


def test_a_start_that_comes_again_keeps_no_slot_of_a_job_that_ends_meanwhile(
    stage: Stage, ending: tuple[str, dict[str, Any]]
) -> None:
    evaluation, line = ending

    begin(stage, evaluation, line, "newer")

    assert status_of(stage, evaluation, line) == "COLLECTED"
    assert not slots.holds(stage.table, evaluation, line["job_id"])


@pytest.mark.parametrize("look", ["check", "start"])
def test_an_evaluation_that_is_broken_off_during_a_look_holds_no_slot_for_long(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    evaluation, (line,) = started(stage)
    keep = slots.keep

    def break_off_and_keep(*given: Any, **named: Any) -> None:
        status = EvaluationStatus.FAILED
        break_off(evaluation, status, "aborted", settings=stage.settings, table=stage.table, now=NOW)
        keep(*given, **named)

    monkeypatch.setattr(slots, "keep", break_off_and_keep)

    if look == "check":
        check_job(evaluation, line, looks=1, table=stage.table, now=NOW)
    else:
        with pytest.raises(JobToLookAtError):
            begin(stage, evaluation, line, "newer")

    (lease,) = slots.state_of(stage.table, now=NOW).leases.values()
    assert lease.until - datetime.fromisoformat(NOW).timestamp() <= slots.STRAGGLER_SECONDS


def test_a_lease_that_is_renewed_just_before_the_end_is_recorded_does_not_outlive_it(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, (line,) = started(stage)
    advance = EvaluationTable.advance

    def renew_and_advance(self: EvaluationTable, *given: Any, **named: Any) -> bool:
        # Of a job that was started after the jobs were listed: nothing says that it ended.
        slots.keep(self, evaluation, line["job_id"], wait_seconds=3600, now=NOW)
        return advance(self, *given, **named)

    monkeypatch.setattr(EvaluationTable, "advance", renew_and_advance)
    monkeypatch.setattr(EvaluationTable, "jobs", lambda *_of: iter(()))

    break_off(evaluation, EvaluationStatus.FAILED, "aborted", settings=stage.settings, table=stage.table, now=NOW)

    (lease,) = slots.state_of(stage.table, now=NOW).leases.values()
    assert lease.until - datetime.fromisoformat(NOW).timestamp() <= slots.STRAGGLER_SECONDS


def test_a_look_that_is_throttled_is_taken_again_for_as_long_as_output_is_waited_for(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line, status="InProgress")

    def be_busy(_arn: str) -> JobView:
        raise TryLaterError("GetEvaluationJob: ThrottlingException")

    monkeypatch.setattr(jobs, "look", be_busy)

    assert take(stage, key, received=MOST_LOOKS - 1)[0] == [Outcome.COMES_AGAIN]
    assert waits.ended == []
    assert take(stage, key, received=MOST_LOOKS)[0] == [Outcome.DONE]
    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_every_job_is_stopped_though_nobody_can_be_woken(stage: Stage, waits: Waits) -> None:
    evaluation, _ = started(stage, jobs=2)
    waits.errors = ["AccessDeniedException"]

    with pytest.raises(NotPermittedError):
        stop_evaluation(evaluation, table=stage.table, now=NOW)

    assert {job["status"] for job in stage.bedrock.jobs.values()} == {"Stopping"}
