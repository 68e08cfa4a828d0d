"""What the doctor makes of how a deployed system is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gavel.diagnosis import operations
from gavel.diagnosis.finding import Level
from gavel.diagnosis.operations import Alarm, Unfinished

if TYPE_CHECKING:
    from gavel.diagnosis.finding import Finding

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DESCRIPTION = "Events wait. What to do: docs/runbooks.md#dead-letters"


def unfinished(hours: float, execution: str | None = "RUNNING", *, ended: bool = False) -> Finding:
    one = Unfinished("shop-0123456789abcdef", NOW - timedelta(hours=hours), execution, ended)
    (found,) = operations.unfinished([one], now=NOW)
    return found


def test_an_alarm_that_is_on_is_a_problem_with_its_runbook() -> None:
    known = [Alarm("gavel-x-dead-letters", "ALARM", DESCRIPTION), Alarm("gavel-x-api-errors", "OK", DESCRIPTION)]

    (found,) = operations.alarms(known, stack="gavel-x")

    assert (found.level, found.name, found.text) == (Level.PROBLEM, "alarm gavel-x-dead-letters", "is on: Events wait.")
    assert found.remedy == "docs/runbooks.md#dead-letters"


def test_alarms_that_are_off_are_one_line_and_none_at_all_is_a_problem() -> None:
    (quiet,) = operations.alarms([Alarm("a", "OK", ""), Alarm("b", "INSUFFICIENT_DATA", "")], stack="x")
    (gone,) = operations.alarms([], stack="x")

    assert (quiet.level, quiet.text) == (Level.OK, "2, none of them on")
    assert gone.level is Level.PROBLEM


@pytest.mark.parametrize(
    ("found", "level", "text"),
    [
        (unfinished(0.1), Level.OK, "1 under way"),
        (unfinished(29), Level.OK, "1 under way"),
        (unfinished(31), Level.PROBLEM, "is 31.0 h old and still runs"),
        (unfinished(0.1, "FAILED"), Level.OK, "1 under way"),
        (unfinished(1, "FAILED"), Level.PROBLEM, "has no end, and its execution is FAILED"),
        (unfinished(1, None), Level.PROBLEM, "has no end, and its execution was never started"),
        (unfinished(1, "SUCCEEDED", ended=True), Level.PROBLEM, "has ended, and its end could not be announced"),
        (unfinished(0.1, "SUCCEEDED", ended=True), Level.OK, "1 under way"),
    ],
)
def test_an_evaluation_without_an_end_is_a_problem_when_nobody_will_end_it(
    found: Finding, level: Level, text: str
) -> None:
    assert found.level is level
    assert text in found.text


def test_many_stuck_evaluations_are_counted() -> None:
    many = [Unfinished(f"shop-{number:016x}", NOW - timedelta(hours=1), None, ended=False) for number in range(9)]

    assert [one.text for one in operations.unfinished(many, now=NOW)][-1] == "and 4 more"


def test_a_lease_that_ran_out_long_ago_is_held_by_nobody() -> None:
    fresh = operations.slots(held=2, waiting=1, lapsed={"job-a": timedelta(minutes=5)})
    stale = operations.slots(held=2, waiting=1, lapsed={"job-a": timedelta(hours=2)})

    assert (fresh.level, fresh.text) == (Level.OK, "2 in use, 1 job(s) wait for one")
    assert stale.level is Level.WARNING
    assert "nobody has held 1 for long: job-a" in stale.text


@pytest.mark.parametrize(
    ("minutes", "level"), [(None, Level.WARNING), (5, Level.OK), (44, Level.OK), (46, Level.PROBLEM)]
)
def test_a_reconciler_that_does_not_run_is_a_problem(minutes: int | None, level: Level) -> None:
    at = None if minutes is None else NOW - timedelta(minutes=minutes)

    (found,) = operations.reconciler(at=at, problems=(), now=NOW)

    assert found.level is level


def test_what_the_reconciler_could_not_do_is_told() -> None:
    _, found = operations.reconciler(at=NOW, problems=["x: TryLaterError: busy"], now=NOW)

    assert (found.level, "TryLaterError" in found.text) == (Level.WARNING, True)


def test_errors_are_counted_by_lambda_the_most_first() -> None:
    found = operations.errors({"api": 2, "reconcile": 100, "start-job": 0}, more=frozenset({"reconcile"}))

    assert found.level is Level.WARNING
    assert found.text == "in 24 h: reconcile 100+, api 2"
    assert operations.errors({"api": 0}).level is Level.OK


@pytest.mark.parametrize(
    ("status", "level"),
    [("DRIFTED", Level.PROBLEM), ("IN_SYNC", Level.OK), ("NOT_CHECKED", Level.OK), (None, Level.OK)],
)
def test_drift_is_what_cloudformation_found_last(status: str | None, level: Level) -> None:
    assert operations.drift(status, "2026-01-02 03:04 UTC").level is level
