"""Every way through the state machine, gone on the twin by the definition as it is deployed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.statemachine import actor, definition, histories
from tests.statemachine.scenarios import CONCURRENT_JOBS, CROWD, LIMIT_OF_LOOKS, SCENARIOS, Scenario
from tests.statemachine.stage import Stage

if TYPE_CHECKING:
    from local.twin import State
    from tests.statemachine.performance import Performance

pytestmark = pytest.mark.twin


@pytest.fixture(scope="module")
def performances(twin: State, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Performance]:
    with contextlib.closing(Stage(twin, tmp_path_factory.mktemp("plays"))) as stage:
        return stage.play_all(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_scenario_goes_its_way(performances: dict[str, Performance], scenario: Scenario) -> None:
    played = performances[scenario.name]
    assert played.way_of() == scenario.evaluation
    assert {job: played.way_of(job) for job in played.calls if job != actor.EVALUATION} == {
        job: scenario.way_of(job) for job in scenario.job_ids
    }
    assert (played.status, played.error) == (
        scenario.status,
        scenario.error if scenario.status == "FAILED" else None,
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_job_ends_well_unless_its_end_could_not_be_recorded(
    performances: dict[str, Performance], scenario: Scenario
) -> None:
    played = performances[scenario.name]
    lost = [child for child in played.children if child.status == "FAILED"]
    assert {child.job for child in lost} == set(scenario.lost)
    assert {child.error for child in lost} <= {scenario.lost_with}
    assert {child.status for child in played.children} <= {"SUCCEEDED", "FAILED"}


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.reason], ids=lambda scenario: scenario.name)
def test_who_records_a_failure_is_told_its_reason(performances: dict[str, Performance], scenario: Scenario) -> None:
    played = performances[scenario.name]
    told = played.events("FailJob") or played.events("FailEvaluation")
    assert {event["error"]["Error"] for event in told} == {scenario.reason}
    assert all(set(event["error"]) == {"Error", "Cause"} for event in told)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_lambda_is_given_what_its_handler_reads(performances: dict[str, Performance], scenario: Scenario) -> None:
    played = performances[scenario.name]
    job = {"evaluation_id", "job"}
    fields = {
        "PlanEvaluation": {"evaluation_id", "way_by_error"},
        "StartJob": job,
        "CheckJob": job | {"looks"},
        "CollectScores": job,
        "FailJob": job | {"error"},
        "SummarizeEvaluation": {"evaluation_id", "round_left"},
        "PublishVerdict": {"evaluation_id", "outcome"},
        "FailEvaluation": {"evaluation_id", "error"},
    }
    for state, wanted in fields.items():
        for event in played.events(state):
            assert wanted <= set(event)
            assert event["evaluation_id"] == played.evaluation_id
            if "job" in wanted:
                assert set(event["job"]) == {"job_id", "shard", "timeout_seconds"}


def test_looks_are_counted_from_one(performances: dict[str, Performance]) -> None:
    played = performances["a job that never ends is given up after 200 looks"]
    assert [event["looks"] for event in played.events("CheckJob")] == list(range(1, LIMIT_OF_LOOKS + 1))


@pytest.mark.parametrize(
    "scenario", [s for s in SCENARIOS if s.map_runs is not None], ids=lambda scenario: scenario.name
)
def test_a_map_is_run_again_only_when_its_results_cannot_be_written(
    performances: dict[str, Performance], scenario: Scenario
) -> None:
    assert performances[scenario.name].map_runs == scenario.map_runs


def test_no_more_jobs_run_at_once_than_allowed(performances: dict[str, Performance]) -> None:
    played = performances[CROWD.name]
    spans = [(calls[0]["at"], calls[-1]["at"]) for job, calls in played.calls.items() if job != actor.EVALUATION]
    crowds = [sum(first <= moment <= last for first, last in spans) for moment, _ in spans]
    assert max(crowds) == CONCURRENT_JOBS


def test_every_state_transition_retry_and_catch_was_gone(performances: dict[str, Performance]) -> None:
    machine = definition.load()
    gone = {event for played in performances.values() for event in played.all_fired()}
    assert sorted(map(str, histories.everything(machine) - gone)) == []
    assert gone <= histories.everything(machine)
