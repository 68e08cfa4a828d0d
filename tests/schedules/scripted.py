"""The scenarios of the state machine's tests on the machine of the simulation, with the same actors and no hour of
waiting: the second engine beside the twin's.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from tests.schedules.callbacks import Callbacks
from tests.schedules.kernel import Kernel
from tests.schedules.machine import Machine, Record, StateError
from tests.statemachine import actor, definition
from tests.statemachine.performance import Child, Performance, evaluation_id_of
from tests.statemachine.scenarios import happy, hurried, line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.schedules.machine import Witness
    from tests.statemachine.scenarios import Scenario


class Stage:
    """What the machine calls in one play: scripted actors, whose hanging takes none of our time."""

    def __init__(self, scenario: Scenario, evaluation_id: str, folder: Path, kernel: Kernel) -> None:
        self._scenario = scenario
        self._folder = folder
        self._kernel = kernel
        self._runs = 0
        self.callbacks = Callbacks()
        script = json.dumps(happy(scenario.map_results) | scenario.script)
        (folder / "script.json").write_text(script.replace("{id}", evaluation_id).replace('"hang"', '"hung"'))

    def invoke(self, state: str, event: dict[str, Any], *, timeout: float, given_up: str = "States.Timeout") -> Any:
        """Play the state's Lambda; an exception is what Step Functions makes of one (Lambda's error payload)."""
        job = event["job"]["job_id"] if "job" in event else actor.EVALUATION
        attempt = [call["state"] for call in actor.calls(self._folder).get(job, [])].count(state)
        try:
            answer = actor.play(self._folder, state, dict(event), self._tell)
        except Exception as error:
            told = {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": "", "stackTrace": []}
            raise StateError(type(error).__name__, json.dumps(told)) from error
        script = json.loads((self._folder / "script.json").read_text())
        outcomes = script.get(f"{state}/{job}", script.get(state))
        if outcomes[min(attempt, len(outcomes) - 1)].get("hung", 0) > timeout:
            self._kernel.sleep(timeout)
            raise StateError(given_up)
        return answer

    def _tell(self, token: str, outcome: dict[str, Any]) -> None:
        if "ends" in outcome:
            self.callbacks.succeed(token, json.dumps(outcome["ends"]))
        else:
            self.callbacks.fail(token, outcome["wakes"], actor.CAUSE)

    def read_items(self, key: str) -> list[Any]:
        """The plan of that round."""
        if not self._scenario.planned:
            raise StateError("States.ItemReaderFailed")
        panel = self._scenario.panel_ids
        ids = panel if key.endswith("panel.jsonl") else [job for job in self._scenario.job_ids if job not in panel]
        return [line(job, self._scenario.timeout_seconds) for job in ids]

    def write_results(self, prefix: str) -> None:
        """The role may write below `evaluations/`, and elsewhere only once that was mended."""
        self._runs += 1
        mended = self._scenario.results_mended and self._runs > 1
        if not prefix.startswith("evaluations/") and not mended:
            raise StateError("States.ResultWriterFailed")


def play_all(scenarios: Iterable[Scenario], folder: Path, witness: Witness | None = None) -> dict[str, Performance]:
    """Every scenario by its name; `witness` is told of every expression that is evaluated."""
    played = {}
    for number, scenario in enumerate(scenarios):
        evaluation_id = evaluation_id_of(number)
        (folder / evaluation_id).mkdir()
        played[scenario.name] = play(scenario, evaluation_id, folder / evaluation_id, witness)
    return played


def play(scenario: Scenario, evaluation_id: str, folder: Path, witness: Witness | None = None) -> Performance:
    """One scenario, in an empty folder."""
    text = definition.filled(definition.TEXT, functions="", bucket="stage")
    parsed = json.loads(hurried(text) if scenario.hurried else text)
    kernel, record = Kernel(), Record()
    stage = Stage(scenario, evaluation_id, folder, kernel)
    jitter = Random(0)  # noqa: S311 - nothing else is random
    engine = Machine(parsed, kernel, jitter, stage, witness=witness, callbacks=stage.callbacks)
    process = kernel.spawn(lambda: engine.run({"evaluation_id": evaluation_id}, record))
    kernel.run()
    if process.error and not isinstance(process.error, StateError):
        raise process.error
    return Performance(
        scenario=scenario,
        evaluation_id=evaluation_id,
        calls=actor.calls(folder),
        children=[
            Child(job=child.item["job_id"], fired=tuple(child.fired), **_end(child))
            for children in record.children.values()
            for child in children
        ],
        map_runs=record.runs["RunJobs"],
        fired=tuple(record.fired),
        **_end(record),
    )


def _end(record: Record) -> dict[str, Any]:
    failure = record.failure
    return {
        "status": "FAILED" if failure else "SUCCEEDED",
        "output": record.output,
        "error": failure.name if failure else None,
        "cause": failure.cause if failure else None,
    }
