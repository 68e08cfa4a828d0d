"""Alarms, their runbooks, and the dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import infra.check
from gavel.names.deployed import Metric
from infra.config import EnvironmentConfig
from infra.handler_table import HANDLERS, WORKFLOW_HANDLERS
from tests.infra.template import Synthesised, text

RUNBOOKS = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def alarms(production: Synthesised) -> dict[str, dict[str, Any]]:
    """Alarms by the section of their runbook."""
    found = production.of_type("AWS::CloudWatch::Alarm").values()
    return {alarm["AlarmDescription"].rpartition("#")[2]: alarm for alarm in found}


def sections() -> set[str]:
    return set(re.findall(r"^## (.+)$", RUNBOOKS, re.MULTILINE))


def test_every_alarm_publishes_to_the_topic(alarms: dict[str, dict[str, Any]], production: Synthesised) -> None:
    (topic,) = production.of_type("AWS::SNS::Topic")

    assert alarms
    assert {tuple(text(action) for action in alarm["AlarmActions"]) for alarm in alarms.values()} == {(f"<{topic}>",)}


def test_every_alarm_ends_with_a_section_of_the_runbooks_that_exists_and_every_section_has_its_alarm(
    alarms: dict[str, dict[str, Any]],
) -> None:
    assert set(alarms) == sections()
    assert {alarm["AlarmDescription"].split()[-1].partition("#")[0] for alarm in alarms.values()} == {
        "docs/runbooks.md"
    }


@pytest.mark.parametrize("section", sorted(sections()))
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(section: str) -> None:
    chapter = RUNBOOKS.partition(f"\n## {section}\n")[2].partition("\n## ")[0]

    assert [part for part in ("**What it means.**", "**Look at**", "```sh", "**Do.**") if part not in chapter] == []


def test_runbooks_may_be_kept_elsewhere() -> None:
    config = EnvironmentConfig(name="production", runbook_base="https://wiki.example.com/gavel")
    found = Synthesised(infra.check.template(config)).of_type("AWS::CloudWatch::Alarm").values()

    assert [alarm for alarm in found if "https://wiki.example.com/gavel#" not in alarm["AlarmDescription"]] == []


def test_a_silent_reconciler_is_an_alarm_and_any_other_silence_is_none(alarms: dict[str, dict[str, Any]]) -> None:
    silent = {section: alarm["TreatMissingData"] for section, alarm in alarms.items()}

    assert silent.pop("evaluation-stuck") == "breaching"
    assert set(silent.values()) == {"notBreaching"}
    stuck = alarms["evaluation-stuck"]
    assert (stuck["MetricName"], stuck["Threshold"]) == (Metric.OLDEST_UNFINISHED, 30)


def test_own_metrics_are_those_of_this_stack(alarms: dict[str, dict[str, Any]]) -> None:
    own = [alarm for alarm in alarms.values() if alarm.get("Namespace") == "Gavel"]

    assert {alarm["MetricName"] for alarm in own} == {Metric.FAILED, Metric.OLDEST_UNFINISHED, Metric.BUDGET_REFUSALS}
    for alarm in own:
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "gavel-production"}]


def test_errors_of_the_state_machines_own_lambdas_are_no_alarm(
    alarms: dict[str, dict[str, Any]], production: Synthesised
) -> None:
    metrics = [item["MetricStat"] for item in alarms["lambda-errors"]["Metrics"] if "MetricStat" in item]
    watched = {text(item["Metric"]["Dimensions"][0]["Value"]) for item in metrics}
    entrances = {row.name for row in HANDLERS} - {row.name for row in WORKFLOW_HANDLERS}
    names = {
        f"<{name}>"
        for name, item in production.of_type("AWS::Lambda::Function").items()
        if item["Handler"].split(".")[1] in entrances
    }

    assert watched == names
    # CloudWatch user guide, "Create an alarm based on a metric math expression": at most ten metrics.
    assert len(metrics) <= 10


def test_the_dashboard_shows_every_lambda_and_finds_suites_by_itself(production: Synthesised) -> None:
    board = production.only("AWS::CloudWatch::Dashboard")
    body = text_of(board["DashboardBody"])

    assert board["DashboardName"] == "gavel-production"
    assert [row.name for row in HANDLERS if f'"{row.name}"' not in body] == []
    for metric in (Metric.COST, Metric.DURATION, Metric.COVERAGE, Metric.SCORE):
        assert f'MetricName=\\"{metric}\\" service=\\"gavel-production\\"' in body
    assert len(json.loads(body)["widgets"]) == 11


def text_of(value: Any) -> str:
    """A body with a plain text in the place of what CloudFormation fills in."""
    return "".join(part if isinstance(part, str) else "x" for part in value["Fn::Join"][1])
