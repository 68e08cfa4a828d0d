"""Suites over HTTP, with their baselines and schedules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients
from tests.aws.builders import record
from tests.handlers.conftest import KEY, SCHEDULE, scored

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


def test_a_baseline_is_set_shown_and_cleared(call: Any, lambda_environment: Stage) -> None:
    evaluation = scored(lambda_environment)

    assert call("PUT", "/suites/mine/baseline", {"evaluation_id": evaluation})[0] == 200
    status, body = call("GET", "/suites/mine/evaluations")
    assert (status, body["baseline"]["evaluation_id"], body["baseline"]["set_by"]) == (200, evaluation, "hand")

    assert call("DELETE", "/suites/mine/baseline")[0] == 200
    assert call("GET", "/suites/mine/evaluations")[1]["baseline"] is None


def test_an_evaluation_of_another_suite_or_without_scores_is_no_baseline(call: Any, lambda_environment: Stage) -> None:
    evaluation = scored(lambda_environment)
    running = f"mine-{'b' * 16}"
    lambda_environment.table.create_head(running, {"suite": "mine"}, now="2026-01-02T00:00:00.000Z")

    for suite, wanted in (("other", evaluation), ("mine", running), ("mine", f"mine-{'c' * 16}")):
        status, body = call("PUT", f"/suites/{suite}/baseline", {"evaluation_id": wanted})
        assert status == 409, body
    assert call("PUT", "/suites/mine/baseline", {"evaluation_id": "nonsense"})[0] == 400
    assert call("GET", "/suites/Mine_1/evaluations")[0] == 404
    for limit in ("0", "101", "0001000000", "-1", ""):
        assert call("GET", "/suites/mine/evaluations", query={"limit": limit})[0] == 400


SUITE = b"version: 1\njudges:\n  - {model: amazon.nova-pro-v1:0}\ngenerators:\n  - {model: amazon.nova-lite-v1:0}\n"


def test_a_suite_is_written_read_listed_and_deleted_and_its_versions_stay(call: Any, stage: Stage) -> None:
    first = call("PUT", "/suites/mine", SUITE.decode(), {"content-type": "application/yaml"})
    again = call("PUT", "/suites/mine", SUITE.decode(), {"content-type": "application/yaml"})
    changed = call("PUT", "/suites/mine", SUITE.decode() + "# more\n", {"content-type": "application/yaml"})

    assert (first[0], again[0], changed[0]) == (200, 200, 200)
    assert (first[1]["created"], again[1]["created"], changed[1]["created"]) == (True, False, True)
    assert again[1]["version_id"] == first[1]["version_id"] != changed[1]["version_id"]
    assert call("GET", "/suites/mine")[1]["content"].endswith("# more\n")
    old = call("GET", "/suites/mine", query={"version_id": first[1]["version_id"]})
    assert old[1]["content"] == SUITE.decode()
    assert [entry["suite"] for entry in call("GET", "/suites")[1]["suites"]] == ["default", "mine"]

    assert call("DELETE", "/suites/mine")[0] == 204
    assert call("DELETE", "/suites/mine")[0] == 204
    assert call("GET", "/suites/mine")[0] == 404
    versions = call("GET", "/suites/mine/versions")[1]["versions"]
    assert [entry["deleted"] for entry in versions] == [True, False, False]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_suite_that_never_was_is_not_found(call: Any, method: str) -> None:
    assert call(method, "/suites/never")[0] == 404
    assert call("GET", "/suites/never/versions")[0] == 404


def test_the_built_in_suite_is_read_without_a_version(call: Any) -> None:
    status, body = call("GET", "/suites/default")

    assert (status, body["version_id"]) == (200, None)


def test_a_schedule_is_set_shown_changed_and_deleted(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))

    assert call("PUT", "/suites/default/schedule", SCHEDULE)[0] == 200
    status, shown = call("GET", "/suites/default/schedule")
    assert (status, shown["timezone"], shown["last_run"]) == (200, "Europe/Berlin", None)
    kept = clients.scheduler().get_schedule(GroupName="gavel-test", Name="default")
    assert kept["ScheduleExpression"] == SCHEDULE["expression"]
    assert json.loads(kept["Target"]["Input"])["scheduled_at"] == "<aws.scheduler.scheduled-time>"
    assert kept["Target"]["DeadLetterConfig"]["Arn"] == stage.settings.dead_letters_arn

    assert call("PUT", "/suites/default/schedule", {**SCHEDULE, "enabled": False})[0] == 200
    assert clients.scheduler().get_schedule(GroupName="gavel-test", Name="default")["State"] == "DISABLED"
    assert [one["suite"] for one in call("GET", "/schedules")[1]["schedules"]] == ["default"]
    assert call("DELETE", "/suites/default/schedule")[0] == 204
    assert call("DELETE", "/suites/default/schedule")[0] == 404
    assert call("GET", "/schedules")[1]["schedules"] == []


def test_a_suite_with_a_schedule_is_not_deleted(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    call("PUT", "/suites/default", SUITE.decode(), {"content-type": "application/yaml"})
    call("PUT", "/suites/default/schedule", SCHEDULE)

    assert call("DELETE", "/suites/default")[0] == 409


def test_a_schedule_needs_a_suite_and_a_dataset_that_are_there(call: Any, stage: Stage) -> None:
    assert call("PUT", "/suites/default/schedule", SCHEDULE)[0] == 404
    stage.upload(KEY, record(1))
    assert call("PUT", "/suites/never/schedule", SCHEDULE)[0] == 404
