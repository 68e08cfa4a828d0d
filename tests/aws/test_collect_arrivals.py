"""Bedrock's output arrives: the scores are collected, and whoever waits for the job goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gavel.aws import clients, collect_arrivals, slots
from gavel.aws.arrival_queue import delay_seconds
from gavel.aws.collect_arrivals import MOST_ATTEMPTS, MOST_LOOKS, Arrival, Arrivals, Outcome
from gavel.aws.collect_scores import collect_job
from gavel.aws.end_evaluation import break_off
from gavel.aws.start_job import start_job
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.names import object_keys
from gavel.names.statuses import EvaluationStatus
from gavel.problems import JobToLookAtError, ResultsReadyError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import NOW
from tests.aws.test_collect_and_summarize import SUITE, deliver, result_row

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

TOKEN = "wait-1"  # noqa: S105 - of a wait that is made up


@dataclass
class Waits:
    """Step Functions, as far as waits are ended; `errors` are the codes of the next answers."""

    ended: list[tuple[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def start_execution(self, **execution: str) -> None:
        assert execution["name"]

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:  # noqa: N803 - the API's name
        return {"executionArn": executionArn, "status": "RUNNING"}

    def send_task_success(self, *, taskToken: str, output: str) -> None:  # noqa: N803 - the API's name
        self._end(taskToken, output)

    def send_task_failure(self, *, taskToken: str, error: str, cause: str) -> None:  # noqa: N803 - as above
        assert cause
        self._end(taskToken, error)

    def _end(self, token: str, how: str) -> None:
        if self.errors and (code := self.errors.pop(0)):
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "SendTask")
        self.ended.append((token, how))


COLLECTED = '{"status": "Collected"}'


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    found = Waits()
    monkeypatch.setattr(clients, "step_functions", lambda: found)
    return found


def begin(stage: Stage, evaluation: str, line: dict[str, Any], token: str = TOKEN) -> dict[str, Any]:
    return start_job(
        evaluation, line, settings=stage.settings, bucket=stage.bucket, table=stage.table, now=NOW, token=token
    )


def started(stage: Stage, *, jobs: int = 1) -> tuple[str, list[dict[str, Any]]]:
    """An evaluation with so many jobs that run and are waited for."""
    evaluation, lines = builders.planned(stage, record(1), suite=SUITE)
    for line in lines[:jobs]:
        begin(stage, evaluation, line, f"{TOKEN}-{line['job_id']}" if jobs > 1 else TOKEN)
    return evaluation, lines[:jobs]


def arrive(stage: Stage, evaluation: str, line: dict[str, Any], *, status: str = "Completed") -> str:
    """Write a job's output and set its status; the key of the output."""
    deliver(stage, evaluation, line, *(result_row(asked, 1) for asked in builders.shard(stage, line)))
    item = stage.table.job(evaluation, line["job_id"]) or {}
    stage.bedrock.jobs[item["job_arn"]]["status"] = status
    (key,) = stage.bucket.keys(item["raw_output"])
    return key


def take(stage: Stage, *keys: str, received: int = 1) -> tuple[list[Outcome], list[Exception]]:
    batch = Arrivals(stage.bucket, stage.table, lambda: NOW)
    return batch.take([Arrival(key, received) for key in keys]), batch.faults


def status_of(stage: Stage, evaluation: str, line: dict[str, Any]) -> str:
    return str((stage.table.job(evaluation, line["job_id"]) or {})["status"])


def test_a_started_job_is_waited_for_and_nothing_is_told(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)

    assert waits.ended == []
    assert stage.table.task_tokens(evaluation, line["job_id"]) == {TOKEN}


def test_no_view_of_a_job_shows_its_token(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)

    assert TOKEN not in repr([stage.table.job(evaluation, line["job_id"]), *stage.table.jobs(evaluation)])
    assert waits.ended == []


def test_the_output_of_a_completed_job_is_collected_and_ends_the_wait(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)

    outcomes, faults = take(stage, arrive(stage, evaluation, line))

    assert (outcomes, faults) == ([Outcome.DONE], [])
    assert status_of(stage, evaluation, line) == "COLLECTED"
    assert waits.ended == [(TOKEN, COLLECTED)]
    assert not slots.holds(stage.table, evaluation, line["job_id"])


def test_output_that_is_there_before_its_job_is_done_comes_again(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line, status="InProgress")

    assert take(stage, key)[0] == [Outcome.COMES_AGAIN]
    assert waits.ended == []
    assert slots.holds(stage.table, evaluation, line["job_id"])


