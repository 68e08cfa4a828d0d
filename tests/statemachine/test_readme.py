"""The README beside the definition says what the definition and the handlers say."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from tests.statemachine import definition
from tests.statemachine.definition import ROOT

README = (ROOT / "statemachine" / "README.md").read_text(encoding="utf-8")
MACHINE = definition.load()
STATES = definition.all_states(MACHINE)
TASKS = definition.tasks(MACHINE)


def table(heading: str) -> dict[str, list[str]]:
    """The table under a heading: first cell to the others."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("| \n").split(" | ")] for line in section.splitlines() if line[:1] == "|"
    ]
    return {first: rest for first, *rest in rows[2:]}


def docstring(handler: str) -> str:
    tree = ast.parse((ROOT / "lambdas" / "handlers" / f"{handler}.py").read_text(encoding="utf-8"))
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
    return ast.get_docstring(function) or ""


def spoken(retrier: dict[str, Any]) -> str:
    errors = "any error" if retrier["ErrorEquals"] == ["States.ALL"] else ", ".join(retrier["ErrorEquals"])
    return (
        f"{errors}: {retrier['MaxAttempts']} times, {retrier['IntervalSeconds']} s × {retrier['BackoffRate']} "
        f"up to {retrier['MaxDelaySeconds']} s"
    )


def test_every_state_has_a_row() -> None:
    assert set(table("Tasks")) == set(TASKS)
    assert set(table("The others")) == set(STATES) - set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_s_row_names_its_handler_and_what_its_docstring_says(name: str) -> None:
    handler, given, answered, _errors = table("Tasks")[name]
    assert handler == f"`{re.sub(r'(?<!^)([A-Z])', r'_\1', name).lower()}`"
    assert f"{given} → {answered}." in docstring(handler.strip("`"))


def test_the_rows_of_what_is_tried_again_say_the_definition_s_numbers() -> None:
    said = table("What is tried again, and what is not")
    assert set(said) == {name for name, state in STATES.items() if "Retry" in state}
    for name, (never, again) in said.items():
        refused = [error for rule in STATES[name]["Retry"] if not rule["MaxAttempts"] for error in rule["ErrorEquals"]]
        assert never == (", ".join(refused) or "–")
        assert again == "; ".join(spoken(rule) for rule in STATES[name]["Retry"] if rule["MaxAttempts"])


def test_the_picture_shows_every_way_and_no_other() -> None:
    picture = README.split("```mermaid\n")[1].split("```")[0]
    drawn = set(re.findall(r"^ *(\S+) --> (\w+|\[\*\])", picture, flags=re.MULTILINE))
    ways = {(way.source, way.target) for way in definition.all_transitions(MACHINE)}
    starts = {("[*]", start) for start, _ in definition.scopes(MACHINE)}
    ends = {(name, "[*]") for name, state in STATES.items() if state.get("End") or state["Type"] in {"Succeed", "Fail"}}
    assert drawn == ways | starts | ends


def test_the_bounds_that_it_names_are_the_definition_s() -> None:
    bounds = table("What is bounded by what")
    assert bounds["Looks at a job"][0].split(",")[0] in STATES["JobStatus"]["Choices"][0]["Condition"]
    quota = next(rule for rule in STATES["StartJob"]["Retry"] if "QuotaFullError" in rule["ErrorEquals"])
    assert bounds["Waiting for room on Bedrock"] == [
        f"{quota['MaxAttempts']} attempts, at most {quota['MaxDelaySeconds']} s apart"
    ]
    slots = next(rule for rule in STATES["StartJob"]["Retry"] if "SlotsFullError" in rule["ErrorEquals"])
    assert bounds["Waiting for a slot"] == [
        f"{slots['MaxAttempts']} attempts, at most {slots['MaxDelaySeconds']} s apart"
    ]
    assert f"{MACHINE['TimeoutSeconds'] // 86_400} days" in bounds["An evaluation"][0]
    assert f"`ToleratedFailurePercentage` {STATES['RunJobs']['ToleratedFailurePercentage']}" in bounds["Failed jobs"][0]


def test_the_files_that_it_names_exist() -> None:
    named = re.findall(r"`([\w./]+/[\w./]*)`", README)
    assert len(named) >= 3
    assert [name for name in named if not (ROOT / name).exists()] == []
