"""Job slots over the life of jobs: taken, renewed, given back, and never leaked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients, slots
from gavel.aws import start_job as start_job_module
from gavel.aws.check_job import check_job
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.fail_job import fail_job
from gavel.aws.start_job import start_job
from gavel.names import statuses, table_keys
from gavel.problems import QuotaFullError, SlotsFullError, TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Stage

PER_JUDGE = 5  # of the stage's settings
LATER = "2026-01-09T00:00:00.000Z"  # every lease of NOW has run out
Lines = list[dict[str, Any]]


def suite(generators: int, *judges: str) -> str:
    models = ", ".join(f"{{model: amazon.nova-lite-v1:0, name: g{number}}}" for number in range(generators))
    named = ", ".join(f"{{model: '{judge}'}}" for judge in judges or ("amazon.nova-pro-v1:0",))
    return f"version: 1\ngenerators: [{models}]\njudges: [{named}]\nmetrics: [Correctness]\n"


def begin(stage: Stage, evaluation: str, line: dict[str, Any], *, now: str = NOW) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=now)


def look(stage: Stage, evaluation: str, line: dict[str, Any], *, now: str = NOW) -> dict[str, Any]:
    return check_job(evaluation, line, looks=1, table=stage.table, now=now)


def after(seconds: float) -> str:
    return (datetime.fromisoformat(NOW) + timedelta(seconds=seconds)).isoformat()


def document(stage: Stage) -> dict[str, Any]:
    key = {table_keys.PARTITION_KEY: table_keys.SLOTS_PARTITION, table_keys.SORT_KEY: table_keys.SLOTS_SORT}
    return dict(clients.table(stage.table.name).get_item(Key=key).get("Item", {}))


def held(stage: Stage) -> set[str]:
    return {lease["job_id"] for lease in document(stage).get("leases", {}).values()}


def waiting(stage: Stage) -> set[str]:
    return {wish["job_id"] for wish in document(stage).get("wishes", {}).values()}


@pytest.fixture
def full(stage: Stage) -> tuple[str, Lines]:
    """An evaluation of one job more than its judge may run, all but the last started."""
    evaluation, lines = builders.planned(stage, record(1), suite=suite(PER_JUDGE + 1))
    for line in lines[:PER_JUDGE]:
        begin(stage, evaluation, line)
    return evaluation, lines


def test_a_job_beyond_the_judges_limit_waits_and_asks_bedrock_for_nothing(
    stage: Stage, full: tuple[str, Lines]
) -> None:
    evaluation, lines = full

    with pytest.raises(SlotsFullError, match=r"5 jobs with the judge amazon.nova-pro-v1:0 run already"):
        begin(stage, evaluation, lines[-1])

    assert len(stage.bedrock.jobs) == PER_JUDGE
    assert waiting(stage) == {lines[-1]["job_id"]}


def test_no_more_jobs_run_than_the_deployment_allows_whatever_their_judges(stage: Stage) -> None:
    judges = ("amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0")
    two = replace(stage, settings=replace(stage.settings, max_concurrent_jobs="2"))
    for number, judge in enumerate(judges):
        evaluation, lines = builders.planned(two, record(number), suite=suite(1, judge))
        begin(two, evaluation, lines[0])
    evaluation, lines = builders.planned(two, record(9), suite=suite(1, "amazon.nova-premier-v1:0"))

    with pytest.raises(SlotsFullError, match="2 jobs run already"):
        begin(two, evaluation, lines[0])


def test_a_judge_is_the_same_model_by_its_id_and_by_its_inference_profile(stage: Stage) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    evaluation, lines = builders.planned(one, record(1), suite=suite(1, "amazon.nova-pro-v1:0"))
    begin(one, evaluation, lines[0])
    other, others = builders.planned(one, record(2), suite=suite(1, "us.amazon.nova-pro-v1:0"))

    with pytest.raises(SlotsFullError):
        begin(one, other, others[0])


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped", "Deleting"])
def test_a_job_that_bedrock_no_longer_runs_makes_room_at_the_next_look(
    stage: Stage, full: tuple[str, Lines], status: str
) -> None:
    evaluation, lines = full
    arn = begin(stage, evaluation, lines[0])["job_arn"]
    stage.bedrock.jobs[arn]["status"] = status

    look(stage, evaluation, lines[0])

    assert begin(stage, evaluation, lines[-1])["status"] == "InProgress"
    assert lines[0]["job_id"] not in held(stage)


def test_a_job_that_bedrock_refuses_makes_room(stage: Stage, full: tuple[str, Lines]) -> None:
    evaluation, lines = full
    begun = held(stage)
    stage.bedrock.jobs.clear()
    slots.sweep(stage.table, now=LATER)
    stage.bedrock.errors["CreateEvaluationJob"] = ["ValidationException"]

    begin(stage, evaluation, lines[-1])

    assert len(begun) == PER_JUDGE
    assert held(stage) == set()


def test_when_bedrock_has_no_room_the_job_gives_its_slot_to_others(stage: Stage) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    evaluation, lines = builders.planned(one, record(1), suite=suite(2))
    stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]

    with pytest.raises(QuotaFullError):
        begin(one, evaluation, lines[0])

    assert begin(one, evaluation, lines[1], now=after(150))["status"] == "InProgress"
    assert held(one) == {lines[1]["job_id"]}


def test_a_second_delivery_that_finds_bedrock_full_leaves_the_running_job_its_slot(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    evaluation, lines = builders.planned(one, record(1), suite=suite(2))
    take = start_job_module.take_slot
    overtaken: list[Callable[[], object]] = [lambda: begin(one, evaluation, lines[0])]

    def take_and_be_overtaken(start: Any) -> None:
        take(start)
        if overtaken:
            overtaken.pop()()
            stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]

    gates = tuple(take_and_be_overtaken if gate is take else gate for gate in start_job_module.GATES)
    monkeypatch.setattr(start_job_module, "GATES", gates)

    with pytest.raises(QuotaFullError):
        begin(one, evaluation, lines[0])

    with pytest.raises(SlotsFullError):
        begin(one, evaluation, lines[1])


def test_a_start_whose_answer_was_lost_keeps_its_slot(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1), suite=suite(1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]

    with pytest.raises(TryLaterError):
        begin(stage, evaluation, lines[0])

    assert held(stage) == {lines[0]["job_id"]}


def test_a_job_that_is_asked_to_stop_takes_room_until_it_has_stopped(stage: Stage, full: tuple[str, Lines]) -> None:
    evaluation, lines = full
    fail_job(evaluation, lines[0], error={"Error": "JobOverdueError"}, table=stage.table, now=NOW)

    with pytest.raises(SlotsFullError):
        begin(stage, evaluation, lines[-1])

    stopping = next(job for job in stage.bedrock.jobs.values() if job["status"] == "Stopping")
    stopping["status"] = "Stopped"
    assert begin(stage, evaluation, lines[-1], now=after(slots.RECHECK_SECONDS))["status"] == "InProgress"


def test_the_slots_of_a_failed_evaluation_become_free_as_its_jobs_stop(stage: Stage, full: tuple[str, Lines]) -> None:
    evaluation, lines = full
    with pytest.raises(SlotsFullError):
        begin(stage, evaluation, lines[-1])
    fail_evaluation(evaluation, error={"Error": "States.Runtime"}, settings=stage.settings, table=stage.table, now=NOW)
    assert waiting(stage) == set()
    for job in stage.bedrock.jobs.values():
        job["status"] = "Stopped"
    other, others = builders.planned(stage, record(2), suite=suite(1))

    begin(stage, other, others[0])

    assert len(held(stage)) <= PER_JUDGE


def test_the_lease_of_a_crashed_execution_is_taken_only_when_bedrock_does_not_run_its_job(
    stage: Stage, full: tuple[str, Lines]
) -> None:
    evaluation, lines = full

    with pytest.raises(SlotsFullError):
        begin(stage, evaluation, lines[-1], now=LATER)

    next(iter(stage.bedrock.jobs.values()))["status"] = "Completed"
    later = (datetime.fromisoformat(LATER) + timedelta(seconds=slots.RECHECK_SECONDS)).isoformat()
    assert begin(stage, evaluation, lines[-1], now=later)["status"] == "InProgress"
    assert sum(job["status"] == "InProgress" for job in stage.bedrock.jobs.values()) == PER_JUDGE


def test_the_lease_of_a_start_that_died_before_bedrock_heard_of_it_is_taken(stage: Stage) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    evaluation, lines = builders.planned(one, record(1), suite=suite(2))
    one.bedrock.errors["CreateEvaluationJob"] = ["InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(one, evaluation, lines[0])

    assert begin(one, evaluation, lines[1], now=LATER)["status"] == "InProgress"
    assert held(one) == {lines[1]["job_id"]}


def test_a_start_whose_record_was_lost_is_found_by_its_name_before_its_slot_is_taken(stage: Stage) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    evaluation, lines = builders.planned(one, record(1), suite=suite(2))
    one.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(one, evaluation, lines[0])

    with pytest.raises(SlotsFullError):
        begin(one, evaluation, lines[1], now=LATER)


def test_each_look_renews_the_lease(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1), suite=suite(1))
    begin(stage, evaluation, lines[0])

    look(stage, evaluation, lines[0], now=LATER)

    (lease,) = document(stage)["leases"].values()
    assert lease["until"] > datetime.fromisoformat(LATER).timestamp() + slots.GRACE_SECONDS


def test_a_running_job_whose_lease_was_lost_counts_again_from_its_next_look(
    stage: Stage, full: tuple[str, Lines]
) -> None:
    evaluation, lines = full
    begin(stage, evaluation, lines[0])
    slots.release(stage.table, evaluation, lines[0]["job_id"], now=NOW)

    look(stage, evaluation, lines[0])

    with pytest.raises(SlotsFullError, match="5 jobs with the judge"):
        begin(stage, evaluation, lines[-1])


def test_a_sweep_frees_the_slots_of_jobs_that_are_gone_and_no_others(stage: Stage, full: tuple[str, Lines]) -> None:
    for job in list(stage.bedrock.jobs.values())[:2]:
        job["status"] = "Stopped"

    assert slots.sweep(stage.table, now=NOW) == 0
    assert slots.sweep(stage.table, now=LATER) == 2
    assert len(held(stage)) == PER_JUDGE - 2


def test_waiting_again_and_again_hardly_writes(stage: Stage, full: tuple[str, Lines]) -> None:
    evaluation, lines = full
    with pytest.raises(SlotsFullError):
        begin(stage, evaluation, lines[-1])
    version = document(stage)["version"]

    for attempt in range(10):
        with pytest.raises(SlotsFullError):
            begin(stage, evaluation, lines[-1], now=after(50 * attempt))

    assert document(stage)["version"] == version


def test_a_job_that_had_ended_gives_back_what_a_crash_left_with_it(stage: Stage, full: tuple[str, Lines]) -> None:
    evaluation, lines = full
    stage.table.advance_job(evaluation, lines[0]["job_id"], statuses.JobStatus.COLLECTED, {})

    assert begin(stage, evaluation, lines[0]) == {"status": "Collected"}
    assert lines[0]["job_id"] not in held(stage)


@pytest.mark.parametrize("first", [True, False], ids=["the first ones of all", "after others"])
def test_of_those_who_change_the_slots_at_the_same_time_nobody_is_lost(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    one = replace(stage, settings=replace(stage.settings, max_jobs_per_judge="1"))
    if not first:
        other, others = builders.planned(one, record(2), suite=suite(1, "amazon.nova-micro-v1:0"))
        begin(one, other, others[0])
        slots.release(one.table, other, others[0]["job_id"], now=NOW)
    before = len(one.bedrock.jobs)
    evaluation, lines = builders.planned(one, record(1), suite=suite(2))
    meanwhile: list[Callable[[], object]] = [lambda: begin(one, evaluation, lines[1])]
    read = slots._read

    def read_and_be_overtaken(table: Any) -> Any:
        found = read(table)
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(slots, "_read", read_and_be_overtaken)

    with pytest.raises(SlotsFullError):
        begin(one, evaluation, lines[0])

    assert held(one) == {lines[1]["job_id"]}
    assert len(one.bedrock.jobs) == before + 1


def test_a_queue_that_is_full_takes_no_more_and_turns_nobody_away_for_good(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "MOST_WISHES", 1)
    evaluation, lines = builders.planned(stage, record(1), suite=suite(PER_JUDGE + 2))
    for line in lines[:PER_JUDGE]:
        begin(stage, evaluation, line)
    for line in lines[PER_JUDGE:]:
        with pytest.raises(SlotsFullError):
            begin(stage, evaluation, line)

    assert waiting(stage) == {lines[PER_JUDGE]["job_id"]}

    for line in lines[:2]:
        slots.release(stage.table, evaluation, line["job_id"], now=NOW)
    assert begin(stage, evaluation, lines[PER_JUDGE])["status"] == "InProgress"
    assert begin(stage, evaluation, lines[PER_JUDGE + 1])["status"] == "InProgress"
