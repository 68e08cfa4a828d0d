"""StartJob, CheckJob and FailJob against a fake of Bedrock's jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients
from gavel.aws.check_job import check_job
from gavel.aws.fail_job import fail_job
from gavel.aws.start_job import start_job
from gavel.names import table_keys
from gavel.problems import QuotaFullError, TryLaterError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


def begin(stage: Stage, evaluation: str, line: dict[str, Any]) -> dict[str, Any]:
    return start_job(evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW)


def look(stage: Stage, evaluation: str, line: dict[str, Any], looks: int = 1) -> dict[str, Any]:
    return check_job(evaluation, line, looks=looks, table=stage.table, now=NOW)


def forget(stage: Stage, evaluation: str, line: dict[str, Any]) -> None:
    """Take a job out of the table, as if its start had never been recorded."""
    key = {
        table_keys.PARTITION_KEY: table_keys.evaluation_partition(evaluation),
        table_keys.SORT_KEY: table_keys.JOB_SORT_PREFIX + line["job_id"],
    }
    clients.table(stage.table.name).delete_item(Key=key)


@pytest.fixture
def job(stage: Stage) -> tuple[str, dict[str, Any]]:
    evaluation, lines = builders.planned(stage, record(1), record(2))
    return evaluation, lines[0]


def item(stage: Stage, job: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return stage.table.job(job[0], job[1]["job_id"]) or {}


def test_starting_a_job_twice_makes_one_job(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    first = begin(stage, *job)
    second = begin(stage, *job)

    assert first["job_arn"] == second["job_arn"]
    assert len(stage.bedrock.jobs) == 1


@pytest.mark.parametrize("code", ["InternalServerException", "ThrottlingException"])
def test_a_start_whose_answer_was_lost_is_found_by_its_token(
    stage: Stage, job: tuple[str, dict[str, Any]], code: str
) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = [f"lost:{code}"]
    with pytest.raises(TryLaterError):
        begin(stage, *job)

    begin(stage, *job)

    assert len(stage.bedrock.jobs) == 1
    assert "ListEvaluationJobs" not in stage.bedrock.calls  # nor was it found by its name


def test_a_job_whose_token_bedrock_forgot_is_adopted_by_its_name(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException", "ConflictException"]
    with pytest.raises(TryLaterError):
        begin(stage, *job)

    answer = begin(stage, *job)

    assert [answer["job_arn"]] == list(stage.bedrock.jobs)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("roleArn", "arn:aws:iam::123456789012:role/somebody"),
        ("jobDescription", "made by hand"),
        ("outputDataConfig", {"s3Uri": "s3://elsewhere/"}),
    ],
)
def test_a_job_of_the_same_name_that_is_not_ours_is_left_alone(
    stage: Stage, job: tuple[str, dict[str, Any]], field: str, other: object
) -> None:
    begin(stage, *job)
    (arn,) = stage.bedrock.jobs
    stage.bedrock.jobs[arn] |= {field: other, "clientRequestToken": "another"}
    forget(stage, *job)

    assert begin(stage, *job) == {"status": "Failed"}

    assert arn in item(stage, job)["reason"]
    assert field in item(stage, job)["reason"]
    assert stage.bedrock.jobs[arn]["status"] == "InProgress"


def test_a_name_that_is_taken_by_a_job_nobody_lists_is_tried_again(
    stage: Stage, job: tuple[str, dict[str, Any]]
) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = ["ConflictException"]

    with pytest.raises(TryLaterError, match=job[1]["job_name"]):
        begin(stage, *job)

    assert begin(stage, *job)["status"] == "InProgress"


def test_a_job_whose_start_was_never_recorded_is_told_as_not_started(
    stage: Stage, job: tuple[str, dict[str, Any]]
) -> None:
    stage.bedrock.calls.clear()

    assert look(stage, *job) == {"status": "NotStarted", "wait_seconds": 0}
    assert stage.bedrock.calls == []


def test_a_full_quota_waits_instead_of_failing_the_job(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = ["ServiceQuotaExceededException"]

    with pytest.raises(QuotaFullError):
        begin(stage, *job)

    assert item(stage, job) == {}


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_refused_job_fails_at_once_with_bedrocks_text(
    stage: Stage, job: tuple[str, dict[str, Any]], code: str
) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = [code]

    answer = begin(stage, *job)

    assert answer == {"status": "Failed"}
    assert item(stage, job)["reason"] == f"CreateEvaluationJob: {code}: the reason of {code}"
    assert begin(stage, *job) == {"status": "Failed"}
    assert stage.bedrock.calls == ["CreateEvaluationJob"]


def test_the_request_names_role_shard_metrics_and_judge(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    begin(stage, *job)

    (request,) = stage.bedrock.jobs.values()
    automated = request["evaluationConfig"]["automated"]
    (config,) = automated["datasetMetricConfigs"]
    assert request["roleArn"] == stage.settings.bedrock_role_arn
    assert config["taskType"] == "General"
    assert config["dataset"]["datasetLocation"]["s3Uri"] == f"s3://gavel-bucket/{job[1]['shard_key']}"
    assert len(config["metricNames"]) == 11
    assert len(automated["evaluatorModelConfig"]["bedrockEvaluatorModels"]) == 1


def test_a_failed_job_keeps_bedrocks_messages(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    arn = begin(stage, *job)["job_arn"]
    stage.bedrock.jobs[arn] |= {"status": "Failed", "failureMessages": ["no access to s3:GetObject", "really"]}

    answer = look(stage, *job)

    assert answer["status"] == "Failed"
    assert (item(stage, job)["status"], item(stage, job)["reason"]) == ("FAILED", "no access to s3:GetObject; really")


def test_a_job_stopped_by_someone_else_is_recorded_as_stopped(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    arn = begin(stage, *job)["job_arn"]
    stage.bedrock.jobs[arn]["status"] = "Stopped"

    look(stage, *job)

    assert item(stage, job)["status"] == "STOPPED"


def test_a_job_that_bedrock_no_longer_knows_counts_as_deleting(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    begin(stage, *job)
    stage.bedrock.jobs.clear()

    assert look(stage, *job)["status"] == "Deleting"


def test_waits_grow_with_the_looks_and_stay_between_half_a_minute_and_a_quarter_of_an_hour(
    stage: Stage, job: tuple[str, dict[str, Any]]
) -> None:
    begin(stage, *job)

    waits = [look(stage, *job, looks)["wait_seconds"] for looks in range(1, 60)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (32, 900)


def test_failing_a_job_stops_it_on_bedrock(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    arn = begin(stage, *job)["job_arn"]

    fail_job(*job, error={"Error": "JobOverdueError", "Cause": ""}, table=stage.table, now=NOW)

    assert stage.bedrock.jobs[arn]["status"] == "Stopping"
    assert "did not end" in item(stage, job)["reason"]


def test_failing_a_job_finds_the_one_whose_start_was_never_recorded(
    stage: Stage, job: tuple[str, dict[str, Any]]
) -> None:
    stage.bedrock.errors["CreateEvaluationJob"] = ["lost:InternalServerException"]
    with pytest.raises(TryLaterError):
        begin(stage, *job)

    fail_job(*job, error={"Error": "TryLaterError", "Cause": ""}, table=stage.table, now=NOW)

    assert [running["status"] for running in stage.bedrock.jobs.values()] == ["Stopping"]


def test_a_job_that_ended_never_moves_back(stage: Stage, job: tuple[str, dict[str, Any]]) -> None:
    arn = begin(stage, *job)["job_arn"]
    stage.bedrock.jobs[arn]["status"] = "Stopped"
    look(stage, *job)

    fail_job(*job, error={"Error": "Late", "Cause": "news"}, table=stage.table, now=NOW)

    assert item(stage, job)["status"] == "STOPPED"
