"""A run of a schedule, delivered once and more often, too late, and while another evaluation goes on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients, schedules
from gavel.aws.schedule_items import ScheduleItems
from gavel.aws.start_scheduled import start_scheduled
from gavel.names.statuses import EvaluationStatus
from gavel.schedules.schedule import Overlap, Schedule
from tests.aws.builders import record

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

KEY = "datasets/default/questions.jsonl"
DUE = "2026-01-02T06:00:00Z"
NOW = "2026-01-02T06:00:07.000Z"


def scheduled(stage: Stage, **changes: Any) -> None:
    facts: dict[str, Any] = {"suite": "default", "expression": "rate(1 day)", "timezone": "UTC", "dataset": KEY}
    schedules.put(Schedule(**facts | changes), settings=stage.settings, table=stage.table, now=NOW)


def deliver(stage: Stage, *, due: str = DUE, now: str = NOW) -> dict[str, Any]:
    return start_scheduled("default", due, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=now)


def end(stage: Stage, evaluation: str) -> None:
    stage.table.advance(evaluation, EvaluationStatus.COMPLETED, now=NOW)


def test_a_run_delivered_twice_is_one_evaluation_even_when_the_dataset_changed_in_between(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)

    first = deliver(stage)
    stage.upload(KEY, record(2))
    second = deliver(stage)

    assert (first["run"], second["run"]) == ("started", "started")
    assert first["evaluation_id"] == second["evaluation_id"]
    assert len(stage.table.evaluations(limit=10).items) == 1
    head = stage.table.head(first["evaluation_id"])
    assert head is not None
    assert head["started_by"] == "schedule"


def test_the_next_run_is_another_evaluation_of_the_same_dataset(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)

    first = deliver(stage)
    end(stage, first["evaluation_id"])
    second = deliver(stage, due="2026-01-03T06:00:00Z", now="2026-01-03T06:00:01.000Z")

    assert first["evaluation_id"] != second["evaluation_id"]


def test_a_run_is_skipped_while_another_goes_on_unless_the_schedule_says_start(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)
    first = deliver(stage)
    later = {"due": "2026-01-03T06:00:00Z", "now": "2026-01-03T06:00:01.000Z"}

    skipped = deliver(stage, **later)
    assert (skipped["run"], first["evaluation_id"] in skipped["reason"]) == ("skipped: overlap", True)
    end(stage, first["evaluation_id"])
    assert deliver(stage, **later)["run"] == "skipped: overlap", "a run is ruled upon once"


def test_a_run_starts_beside_another_where_the_schedule_says_start(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage, overlap=Overlap.START)
    deliver(stage)

    assert deliver(stage, due="2026-01-03T06:00:00Z", now="2026-01-03T06:00:01.000Z")["run"] == "started"


def test_a_delivery_that_lost_a_race_does_not_hide_that_the_run_started(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)
    first = deliver(stage)

    ScheduleItems(stage.table.name).note_run("default", {"scheduled_at": DUE, "run": "skipped: overlap"})

    shown = schedules.view("default", stage.table)
    assert shown is not None
    assert shown["last_run"]["evaluation_id"] == first["evaluation_id"]


def test_a_rate_begins_one_interval_later_and_is_left_alone_when_it_is_set_again(stage: Stage) -> None:
    scheduled(stage)
    first = clients.scheduler().get_schedule(GroupName="gavel-test", Name="default")
    scheduled(stage)
    second = clients.scheduler().get_schedule(GroupName="gavel-test", Name="default")

    assert (first["StartDate"] - datetime.fromisoformat(NOW)).total_seconds() == pytest.approx(86400, abs=1)
    assert first["LastModificationDate"] == second["LastModificationDate"]


def test_a_run_that_comes_too_late_is_missed(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)

    assert deliver(stage, now="2026-01-02T07:30:00.000Z")["run"] == "skipped: missed"
    assert stage.table.evaluations(limit=10).items == []


def test_a_run_without_dataset_says_so_in_the_schedule(stage: Stage) -> None:
    scheduled(stage)

    assert deliver(stage)["run"] == "refused"
    shown = schedules.view("default", stage.table)
    assert shown is not None
    assert "no dataset" in shown["last_run"]["reason"]


def test_what_was_deleted_or_switched_off_starts_nothing(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage, enabled=False)
    assert deliver(stage)["run"] == "refused"

    schedules.delete("default", settings=stage.settings, table=stage.table)
    assert deliver(stage)["run"] == "refused"
    assert stage.table.evaluations(limit=10).items == []


def test_a_late_run_does_not_hide_a_newer_one(stage: Stage) -> None:
    stage.upload(KEY, record(1))
    scheduled(stage)
    first = deliver(stage, due="2026-01-03T06:00:00Z", now="2026-01-03T06:00:01.000Z")

    deliver(stage, now="2026-01-03T06:00:02.000Z")

    shown = schedules.view("default", stage.table)
    assert shown is not None
    assert shown["last_run"]["evaluation_id"] == first["evaluation_id"]