def test_a_job_that_goes_on_for_long_after_its_output_is_left_to_the_looks(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line, status="InProgress")

    assert take(stage, key, received=MOST_LOOKS)[0] == [Outcome.DONE]
    assert waits.ended == [(TOKEN, "JobToLookAtError")]


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_job_that_did_not_complete_is_left_to_the_looks(stage: Stage, waits: Waits, status: str) -> None:
    evaluation, (line,) = started(stage)

    take(stage, arrive(stage, evaluation, line, status=status))

    assert waits.ended == [(TOKEN, "JobToLookAtError")]
    assert status_of(stage, evaluation, line) == "STARTED"


def test_a_second_event_changes_nothing_and_tells_the_end_again(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line)
    take(stage, key)
    before = stage.table.job(evaluation, line["job_id"])

    assert take(stage, key, key)[0] == [Outcome.DONE, Outcome.DONE]
    assert stage.table.job(evaluation, line["job_id"]) == before
    assert waits.ended == [(TOKEN, COLLECTED)] * 2


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_token_that_nobody_waits_for_any_more_is_no_fault(stage: Stage, waits: Waits, code: str) -> None:
    evaluation, (line,) = started(stage)
    waits.errors = [code]

    assert take(stage, arrive(stage, evaluation, line)) == ([Outcome.DONE], [])
    assert status_of(stage, evaluation, line) == "COLLECTED"


def test_an_end_that_could_not_be_told_is_told_by_the_next_event(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line)
    waits.errors = ["ThrottlingException"]

    assert take(stage, key)[0] == [Outcome.COMES_AGAIN]
    assert take(stage, key, received=2)[0] == [Outcome.DONE]
    assert waits.ended == [(TOKEN, COLLECTED)]


def test_an_event_that_is_faster_than_the_record_of_its_job_comes_again_and_is_let_go_of(
    stage: Stage, waits: Waits
) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    name = lines[0]["job_name"]
    key = f"{object_keys.EvaluationKeys(evaluation).bedrock}{name}/abc/models/m/1{object_keys.RAW_OUTPUT_SUFFIX}"

    assert take(stage, key)[0] == [Outcome.COMES_AGAIN]
    assert take(stage, key, received=MOST_LOOKS)[0] == [Outcome.DONE]
    assert waits.ended == []


@pytest.mark.parametrize(
    "key",
    [
        "evaluations/default-0123456789abcdef/bedrock/somebody-else/abc/1_output.jsonl",
        "evaluations/default-0123456789abcdef/bedrock/other-0123456789abcdef-g0-j0-s0/abc/1_output.jsonl",
        "evaluations/../bedrock/default-0123456789abcdef-g0-j0-s0/abc/1_output.jsonl",
        "datasets/default/evaluations/x_output.jsonl",
    ],
)
def test_a_key_that_no_job_of_gavels_has_is_let_go_of(stage: Stage, waits: Waits, key: str) -> None:
    assert take(stage, key) == ([Outcome.DONE], [])
    assert stage.bedrock.calls == []
    assert waits.ended == []


def test_output_of_another_job_of_that_name_is_not_taken_for_its_own(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line)
    foreign = key.replace(f"/{line['job_name']}/", f"/{line['job_name']}/another-")

    assert take(stage, foreign)[0] == [Outcome.DONE]
    assert status_of(stage, evaluation, line) == "STARTED"
    assert waits.ended == []


