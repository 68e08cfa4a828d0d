"""Deletion of Bedrock's records: after their time, and before the account's limit, the oldest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.aws import record_keeping
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.record_keeping import RecordKeeper
from gavel.aws.start_job import start_job
from gavel.names.statuses import JobStatus
from gavel.names.table_keys import Unfinished
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

WITHIN = "2026-01-30T00:00:00.000Z"
AFTER = "2026-02-02T00:00:00.000Z"


def keep(stage: Stage, now: str) -> int:
    keeper = RecordKeeper(stage.settings, stage.table, now, lambda: True)
    keeper.run()
    return keeper.deleted


def ran(stage: Stage, number: int, *, ended: str | None = NOW) -> str:
    """An evaluation of two jobs that have completed; it goes on when `ended` is None."""
    evaluation, lines = builders.planned(stage, record(number))
    for line in lines:
        arn = start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)[
            "job_arn"
        ]
        stage.bedrock.jobs[arn]["status"] = "Completed"
        stage.table.advance_job(evaluation, line["job_id"], JobStatus.COLLECTED, {})
    if ended:
        fail_evaluation(evaluation, error={"Error": "X"}, settings=stage.settings, table=stage.table, now=ended)
    return evaluation


def on_bedrock(stage: Stage) -> list[str]:
    """Evaluations of which Bedrock has jobs."""
    return sorted({job["jobDescription"].split()[2].rstrip(",") for job in stage.bedrock.jobs.values()})


@pytest.fixture
def small_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits in small: from 4 jobs on the oldest go, until 3 are left."""
    monkeypatch.setattr(record_keeping, "MANY", 4)
    monkeypatch.setattr(record_keeping, "ENOUGH", 3)


def test_records_are_deleted_when_their_time_is_over_and_not_before(stage: Stage) -> None:
    ran(stage, 1)

    assert (keep(stage, WITHIN), len(stage.bedrock.jobs)) == (0, 2)
    assert (keep(stage, AFTER), len(stage.bedrock.jobs)) == (2, 0)
    assert list(stage.table.unfinished(Unfinished.ON_BEDROCK)) == []
    assert keep(stage, AFTER) == 0


def test_a_record_that_somebody_else_deleted_is_no_obstacle(stage: Stage) -> None:
    ran(stage, 1)
    stage.bedrock.jobs.pop(next(iter(stage.bedrock.jobs)))

    keep(stage, AFTER)

    assert list(stage.table.unfinished(Unfinished.ON_BEDROCK)) == []


def test_a_job_that_still_stops_is_deleted_another_time(stage: Stage) -> None:
    evaluation = ran(stage, 1)
    last = next(reversed(stage.bedrock.jobs))
    stage.bedrock.jobs[last]["status"] = "Stopping"

    keep(stage, AFTER)
    left = list(stage.table.unfinished(Unfinished.ON_BEDROCK))
    stage.bedrock.jobs[last]["status"] = "Stopped"
    keep(stage, AFTER)

    assert left == [evaluation]
    assert stage.bedrock.jobs == {}
    assert list(stage.table.unfinished(Unfinished.ON_BEDROCK)) == []


def test_a_job_that_was_recorded_while_its_evaluation_was_ended_ends_before_its_record_goes(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    fail_evaluation(evaluation, error={"Error": "X"}, settings=stage.settings, table=stage.table, now=NOW)
    arn = "arn:aws:bedrock:us-east-1:123456789012:evaluation-job/abcdefghijkl"
    stage.bedrock.jobs[arn] = {"jobName": lines[0]["job_id"], "status": "Completed", "jobDescription": ""}
    stage.table.advance_job(evaluation, lines[0]["job_id"], JobStatus.STARTED, {"job_arn": arn})

    keep(stage, AFTER)

    assert [job["status"] for job in stage.table.jobs(evaluation)] == [JobStatus.STOPPED]
    assert stage.bedrock.jobs == {}


def test_records_go_by_twenty_five(stage: Stage) -> None:
    suite = (
        "version: 1\ngenerators:\n"
        + "".join(f"  - {{model: 'amazon.nova-lite-v1:0', name: n{number}}}\n" for number in range(10))
        + "judges: [{model: 'amazon.nova-pro-v1:0', name: judge}]\nmetrics: [Correctness]\n"
    )
    evaluation, lines = builders.planned(stage, *(record(number) for number in range(2001)), suite=suite)
    for number, line in enumerate(lines):
        arn = f"arn:aws:bedrock:us-east-1:123456789012:evaluation-job/{number:012d}"
        stage.bedrock.jobs[arn] = {"jobName": line["job_id"], "status": "Completed", "jobDescription": ""}
        stage.table.advance_job(evaluation, line["job_id"], JobStatus.COLLECTED, {"job_arn": arn})
    fail_evaluation(evaluation, error={"Error": "X"}, settings=stage.settings, table=stage.table, now=NOW)

    assert keep(stage, AFTER) == len(lines) == 30
    assert stage.bedrock.calls.count("BatchDeleteEvaluationJob") == 2


@pytest.mark.usefixtures("small_quota")
def test_near_the_limit_the_oldest_go_before_their_time(stage: Stage) -> None:
    old = ran(stage, 1, ended="2026-01-03T00:00:00.000Z")
    young = ran(stage, 2, ended="2026-01-04T00:00:00.000Z")

    deleted = keep(stage, WITHIN)

    assert (deleted, len(stage.bedrock.jobs)) == (1, 3)
    assert on_bedrock(stage) == sorted([old, young])
    assert list(stage.table.unfinished(Unfinished.ON_BEDROCK)) == [old, young]


@pytest.mark.usefixtures("small_quota")
def test_an_evaluation_that_goes_on_gives_up_the_records_of_its_ended_jobs_when_no_other_has_any(stage: Stage) -> None:
    first, second = (ran(stage, number, ended=None) for number in (1, 2))

    assert keep(stage, WITHIN) == 1
    assert sorted(stage.table.unfinished(Unfinished.OPEN)) == sorted([first, second])


@pytest.mark.usefixtures("small_quota")
def test_the_record_of_a_job_whose_results_were_not_collected_yet_is_kept(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, *(record(number) for number in range(1001)))
    for line in lines:
        arn = start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)[
            "job_arn"
        ]
        stage.bedrock.jobs[arn]["status"] = "Completed"

    assert (keep(stage, WITHIN), len(stage.bedrock.jobs)) == (0, len(lines))


@pytest.mark.usefixtures("small_quota")
def test_jobs_of_others_count_and_are_left_alone(stage: Stage) -> None:
    for number in range(5):
        arn = f"arn:aws:bedrock:us-east-1:123456789012:evaluation-job/foreign{number:05d}"
        stage.bedrock.jobs[arn] = {"jobName": f"by-hand-{number}", "status": "Completed", "jobDescription": "mine"}

    assert (keep(stage, WITHIN), len(stage.bedrock.jobs)) == (0, 5)


def test_jobs_are_counted_again_only_when_there_can_be_many(stage: Stage) -> None:
    lists = []
    for now in ("2026-01-03T00:00:00.000Z", "2026-01-03T10:00:00.000Z", "2026-01-03T17:00:00.000Z"):
        keep(stage, now)
        lists.append(stage.bedrock.calls.count("ListEvaluationJobs"))

    assert lists == [1, 1, 2]
