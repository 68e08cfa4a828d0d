"""The example that lets an evaluation answer the manual approval of a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]  # cfn-lint ships no types
from jsonata.jsonata import Jsonata

from gavel.names.statuses import EVENT_SOURCE, EventType

FILE: Final = Path(__file__).parents[2] / "examples" / "events" / "codepipeline-gate.yaml"
TEXT: Final = FILE.read_text(encoding="utf-8")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands behind them."""


_Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.load(TEXT, Loader=_Loader)["Resources"]  # noqa: S506 - a SafeLoader
    return found


def value(expression: str, states: dict[str, Any], **variables: Any) -> Any:
    """What an expression of the state machine says, with its substitutions filled in."""
    plain = expression.removeprefix("{%").removesuffix("%}").strip()
    for name in ("PipelineName", "StageName", "ActionName"):
        plain = plain.replace("${" + name + "}", name.lower())
    program = Jsonata(plain)
    program.assign("states", states)
    for name, given in variables.items():
        program.assign(name, given)
    return program.evaluate(None)


def pipeline(*actions: tuple[str, str, str]) -> dict[str, Any]:
    """The answer of GetPipelineState: actions of one stage by name, status and token."""
    states = [
        {"ActionName": name, "LatestExecution": {"Status": status, "Token": token}} for name, status, token in actions
    ]
    return {"result": {"StageStates": [{"StageName": "source"}, {"StageName": "stagename", "ActionStates": states}]}}


def test_the_linter_finds_nothing() -> None:
    settings = ManualArgs(include_checks=["I"])
    assert [str(match) for match in lint(TEXT, config=settings)] == []


def test_it_hears_every_end_of_the_suites_evaluations(resources: dict[str, dict[str, Any]]) -> None:
    pattern = resources["EvaluationEnded"]["Properties"]["EventPattern"]

    assert pattern["source"] == [EVENT_SOURCE]
    assert set(pattern["detail-type"]) == {kind.value for kind in EventType}
    assert pattern["detail"] == {"suite": ["Suite"]}


@pytest.mark.parametrize(
    ("detail", "answer"),
    [
        ({"status": "COMPLETED", "verdict": {"outcome": "PASS"}}, "Approved"),
        ({"status": "COMPLETED", "verdict": {"outcome": "FAIL"}}, "Rejected"),
        ({"status": "COMPLETED", "verdict": {"outcome": "INCONCLUSIVE"}}, "Rejected"),
        ({"status": "COMPLETED"}, "Rejected"),
        ({"status": "REFUSED"}, "Rejected"),
    ],
)
def test_only_a_pass_approves(resources: dict[str, dict[str, Any]], detail: dict[str, Any], answer: str) -> None:
    states = resources["Gate"]["Properties"]["Definition"]["States"]
    outcome = value(states["Judge"]["Assign"]["outcome"], {"input": {"detail": detail}})
    result = states["Answer"]["Arguments"]["Result"]

    assert value(result["Status"], {}, outcome=outcome) == answer
    assert outcome in value(result["Summary"], {}, outcome=outcome, evaluation="shopping-1")


@pytest.mark.parametrize(
    ("actions", "token"),
    [
        ([("other", "Succeeded", "a"), ("actionname", "InProgress", "b")], "b"),
        ([("actionname", "Succeeded", "b")], ""),
        ([("other", "InProgress", "a")], ""),
    ],
)
def test_the_token_is_that_of_the_approval_that_waits(
    resources: dict[str, dict[str, Any]], actions: list[tuple[str, str, str]], token: str
) -> None:
    look = resources["Gate"]["Properties"]["Definition"]["States"]["LookForApproval"]

    assert value(look["Assign"]["token"], pipeline(*actions)) == token


def test_a_pipeline_that_has_not_come_so_far_has_no_token(resources: dict[str, dict[str, Any]]) -> None:
    look = resources["Gate"]["Properties"]["Definition"]["States"]["LookForApproval"]
    stages = {"result": {"StageStates": [{"StageName": "stagename", "ActionStates": [{"ActionName": "actionname"}]}]}}

    assert value(look["Assign"]["token"], stages) == ""