def test_output_that_arrives_after_its_evaluation_was_broken_off_is_not_collected(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    break_off(evaluation, EvaluationStatus.FAILED, "aborted", settings=stage.settings, table=stage.table, now=NOW)
    key = arrive(stage, evaluation, line)

    assert take(stage, key) == ([Outcome.DONE], [])

    assert status_of(stage, evaluation, line) == "STOPPED"
    assert list(stage.bucket.keys(f"evaluations/{evaluation}/scores/")) == []
    assert waits.ended == [(TOKEN, '{"status": "Stopped"}')]


def test_of_several_files_of_a_job_the_one_that_came_most_often_says_how_much_patience_is_left(
    stage: Stage, waits: Waits
) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line, status="InProgress")
    batch = Arrivals(stage.bucket, stage.table, lambda: NOW)

    outcomes = batch.take([Arrival(key), Arrival(key.replace("_output", "-2_output"), MOST_LOOKS)])

    assert outcomes == [Outcome.DONE] * 2
    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_a_jobs_slot_is_given_back_before_its_scores_are_there_and_once(
    stage: Stage, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, (first, second) = started(stage, jobs=2)
    key = arrive(stage, evaluation, first)
    held = []

    def look(*arguments: Any, **named: Any) -> Any:
        held.append([slots.holds(stage.table, evaluation, line["job_id"]) for line in (first, second)])
        return collect_job(*arguments, **named)

    monkeypatch.setattr(collect_arrivals, "collect_job", look)
    take(stage, key)
    take(stage, key)

    assert held == [[False, True]]
    assert slots.holds(stage.table, evaluation, second["job_id"])


def test_jobs_that_arrive_together_share_one_look(stage: Stage, waits: Waits) -> None:
    evaluation, lines = started(stage, jobs=2)
    keys = [arrive(stage, evaluation, line) for line in lines]
    stage.bedrock.calls.clear()

    assert take(stage, *keys)[0] == [Outcome.DONE] * 2
    assert stage.bedrock.calls == ["ListEvaluationJobs"]
    assert len(waits.ended) == 2


def test_one_jobs_fault_keeps_no_other_from_being_collected(stage: Stage, waits: Waits) -> None:
    evaluation, (first, second) = started(stage, jobs=2)
    keys = [arrive(stage, evaluation, line) for line in (first, second)]
    clients.s3().delete_object(Bucket=stage.bucket.name, Key=keys[0])

    outcomes, faults = take(stage, *keys)

    assert (outcomes, len(faults)) == ([Outcome.DONE] * 2, 1)
    assert status_of(stage, evaluation, second) == "COLLECTED"
    assert [how for _, how in waits.ended] == ["JobToLookAtError", COLLECTED]


def test_what_cannot_be_collected_here_is_left_to_the_machine_which_looks_first(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    key = arrive(stage, evaluation, line)
    stage.bedrock.errors["GetEvaluationJob"] = ["AccessDeniedException"]

    outcomes, faults = take(stage, key, received=MOST_ATTEMPTS)

    assert (outcomes, len(faults)) == ([Outcome.DONE], 1)
    assert waits.ended == [(TOKEN, "JobToLookAtError")]


def test_a_start_that_finds_its_job_running_waits_with_its_own_token(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)

    answer = begin(stage, evaluation, line, "newer")
    take(stage, arrive(stage, evaluation, line))

    assert answer["wait_seconds"] == line["timeout_seconds"]
    assert {token for token, _ in waits.ended} == {TOKEN, "newer"}


def test_a_start_that_finds_its_job_done_has_it_looked_at(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    arrive(stage, evaluation, line)

    with pytest.raises(JobToLookAtError):
        begin(stage, evaluation, line, "newer")
    assert waits.ended == []


def test_a_start_that_finds_its_job_collected_says_so_by_the_token(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    take(stage, arrive(stage, evaluation, line))

    begin(stage, evaluation, line, "newer")

    assert waits.ended[-1] == ("newer", COLLECTED)


def test_a_job_that_bedrock_refuses_is_told_at_once(stage: Stage, waits: Waits) -> None:
    evaluation, lines = builders.planned(stage, record(1))
    stage.bedrock.errors["CreateEvaluationJob"] = ["ValidationException"]

    begin(stage, evaluation, lines[0])

    assert waits.ended == [(TOKEN, '{"status": "Failed"}')]


def test_work_that_was_done_before_goes_its_own_way(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)
    take(stage, arrive(stage, evaluation, line))
    again, lines = builders.planned(stage, record(1), suite=SUITE)

    if again == evaluation:  # the same upload: change what makes the evaluation, and not the work
        again = builders.start(stage, record(1), suite=f"{SUITE}\n")
        builders.plan(stage, again)
        lines = builders.jobs(stage, again)

    with pytest.raises(ResultsReadyError):
        begin(stage, again, lines[0], "other")


def test_a_stop_wakes_whoever_waits_for_a_running_job(stage: Stage, waits: Waits) -> None:
    evaluation, (line,) = started(stage)

    stop = stop_evaluation(evaluation, table=stage.table, now=NOW)

    assert stop is not None
    assert stop.asked == 1
    assert waits.ended == [(TOKEN, "JobToLookAtError")]
    assert status_of(stage, evaluation, line) == "STARTED"


def test_events_come_again_soon_at_first_and_every_minute_at_last() -> None:
    assert [delay_seconds(received) for received in range(1, 13)] == [2, 2, 2, 2, 2, 4, 8, 16, 32, 60, 60, 60]
