"""Datasets uploaded with a form, suites run by schedule, and the verbs of the command line, as people use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.twin import signed_request
from tests.twin.conftest import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.twin.conftest import Command, Gavel

pytestmark = pytest.mark.twin

RECORDS = [{"prompt": f"What is {number} + 1?", "referenceResponse": str(number + 1)} for number in range(3)]
LINES = b"".join(json.dumps(record).encode() + b"\n" for record in RECORDS)
SUITE = """
version: 1
generators: [{model: amazon.nova-micro-v1:0}]
judges: [{model: amazon.nova-pro-v1:0}]
metrics: [Correctness]
"""


def api(gavel: Gavel, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = signed_request(gavel.twin, method, gavel.outputs["ApiUrl"].rstrip("/") + path, json_body=body)
    return answer.status_code, answer.json() if answer.content else None


def post_form(gavel: Gavel, form: dict[str, Any], data: bytes) -> int:
    files = {"file": ("dataset", data)}
    answer = requests.post(form["url"], data=form["fields"], files=files, verify=gavel.twin.ca_bundle, timeout=60)
    return answer.status_code


def test_a_dataset_uploaded_with_a_form_is_evaluated_under_the_forms_budget(gavel: Gavel) -> None:
    suite = gavel.put_suite(SUITE)
    status, form = api(gavel, "POST", "/datasets", {"suite": suite, "name": "mine.jsonl", "budget_usd": 2.5})

    assert status == 201
    assert post_form(gavel, form, LINES) in {200, 204}
    assert gavel.ended(form["key"])["status"] == "COMPLETED"


def test_a_form_that_is_posted_twice_is_paid_for_once(gavel: Gavel) -> None:
    suite = gavel.put_suite(SUITE)
    _, form = api(gavel, "POST", "/datasets", {"suite": suite, "name": "mine.jsonl"})

    assert {post_form(gavel, form, LINES), post_form(gavel, form, LINES + LINES)} <= {200, 204}

    assert gavel.ended(form["key"])["status"] == "COMPLETED"
    versions = gavel.client("s3").list_object_versions(Bucket=gavel.bucket, Prefix=form["key"])["Versions"]
    listed = gavel.get("/evaluations?limit=100")["evaluations"]
    assert len(versions) == 2
    assert len([head for head in listed if head["dataset_key"] == form["key"]]) == 1


def test_the_store_itself_refuses_an_upload_that_is_too_large_or_another_than_was_agreed(gavel: Gavel) -> None:
    _, form = api(gavel, "POST", "/datasets", {"name": "mine.jsonl"})
    small = {**form, "fields": dict(form["fields"])}
    policy_of_another = api(gavel, "POST", "/datasets", {"name": "other.csv"})[1]["fields"]

    assert post_form(gavel, {**small, "fields": {**form["fields"], "Content-Type": "text/html"}}, LINES) == 403
    assert post_form(gavel, {**small, "fields": {**policy_of_another, "key": form["key"]}}, LINES) == 403
    assert post_form(gavel, form, b"") in {400, 403}  # content-length-range begins at 1


def test_a_suite_with_a_schedule_is_evaluated_when_it_is_time(gavel: Gavel) -> None:
    suite = gavel.put_suite(SUITE + "reuse: false\n")
    key, _ = gavel.upload(*RECORDS, suite=suite)
    first = gavel.ended(key)
    status, _ = api(
        gavel, "PUT", f"/suites/{suite}/schedule", {"expression": "rate(1 day)", "dataset": key, "timezone": "UTC"}
    )
    assert status == 200
    scheduler = gavel.client("scheduler")
    known = scheduler.get_schedule(GroupName="gavel-twin", Name=suite)
    soon = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    kept = {name: known[name] for name in ("FlexibleTimeWindow", "Target", "GroupName", "Name")}
    scheduler.update_schedule(**kept, ScheduleExpression=f"at({soon})")

    def run() -> dict[str, Any] | None:
        _, shown = api(gavel, "GET", f"/suites/{suite}/schedule")
        found: dict[str, Any] | None = shown["last_run"]
        return found

    last = wait_for(run)
    assert last["run"] == "started"
    assert last["evaluation_id"] != first["evaluation_id"]

    def ended() -> dict[str, Any] | None:
        view = gavel.get(f"/evaluations/{last['evaluation_id']}")
        return view if "ended_at" in view else None

    assert wait_for(ended)["started_by"] == "schedule"
    assert api(gavel, "DELETE", f"/suites/{suite}/schedule")[0] == 204
    assert api(gavel, "GET", f"/suites/{suite}/schedule")[0] == 404


@pytest.mark.parametrize("action", ["scheduler:CreateSchedule", "iam:PassRole"])
def test_the_role_of_the_api_is_what_lets_a_schedule_be(gavel: Gavel, action: str) -> None:
    suite = gavel.put_suite(SUITE)
    key, _ = gavel.upload(*RECORDS, suite=suite)
    body = {"expression": "rate(1 day)", "dataset": key}
    with gavel.without(gavel.role_of("api"), action):
        status, problem = api(gavel, "PUT", f"/suites/{suite}/schedule", body)
    assert (status, action in problem["detail"]) == (500, True)
    assert api(gavel, "GET", f"/suites/{suite}/schedule")[0] == 404


def test_the_verbs_of_a_first_day_work_one_after_the_other(
    gavel: Gavel, gavel_command: Command, tmp_path: Path
) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        done = gavel_command(*arguments)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout

    suite, dataset = tmp_path / "first-day.yaml", tmp_path / "questions.jsonl"
    local = ("--stack", "gavel-twin")
    run("init", str(tmp_path), "--name", "first-day")
    assert gavel_command("init", str(tmp_path), "--name", "first-day").returncode == 2
    run("validate", str(dataset), "--suite", str(suite))
    run("estimate", str(dataset), "--suite", str(suite))
    evaluation = json.loads(run("run", str(dataset), "--suite", str(suite), *local, "--detach", "--json"))[
        "evaluation_id"
    ]
    run("watch", evaluation, *local, "-o", str(tmp_path / "junit.xml"), "-o", str(tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_bytes().startswith(b"<!doctype html>")
    assert b"<testsuite" in (tmp_path / "junit.xml").read_bytes()
    assert json.loads(run("status", evaluation, *local, "--json"))["status"] == "COMPLETED"
    assert "lite" in run("results", evaluation, *local, "--by-category")
    assert json.loads(run("list", "--suite", "first-day", *local, "--json"))["evaluations"]
    records = json.loads(run("records", evaluation, "--metric", "Correctness", "--limit", "2", *local, "--json"))
    assert [record["record"] for record in records["records"]] == [1, 2]
    assert "first-day" in run("suites", *local)
    assert "version: 1" in run("suites", "first-day", *local)
    run("schedule", "first-day", "--set", "rate(1 day)", "--dataset", dataset.name, *local)
    assert "paused" in run("schedule", "first-day", "--off", *local)
    run("schedule", "first-day", "--clear", *local)
    assert run("report", evaluation, "--no-open", "-o", str(tmp_path / "again.html"), *local)
    assert json.loads(run("compare", evaluation, evaluation, "--json", *local))["comparisons"]


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        ("{metric: Correctness, generator: lite, min: 0.1}", 0),
        ("{metric: Correctness, generator: lite, min: 0.99}", 3),
        ("{metric: Correctness, generator: lite, min: 0.65}", 4),
    ],
)
def test_the_verdict_on_real_records_is_the_exit_code(
    gavel_command: Command, tmp_path: Path, gate: str, code: int
) -> None:
    suite = tmp_path / f"verdict-{code}.yaml"
    suite.write_text(
        "version: 1\n"
        "generators: [{model: amazon.nova-lite-v1:0, name: lite}, {model: amazon.nova-micro-v1:0, name: micro}]\n"
        "judges: [{model: amazon.nova-pro-v1:0}]\nmetrics: [Correctness]\n"
        f"gates:\n  - {gate}\n"
    )

    done = gavel_command("run", "examples/datasets/shopping-math.jsonl", "--suite", str(suite), "--stack", "gavel-twin")

    assert done.returncode == code, done.stderr + done.stdout
