"""The expressions mean the same to JSONata's own implementation as to the Python port that the twin uses."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from typing import Any

from proofs.state_machine.jsonata import EVALUATE, NODE
from tests.statemachine import definition, jsonata_reading
from tests.statemachine.definition import ROOT

STATUSES = ["InProgress", "Stopping", "Completed", "Deleting", "Failed", "Stopped", "Paused", "", None]
ROUNDS = [{"jobs_key": f"evaluations/e/plan/{name}.jsonl", "jobs_at_once": 6} for name in ("jobs", "panel")]
VARIABLES: list[dict[str, Any]] = [
    {"looks": looks, "round": number, "rounds": rounds, "map_results": "evaluations/e/plan/runs"}
    for looks, number, rounds in (
        (0, 0, ROUNDS[:1]),
        (199, 1, ROUNDS[:1]),
        (200, 0, ROUNDS),
        (0, 1, ROUNDS),
        (1, 2, ROUNDS),
    )
]
ERROR = {"Error": "TryLaterError", "Cause": '{"errorMessage": "busy – später"}'}


def inputs() -> list[dict[str, Any]]:
    """What states are given: answers with every status and outcome, caught errors, nothing."""
    answers = [{"status": s, "job_arn": "arn:aws:bedrock:::evaluation-job/a", "wait_seconds": 31} for s in STATUSES]
    plan = {"rounds": ROUNDS, "map_results": "evaluations/e/plan/runs"}
    outcomes = [
        {"evaluation_id": "e", "outcome": o, **plan} for o in ("PLANNED", "REFUSED", "SCORED", "NOTHING_SCORED", "")
    ]
    return [*answers, *outcomes, {"error": ERROR}, {"job": {"job_id": "g0-j0-s0", "shard": 0}}, {}]


def cases() -> list[tuple[str, dict[str, Any]]]:
    filled = json.loads(definition.plausible())
    found = {text for state in definition.all_states(filled).values() for _, text in definition.expressions(state)}
    context = {"Execution": {"Input": {"evaluation_id": "e"}}, "Map": {"Item": {"Index": 0, "Value": {"job_id": "j"}}}}
    return [
        (text, {"states": {"input": given, "context": context, "errorOutput": ERROR}, **variables})
        for text, given, variables in product(sorted(found), inputs(), VARIABLES)
    ]


def in_python(expression: str, bindings: dict[str, Any]) -> Any:
    return json.loads(json.dumps(jsonata_reading.evaluate(expression, **bindings)))


def test_every_expression_has_the_value_that_jsonata_itself_gives_it() -> None:
    asked = cases()
    finished = subprocess.run(
        [NODE, "-e", EVALUATE], input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=ROOT
    )
    answered = json.loads(finished.stdout)
    assert len(answered) == len(asked) > 1000
    different = [
        (expression, bindings["states"]["input"], bindings["looks"], bindings["round"], answer)
        for (expression, bindings), answer in zip(asked, answered, strict=True)
        if "error" in answer or in_python(expression, bindings) != answer.get("value")
    ]
    assert different == []
