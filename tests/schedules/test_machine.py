"""The machine of the simulation goes the ways that Step Functions' emulator goes on the twin (`tests/statemachine`)."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.schedules.kernel import Kernel
from tests.schedules.machine import Machine, Record, StateError
from tests.statemachine import actor, definition
from tests.statemachine.scenarios import SCENARIOS, happy, hurried

if TYPE_CHECKING:
    from pathlib import Path

    from tests.statemachine.scenarios import Scenario

EVALUATION = "play-0000000000000000"


class Stage:
    """The scripted actors of the state machine's own tests, without the seconds that they hang."""

    def __init__(self, scenario: Scenario, folder: Path, kernel: Kernel) -> None:
        self.scenario = scenario
        self.folder = folder
        self.kernel = kernel
        script = happy(scenario.map_results) | scenario.script
        (folder / "script.json").write_text(json.dumps(script).replace("{id}", EVALUATION).replace('"hang"', '"hung"'))

    def invoke(self, state: str, event: dict[str, Any], *, timeout: float) -> Any:
        job = event["job"]["job_id"] if "job" in event else actor.EVALUATION
        attempt = self.calls().get(job, []).count(state)
        try:
            answer = actor.play(self.folder, state, event)
        except Exception as error:
            raise StateError(type(error).__name__, str(error)) from error
        script = json.loads((self.folder / "script.json").read_text())
        outcomes = script.get(f"{state}/{job}", script.get(state))
        if outcomes[min(attempt, len(outcomes) - 1)].get("hung", 0) > timeout:
            self.kernel.sleep(timeout)
            raise StateError("States.Timeout")
        return answer

    def read_items(self, key: str) -> list[Any]:
        if not self.scenario.planned:
            raise StateError("States.ItemReaderFailed")
        panel = self.scenario.panel_ids
        ids = panel if key.endswith("panel.jsonl") else [job for job in self.scenario.job_ids if job not in panel]
        return [{"job_id": job, "shard": 0} for job in ids]

    def write_results(self, prefix: str) -> None:
        if not prefix.startswith("evaluations/"):
            raise StateError("States.ResultWriterFailed")

    def calls(self) -> dict[str, list[str]]:
        return {
            file.stem: [json.loads(line)["state"] for line in file.read_text().splitlines()]
            for file in self.folder.glob("*.jsonl")
        }


def play(scenario: Scenario, folder: Path) -> tuple[Stage, Record]:
    kernel, record = Kernel(), Record()
    stage = Stage(scenario, folder, kernel)
    text = definition.filled(definition.TEXT, functions="", bucket="stage")
    parsed = json.loads(hurried(text) if scenario.hurried else text)
    machine = Machine(parsed, kernel, Random(0), stage)  # noqa: S311 - only jitter
    process = kernel.spawn(lambda: machine.run({"evaluation_id": EVALUATION}, record))
    kernel.run()
    assert process.error is None or isinstance(process.error, StateError), process.error
    return stage, record


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_simulated_machine_goes_the_way_of_the_scenario(scenario: Scenario, tmp_path: Path) -> None:
    stage, record = play(scenario, tmp_path)

    calls = stage.calls()
    assert tuple(calls.pop(actor.EVALUATION)) == scenario.evaluation
    assert {job: tuple(way) for job, way in calls.items()} == {job: scenario.way_of(job) for job in scenario.job_ids}
    assert bool(record.failed) == (scenario.status == "FAILED")
    lost = {child.item["job_id"] for child in record.children.get("RunJobs", []) if child.failed == "JobLost"}
    assert lost == set(scenario.lost)
