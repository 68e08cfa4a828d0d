"""The machine of the simulation goes the ways that Step Functions' emulator goes on the twin (`tests/statemachine`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.schedules.scripted import play
from tests.statemachine import actor
from tests.statemachine.performance import evaluation_id_of
from tests.statemachine.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.statemachine.scenarios import Scenario


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_simulated_machine_goes_the_way_of_the_scenario(scenario: Scenario, tmp_path: Path) -> None:
    played = play(scenario, evaluation_id_of(0), tmp_path)

    assert played.way_of() == scenario.evaluation
    jobs = set(played.calls) - {actor.EVALUATION}
    assert {job: played.way_of(job) for job in jobs} == {job: scenario.way_of(job) for job in scenario.job_ids}
    assert (played.status, played.error) == (scenario.status, scenario.error if scenario.status == "FAILED" else None)
    lost = {child.job: child.error for child in played.children if child.error}
    assert lost == dict.fromkeys(scenario.lost, scenario.lost_with)
    if scenario.map_runs is not None:
        assert played.map_runs == scenario.map_runs
