from __future__ import annotations

import importlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gavel.names import EvaluationStatus
from tests.aws.builders import record
from tests.handlers.conftest import Context

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.aws.conftest import Stage

Call = "Callable[..., tuple[int, dict[str, Any]]]"
DATA_PATHS = r"/evaluations/[^/]+/records|/comparisons|/estimates|/datasets/validate"
KEY = "datasets/default/questions.jsonl"


@pytest.fixture
def call(lambda_environment: Stage) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Send a request as API Gateway's payload format 2.0 has it; the answer is status and body."""
    api = importlib.reload(importlib.import_module("handlers.api"))
    data_api = importlib.reload(importlib.import_module("handlers.data_api"))

    def send(
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": headers or {},
            "queryStringParameters": query or {},
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
        }
        lambda_ = data_api if re.fullmatch(DATA_PATHS, path) else api
        answer = lambda_.handler(event, Context())
        return answer["statusCode"], json.loads(answer["body"] or "null")

    return send


def test_starting_twice_is_one_evaluation(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))

    first = call("POST", "/evaluations", {"dataset": KEY})
    second = call("POST", "/evaluations", {"dataset": KEY})

    assert (first[0], second[0]) == (202, 202)
    assert first[1]["evaluation_id"] == second[1]["evaluation_id"]
    assert (first[1]["created"], second[1]["created"]) == (True, False)


def test_every_wrong_field_of_a_body_is_named_and_no_value_is_repeated(call: Any) -> None:
    status, problem = call("POST", "/evaluations", {"dataset": "secret", "suite": "No Suite", "more": 1})

    assert status == 400
    assert {error["field"] for error in problem["errors"]} == {"dataset", "suite", "more"}
    assert "secret" not in json.dumps(problem)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"'])
def test_a_body_that_is_no_request_is_refused(call: Any, body: str) -> None:
    assert call("POST", "/evaluations", body)[0] == 400


def test_a_dataset_that_is_not_there_is_not_found(call: Any) -> None:
    assert call("POST", "/evaluations", {"dataset": KEY})[0] == 404


@pytest.mark.parametrize("name", ["default-0123456789abcdef", "nonsense", "a b", "x" * 500])
def test_an_unknown_evaluation_is_not_found_whatever_its_form(call: Any, name: str) -> None:
    status, problem = call("GET", f"/evaluations/{name}")

    assert (status, problem["detail"]) == (404, "There is no such evaluation.")


def test_an_evaluation_is_shown_with_its_status(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    _, started = call("POST", "/evaluations", {"dataset": KEY})

    status, shown = call("GET", f"/evaluations/{started['evaluation_id']}")

    assert (status, shown["status"], shown["dataset_key"]) == (200, "STARTING", KEY)


def test_pages_of_the_list_follow_each_other_newest_first(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    ids = [
        call("POST", "/evaluations", {"dataset": KEY}, {"idempotency-key": f"build-{number}"})[1]["evaluation_id"]
        for number in range(3)
    ]

    _, first = call("GET", "/evaluations", query={"limit": "2"})
    _, second = call("GET", "/evaluations", query={"limit": "2", "next_token": first["next_token"]})

    listed = [item["evaluation_id"] for item in first["evaluations"] + second["evaluations"]]
    assert sorted(listed) == sorted(ids)
    assert len(first["evaluations"]) == 2
    times = [item["created_at"] for item in first["evaluations"] + second["evaluations"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"next_token": "x"}])
def test_a_wrong_page_is_refused(call: Any, query: dict[str, str]) -> None:
    assert call("GET", "/evaluations", query=query)[0] == 400


def test_a_stop_is_taken_once_and_an_ended_evaluation_keeps_its_end(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    _, started = call("POST", "/evaluations", {"dataset": KEY})
    path = f"/evaluations/{started['evaluation_id']}/stop"

    first, second = call("POST", path), call("POST", path)
    stage.table.advance(started["evaluation_id"], EvaluationStatus.STOPPED, now="2026-01-02T00:00:00.000Z")
    third = call("POST", path)

    assert (first[0], second[0], third[0]) == (202, 202, 200)
    assert first[1]["stop_requested_at"] == second[1]["stop_requested_at"]
    assert third[1]["status"] == "STOPPED"


@pytest.mark.parametrize("name", ["default-0123456789abcdef", "nonsense"])
def test_the_stop_of_an_unknown_evaluation_is_not_found(call: Any, name: str) -> None:
    assert call("POST", f"/evaluations/{name}/stop")[0] == 404


def test_an_unknown_path_is_a_problem_document(call: Any) -> None:
    status, problem = call("GET", "/nothing")

    assert (status, problem["status"]) == (404, 404)


def test_a_fault_of_ours_tells_the_caller_nothing(
    call: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("the prompt said: my secret")

    monkeypatch.setattr("handlers.routes.evaluations.view_evaluation", broken)

    status, problem = call("GET", "/evaluations/default-0123456789abcdef")

    said = json.dumps(problem) + "".join(capsys.readouterr())
    assert status == 500
    assert "secret" not in said


def _scored(lambda_environment: Stage, number: str = "a") -> str:
    """An evaluation of the suite `mine` that has ended with scores."""
    evaluation = f"mine-{number * 16}"
    table = lambda_environment.table
    table.create_head(evaluation, {"suite": "mine"}, now="2026-01-02T00:00:00.000Z")
    table.advance(evaluation, EvaluationStatus.COMPLETED, now="2026-01-02T00:00:00.000Z", facts={"coverage": 1.0})
    return evaluation


def test_a_baseline_is_set_shown_and_cleared(call: Any, lambda_environment: Stage) -> None:
    evaluation = _scored(lambda_environment)

    assert call("PUT", "/suites/mine/baseline", {"evaluation_id": evaluation})[0] == 200
    status, body = call("GET", "/suites/mine/evaluations")
    assert (status, body["baseline"]["evaluation_id"], body["baseline"]["set_by"]) == (200, evaluation, "hand")

    assert call("DELETE", "/suites/mine/baseline")[0] == 200
    assert call("GET", "/suites/mine/evaluations")[1]["baseline"] is None


def test_an_evaluation_of_another_suite_or_without_scores_is_no_baseline(call: Any, lambda_environment: Stage) -> None:
    evaluation = _scored(lambda_environment)
    running = f"mine-{'b' * 16}"
    lambda_environment.table.create_head(running, {"suite": "mine"}, now="2026-01-02T00:00:00.000Z")

    for suite, wanted in (("other", evaluation), ("mine", running), ("mine", f"mine-{'c' * 16}")):
        status, body = call("PUT", f"/suites/{suite}/baseline", {"evaluation_id": wanted})
        assert status == 409, body
    assert call("PUT", "/suites/mine/baseline", {"evaluation_id": "nonsense"})[0] == 400
    assert call("GET", "/suites/Mine_1/evaluations")[0] == 404
    for limit in ("0", "101", "0001000000", "-1", ""):
        assert call("GET", "/suites/mine/evaluations", query={"limit": limit})[0] == 400
