"""The reconciler against evaluations that crashed at every place where one can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from gavel.aws import clients, slots, spending
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.aws.manifests import read_manifest
from gavel.aws.publish_verdict import publish_verdict
from gavel.aws.reconcile import Reconciler, Report
from gavel.aws.start_evaluation import Start, start_evaluation
from gavel.aws.start_job import JobStart, create, start_job
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.names import statuses, table_keys
from gavel.planning.plan import Job
from gavel.problems import TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

SOON = "2026-01-02T03:05:00.000Z"
LATER = "2026-01-02T05:00:00.000Z"
WITH_BUDGET = (
    "version: 1\ngenerators: [{model: 'amazon.nova-lite-v1:0'}]\njudges: [{model: 'amazon.nova-pro-v1:0'}]\n"
    "metrics: [Correctness]\nbudget: {per_evaluation_usd: 1, per_month_usd: 1}\n"
)


def reconciler(stage: Stage, now: str = LATER) -> Reconciler:
    return Reconciler(stage.settings, stage.table, lambda: now, lambda: True)


def everything(stage: Stage, now: str = LATER) -> Report:
    return reconciler(stage, now).all()


def execution_of(stage: Stage, evaluation: str) -> str:
    return f"{stage.settings.state_machine_arn.replace(':stateMachine:', ':execution:')}:{evaluation}"


def abort(stage: Stage, evaluation: str) -> None:
    clients.step_functions().stop_execution(executionArn=execution_of(stage, evaluation))


def begin(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def head_of(stage: Stage, evaluation: str) -> dict[str, Any]:
    return stage.table.head(evaluation) or {}


def job_statuses(stage: Stage) -> list[str]:
    return [job["status"] for job in stage.bedrock.jobs.values()]


def running(stage: Stage) -> tuple[str, str]:
    """An evaluation whose first job runs, and the ARN of that job."""
    evaluation, lines = builders.planned(stage, record(1))
    return evaluation, begin(stage, evaluation, lines[0])["job_arn"]


@pytest.fixture
def headed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> str:
    """An evaluation whose starter died between its head and its execution."""
    version = stage.upload("datasets/default/a.jsonl", record(1))
    begun = Start(dataset_key="datasets/default/a.jsonl", dataset_version=version, suite="default", started_by="upload")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr("gavel.aws.executions.start", die)
        with pytest.raises(KeyboardInterrupt):
            start_evaluation(begun, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)
    (evaluation,) = stage.table.unfinished(table_keys.Unfinished.OPEN)
    return evaluation


def test_an_evaluation_that_was_never_started_is_started(stage: Stage, headed: str) -> None:
    report = everything(stage)

    described = clients.step_functions().describe_execution(executionArn=execution_of(stage, headed))
    assert (report.restarted, described["status"]) == (1, "RUNNING")
    assert everything(stage).restarted == 0


def test_one_that_is_just_being_started_is_left_to_its_starter(stage: Stage, headed: str) -> None:
    assert everything(stage, SOON).restarted == 0
    assert head_of(stage, headed)["status"] == "STARTING"


def test_an_evaluation_whose_execution_runs_is_left_alone(stage: Stage) -> None:
    evaluation, _ = running(stage)

    report = everything(stage)

    assert (report.broken_off, report.jobs_stopped, job_statuses(stage)) == (0, 0, ["InProgress"])
    assert head_of(stage, evaluation)["status"] == "RUNNING"


def test_a_dead_evaluation_fails_with_a_reason_an_event_and_no_running_job(stage: Stage) -> None:
    evaluation, _ = running(stage)
    abort(stage, evaluation)

    report = everything(stage)

    head = head_of(stage, evaluation)
    (event,) = stage.events()
    assert (report.broken_off, head["status"], job_statuses(stage)) == (1, "FAILED", ["Stopping"])
    assert "ended as ABORTED" in head["reason"]
    assert (event["detail-type"], event["detail"]["evaluation_id"]) == ("Evaluation Failed", evaluation)
    assert everything(stage) == Report(oldest_unfinished_hours=0.0)


def under_budget(stage: Stage) -> tuple[str, dict[str, Any]]:
    """An evaluation with a budget, and its job."""
    evaluation, (line,) = builders.planned(stage, record(1), suite=WITH_BUDGET)
    return evaluation, line


def reserved(stage: Stage, evaluation: str) -> tuple[int, int]:
    """What the evaluation, and its suite in the month, have spent or reserved."""
    manifest = read_manifest(stage.bucket, evaluation)
    month = spending.of_month(stage.table, manifest.suite.name, spending.month_of(manifest))
    return spending.of_evaluation(stage.table, evaluation), month


def die_when_asking_bedrock(stage: Stage, evaluation: str, line: dict[str, Any]) -> None:
    """The process that starts a job dies when its slot is taken and its money reserved."""
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr("gavel.aws.jobs.start", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            begin(stage, evaluation, line)


def test_a_job_that_died_with_its_money_reserved_gives_it_back_when_bedrock_never_had_it(stage: Stage) -> None:
    evaluation, line = under_budget(stage)
    die_when_asking_bedrock(stage, evaluation, line)
    assert min(reserved(stage, evaluation)) > 0
    abort(stage, evaluation)

    report = everything(stage)

    job = stage.table.job(evaluation, line["job_id"]) or {}
    assert (report.broken_off, report.problems, job["status"]) == (1, (), "STOPPED")
    assert reserved(stage, evaluation) == (0, 0)


def test_a_job_that_died_before_it_was_recorded_keeps_its_money_when_bedrock_has_it(stage: Stage) -> None:
    evaluation, line = under_budget(stage)
    with pytest.MonkeyPatch.context() as crash:
        crash.setattr("gavel.aws.table.EvaluationTable.advance_job", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            begin(stage, evaluation, line)
    before = reserved(stage, evaluation)
    abort(stage, evaluation)

    everything(stage)

    (arn,) = stage.bedrock.jobs
    assert (stage.table.job(evaluation, line["job_id"]) or {})["job_arn"] == arn
    assert (reserved(stage, evaluation), job_statuses(stage)) == (before, ["Stopping"])


def test_a_job_that_comes_to_bedrock_after_its_evaluation_was_broken_off_is_stopped_at_once(stage: Stage) -> None:
    # Given a start that hangs when its money is reserved, while the evaluation comes to a bad end
    evaluation, line = under_budget(stage)
    die_when_asking_bedrock(stage, evaluation, line)
    abort(stage, evaluation)
    everything(stage)

    # When it goes on after all: its gates lie behind it
    start = JobStart(evaluation, Job.from_json(line), stage.settings, stage.bucket, stage.table, NOW)
    answer = create(start)

    assert (answer, job_statuses(stage)) == ({"status": "Stopped"}, ["Stopping"])


def test_a_dead_evaluation_that_was_to_stop_ends_as_stopped(stage: Stage) -> None:
    evaluation, _ = running(stage)
    stop_evaluation(evaluation, table=stage.table, now=NOW)
    abort(stage, evaluation)

    everything(stage)

    assert head_of(stage, evaluation)["status"] == "STOPPED"
    assert [event["detail-type"] for event in stage.events()] == ["Evaluation Stopped"]


def test_the_slots_of_a_dead_evaluation_become_free_once_its_jobs_have_stopped(stage: Stage) -> None:
    evaluation, arn = running(stage)
    abort(stage, evaluation)
    everything(stage)
    held = slots.holds(stage.table, evaluation, "g0-j0-s0")
    stage.bedrock.jobs[arn]["status"] = "Stopped"

    everything(stage, "2026-01-02T05:15:00.000Z")

    assert held
    assert not slots.holds(stage.table, evaluation, "g0-j0-s0")


def test_the_event_of_a_bad_end_sees_to_that_evaluation_alone(stage: Stage) -> None:
    first, _ = running(stage)
    second = builders.start(stage, record(2))
    for evaluation in (first, second):
        abort(stage, evaluation)

    reconciler(stage).one(first)

    assert (head_of(stage, first)["status"], head_of(stage, second)["status"]) == ("FAILED", "STARTING")


def test_a_job_whose_start_was_never_recorded_is_stopped_with_its_evaluation(stage: Stage) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, evaluation, lines[0])
    abort(stage, evaluation)

    report = reconciler(stage).one(evaluation)

    job = stage.table.job(evaluation, lines[0]["job_id"]) or {}
    assert (report.jobs_stopped, job_statuses(stage), job["status"]) == (1, ["Stopping"], "STOPPED")


def test_a_job_of_a_large_evaluation_that_was_recorded_as_failed_and_still_runs_is_stopped(stage: Stage) -> None:
    evaluation, _ = running(stage)
    stage.table.advance_job(evaluation, "g0-j0-s0", statuses.JobStatus.FAILED, {"reason": "overdue"})

    report = everything(stage)

    assert (report.jobs_stopped, job_statuses(stage)) == (1, ["Stopping"])
    assert head_of(stage, evaluation)["status"] == "RUNNING"


@pytest.mark.parametrize(
    "foreign",
    [
        {"roleArn": "arn:aws:iam::123456789012:role/another-deployment"},
        {"jobDescription": "somebody's own job"},
        {"jobName": "by-hand"},
    ],
)
def test_jobs_of_others_are_never_touched(stage: Stage, foreign: dict[str, str]) -> None:
    evaluation, arn = running(stage)
    stage.bedrock.jobs[arn] |= foreign
    stage.table.advance(evaluation, statuses.EvaluationStatus.FAILED, now=NOW)
    stage.table.close(evaluation, ended_at=NOW)

    assert everything(stage).jobs_stopped == 0
    assert job_statuses(stage) == ["InProgress"]


def test_an_end_whose_announcement_was_lost_is_announced(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluation = builders.start(stage, record(1))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr("gavel.aws.end_evaluation.announce", die)
        with pytest.raises(KeyboardInterrupt):
            publish_verdict(evaluation, outcome="REFUSED", settings=stage.settings, table=stage.table, now=NOW)
    abort(stage, evaluation)

    first, second = everything(stage), everything(stage)

    assert (first.announced, second.announced) == (1, 0)
    assert [event["detail-type"] for event in stage.events()] == ["Evaluation Refused"]


def test_an_evaluation_that_failed_by_itself_needs_no_reconciler(stage: Stage) -> None:
    evaluation = builders.start(stage, record(1))
    fail_evaluation(evaluation, error={"Error": "X"}, settings=stage.settings, table=stage.table, now=NOW)
    abort(stage, evaluation)
    stage.events()

    report = reconciler(stage).one(evaluation)

    assert (report.broken_off, report.announced, stage.events()) == (0, 0, [])


def test_an_evaluation_that_cannot_be_ended_now_keeps_no_other_waiting(stage: Stage) -> None:
    first, _ = running(stage)
    second = builders.start(stage, record(2))
    for evaluation in (first, second):
        abort(stage, evaluation)
    stage.bedrock.errors["StopEvaluationJob"] = ["ThrottlingException"]

    report = everything(stage)

    assert (report.broken_off, len(report.problems)) == (1, 1)
    assert first in report.problems[0]
    assert everything(stage).broken_off == 1
    assert head_of(stage, first)["status"] == head_of(stage, second)["status"] == "FAILED"


def test_a_run_without_time_begins_nothing_more_and_says_so(stage: Stage) -> None:
    evaluation, _ = running(stage)
    abort(stage, evaluation)

    report = Reconciler(stage.settings, stage.table, lambda: LATER, lambda: False).all()

    assert (report.cut_short, report.looked_at, head_of(stage, evaluation)["status"]) == (True, 0, "RUNNING")


def test_a_run_over_everything_notes_when_it_was_and_what_it_could_not_do(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(stage)
    assert stage.table.recall(table_keys.LAST_RUN) == {"at": LATER, "problems": []}

    stage.bedrock.errors["ListEvaluationJobs"] = ["ThrottlingException"]
    everything(stage)
    note = stage.table.recall(table_keys.LAST_RUN) or {}
    assert note["problems"] == ["running jobs: TryLaterError: ListEvaluationJobs: ThrottlingException"]
