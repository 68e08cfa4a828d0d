"""The API: what each path answers, and how it refuses what is no request."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import object_keys
from gavel.names.statuses import EvaluationStatus
from tests.aws.builders import record
from tests.handlers.conftest import KEY, SCHEDULE, scored

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws.conftest import Stage


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


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("9" * 5000, "more than 1000 digits"),
        ("NaN", "holds NaN"),
        ("1e999", "too large for a double"),
        ('"\\ud800"', "half of a surrogate pair"),
        ('1, "suite": 2, "suite": 3', "`suite` twice"),
        ("[" * 40 + "]" * 40, "nested"),
    ],
)
def test_json_that_only_python_takes_is_refused_in_words(call: Any, value: str, reason: str) -> None:
    status, problem = call("POST", "/datasets", f'{{"name": {value}}}')

    assert status == 400
    assert reason in json.dumps(problem)


def test_an_answer_lists_a_hundred_errors_at_most(call: Any) -> None:
    status, problem = call("POST", "/datasets", {f"key{number}": 1 for number in range(20_000)})

    assert (status, len(problem["errors"])) == (400, 100)


def test_a_file_that_is_too_large_to_be_a_suite_is_never_read_whole(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    stage.bucket.put("suites/large.yaml", b"#" * 3_000_000, content_type="application/yaml")
    most = MAX_SUITE_BYTES + 1

    assert len(stage.bucket.read("suites/large.yaml", most=MAX_SUITE_BYTES) or b"") == most
    for method, path, body in (
        ("GET", "/suites/large", None),
        ("POST", "/datasets/validate", {"dataset": KEY, "suite": "large"}),
    ):
        answer = json.dumps(call(method, path, body))
        assert "is larger than 256 KiB" in answer
        assert "###" not in answer


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


def test_every_wrong_field_of_a_suite_is_named_with_line_column_and_remedy(call: Any) -> None:
    text = "version: 1\ngeneratrs: []\njudges:\n  - {model: amazon.nova-pro-v1:0, nam: x}\n"

    status, problem = call("PUT", "/suites/mine", text, {"content-type": "application/yaml"})

    assert status == 400
    places = [(error["field"], error["line"], error["column"]) for error in problem["errors"]]
    assert places == [("generatrs", 2, 1), ("judges[0].nam", 4, 35)]
    assert "`generators`" in problem["errors"][0]["remedy"]


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded", "text/html", "image/png"])
def test_a_body_of_another_type_is_refused(call: Any, kind: str) -> None:
    assert call("POST", "/evaluations", {"dataset": KEY}, {"content-type": kind})[0] == 415


def test_a_body_beyond_the_limit_is_refused(call: Any) -> None:
    assert call("PUT", "/suites/mine", "#" * 400_000, {"content-type": "application/yaml"})[0] == 413


def test_a_body_nested_without_end_is_refused(call: Any) -> None:
    assert call("POST", "/evaluations", "[" * 100_000)[0] == 400


@pytest.mark.parametrize("path", ["/suites", "/evaluations/x/stop", "/comparisons"])
def test_a_method_that_a_path_does_not_know_is_refused_with_those_that_it_knows(call: Any, path: str) -> None:
    assert call("PATCH", path)[0] == 405


def test_a_used_idempotency_key_with_another_body_is_a_conflict(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    stage.upload("datasets/default/other.jsonl", record(2))
    headers = {"Idempotency-Key": "build-7"}

    assert call("POST", "/evaluations", {"dataset": KEY}, headers)[0] == 202
    assert call("POST", "/evaluations", {"dataset": KEY}, headers)[0] == 202
    assert call("POST", "/evaluations", {"dataset": "datasets/default/other.jsonl"}, headers)[0] == 409


@pytest.mark.parametrize("key", ["with space", "ü", "x" * 256])
def test_an_idempotency_key_that_is_none_is_refused(call: Any, key: str) -> None:
    assert call("POST", "/evaluations", {"dataset": KEY}, {"idempotency-key": key})[0] == 400


def test_a_list_is_filtered_by_suite_status_and_verdict(call: Any, lambda_environment: Stage) -> None:
    table = lambda_environment.table
    for number in range(30):
        evaluation = f"{'a' if number % 2 else 'b'}-{number:016x}"
        now = f"2026-01-02T00:00:{number:02}.000Z"
        table.create_head(evaluation, {"suite": evaluation[0], "dataset_key": KEY}, now=now)
        if number % 3 == 0:
            verdict = {"outcome": "FAIL"}
            table.advance(evaluation, EvaluationStatus.COMPLETED, now=now, facts={"verdict": verdict})

    def pages(**query: str) -> list[str]:
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            _, page = call("GET", "/evaluations", query={"limit": "4", **query, **token})
            assert len(page["evaluations"]) <= 4
            found += [head["evaluation_id"] for head in page["evaluations"]]
            if page["next_token"] is None:
                return found
            token = {"next_token": page["next_token"]}

    assert len(pages()) == len(set(pages())) == 30
    assert pages(suite="a") == [f"a-{number:016x}" for number in range(29, 0, -2)]
    assert pages(status="STARTING", suite="b") == [f"b-{number:016x}" for number in range(28, 0, -2) if number % 3]
    assert len(pages(verdict="FAIL")) == 10
    assert pages(status="STARTING,RUNNING", suite="b") == pages(status="STARTING", suite="b")
    assert pages(status="RUNNING,FAILED") == []
    for wrong in ("DONE", "STARTING,DONE"):
        assert call("GET", "/evaluations", query={"status": wrong})[0] == 400


def test_a_form_uploads_one_file_of_one_type_and_size_under_a_key_of_its_own(call: Any) -> None:
    status, form = call("POST", "/datasets", {"suite": "mine", "name": "q.jsonl.gz", "budget_usd": 2.5})
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]

    assert status == 201
    assert re.fullmatch(r"datasets/mine/q-form-[0-9a-f]{12}\.jsonl\.gz", form["key"])
    assert object_keys.is_form_key(form["key"])
    assert ["content-length-range", 1, 1_000_000] in policy
    assert {"Content-Type": "application/gzip"} in policy
    assert {"x-amz-meta-gavel-budget-usd": "2.5"} in policy
    assert call("POST", "/datasets", {"name": "../q.jsonl"})[0] == 400
    assert call("POST", "/datasets", {"name": "q.txt"})[0] == 400


def test_a_link_is_given_to_a_file_that_is_there_and_to_no_other(call: Any, stage: Stage) -> None:
    evaluation = "default-0123456789abcdef"
    assert call("GET", f"/evaluations/{evaluation}/report")[0] == 404

    stage.bucket.put(f"evaluations/{evaluation}/report.html", b"<p>", content_type="text/html")

    status, link = call("GET", f"/evaluations/{evaluation}/report")
    assert (status, link["key"]) == (200, f"evaluations/{evaluation}/report.html")
    assert "X-Amz-Expires=300" in link["url"]
    assert call("GET", f"/evaluations/{evaluation}/files/scores")[0] == 400


def test_a_dataset_is_checked_and_estimated_and_nothing_starts(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1), record(2), {"prompt": " "})

    status, checked = call("POST", "/datasets/validate", {"dataset": KEY})
    assert (status, checked["valid"], checked["error_count"]) == (200, False, 1)
    assert checked["errors"][0]["line"] == 3
    _, refused = call("POST", "/estimates", {"dataset": KEY})
    assert (refused["allowed"], refused["estimate"]) == (False, None)

    stage.upload(KEY, record(1), record(2))
    _, checked = call("POST", "/datasets/validate", {"dataset": KEY})
    assert (checked["valid"], checked["records"]) == (True, 2)
    _, estimated = call("POST", "/estimates", {"dataset": KEY})
    assert estimated["estimate"]["usd"]["expected"] > 0
    assert call("GET", "/evaluations")[1]["evaluations"] == []
    assert call("POST", "/estimates", {"dataset": KEY, "suite": "never"})[0] == 404


def test_a_dataset_that_is_more_than_a_call_checks_is_too_large_here_and_not_invalid(
    call: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gavel.aws.dataset_check.MOST_UNCOMPRESSED", 10_000)
    line = json.dumps(record(1)).encode() + b"\n"
    stage.bucket.put(f"{KEY}.gz", gzip.compress(line * 1000), content_type="application/gzip")

    for path in ("/datasets/validate", "/estimates"):
        status, problem = call("POST", path, {"dataset": f"{KEY}.gz"})
        assert status == 413
        assert "start its evaluation" in problem["detail"]


def test_an_evaluation_without_scores_has_no_records_and_no_comparison(call: Any, stage: Stage) -> None:
    stage.upload(KEY, record(1))
    _, started = call("POST", "/evaluations", {"dataset": KEY})
    evaluation = started["evaluation_id"]

    assert call("GET", f"/evaluations/{evaluation}/records")[0] == 409
    status, compared = call("POST", "/comparisons", {"a": evaluation, "b": evaluation})
    assert (status, compared["comparisons"], compared["problem_count"]) == (200, [], 2)
    unknown = "default-0123456789abcdef"
    assert call("GET", f"/evaluations/{unknown}/records")[0] == 404
    assert call("POST", "/comparisons", {"a": evaluation, "b": unknown})[0] == 404


def test_records_that_are_still_being_copied_are_to_be_asked_for_again(
    call: Any, stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("handlers.routes.data.SECONDS_TO_COPY", -1)
    evaluation = scored(stage)
    ended = {"ended_at": "2026-01-02T00:00:00.000Z"}
    stage.table.advance(evaluation, EvaluationStatus.COMPLETED, now="2026-01-02T00:00:00.000Z", facts=ended)
    stage.bucket.put(f"evaluations/{evaluation}/scores/g0-j0-s0.parquet", b"PAR1", content_type="application/x")

    status, problem = call("GET", f"/evaluations/{evaluation}/records")

    assert status == 503
    assert "still being copied" in problem["detail"]


def test_the_document_is_what_the_routes_say(call: Any) -> None:
    from handlers.routes.document import document  # noqa: PLC0415 - needs the environment of a Lambda

    status, served = call("GET", "/openapi.json")

    assert status == 200
    assert served == document(), "run `make openapi`"


@pytest.mark.parametrize(
    ("minutes", "status"), [(90, 200), (90.0, 200), (90.5, 400), ("90", 400), (True, 400), (4, 400)]
)
def test_a_whole_number_of_json_may_be_written_with_a_point(
    call: Any, stage: Stage, minutes: object, status: int
) -> None:
    stage.upload(KEY, record(1))

    assert call("PUT", "/suites/default/schedule", {**SCHEDULE, "start_within_minutes": minutes})[0] == status


@pytest.mark.parametrize("below", ["nan", "inf", "-inf", "1e999", "x", "", " 1", "1_0", "٣"])
def test_a_bound_that_is_no_finite_number_is_refused(call: Any, stage: Stage, below: str) -> None:
    stage.upload(KEY, record(1))
    _, started = call("POST", "/evaluations", {"dataset": KEY})

    assert call("GET", f"/evaluations/{started['evaluation_id']}/records", query={"below": below})[0] == 400
    for good in ("0.5", "1", "-.5", "1.5e+55", "3."):
        # 409: the bound is understood, and there are no scores yet.
        assert call("GET", f"/evaluations/{started['evaluation_id']}/records", query={"below": good})[0] == 409
