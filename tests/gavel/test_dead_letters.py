"""Messages of the dead letter queue in words, and what a replay may be called with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gavel.dead_letters import Target, read_dead_letter

UPLOAD = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {
        "bucket": {"name": "mine"},
        "object": {"key": "datasets/shop/secret name.jsonl", "version-id": "v1"},
    },
}
RUN = {"suite": "shop", "scheduled_at": "2026-01-02T03:04:05Z"}


def of_lambda(event: Any, **context: Any) -> str:
    error = {"errorType": "NotPermittedError", "errorMessage": "PutObject: AccessDenied"}
    return json.dumps(
        {
            "requestContext": {"functionArn": "arn:aws:lambda:…:evil", "condition": "RetriesExhausted", **context},
            "requestPayload": event,
            "responsePayload": error,
        }
    )


def test_what_a_lambda_did_not_take_says_which_upload_and_why_and_names_no_file() -> None:
    letter = read_dead_letter(of_lambda(UPLOAD, approximateInvokeCount=3), {}, bucket="mine")

    assert (letter.target, letter.event, letter.tries) == (Target.START_EVALUATION, UPLOAD, 3)
    assert letter.about == "upload to shop, version v1"
    assert letter.why == "NotPermittedError: PutObject: AccessDenied"
    assert "secret" not in letter.about + letter.why


def test_what_eventbridge_could_not_deliver_has_its_reason_beside_it() -> None:
    attributes = {"ERROR_CODE": "NO_PERMISSIONS", "RETRY_ATTEMPTS": "10", "ERROR_MESSAGE": "secret"}

    letter = read_dead_letter(json.dumps(UPLOAD), attributes, bucket="mine")

    assert (letter.target, letter.why, letter.tries) == (Target.START_EVALUATION, "NO_PERMISSIONS", 11)


def test_a_scheduled_run_is_replayed_for_its_own_time() -> None:
    letter = read_dead_letter(of_lambda(RUN), {}, bucket="mine")

    assert (letter.target, letter.event) == (Target.START_SCHEDULED, RUN)
    assert letter.about == "scheduled run of shop at 2026-01-02T03:04:05Z"


def test_a_run_that_scheduler_never_called_gets_its_time_from_beside_it() -> None:
    body = json.dumps({"suite": "shop", "scheduled_at": "<aws.scheduler.scheduled-time>"})

    assert read_dead_letter(body, {"SCHEDULED_TIME": "2026-01-02T03:04:05Z"}, bucket="mine").event == RUN
    assert read_dead_letter(body, {}, bucket="mine").target is None


@pytest.mark.parametrize(
    ("event", "about"),
    [
        ({"source": "aws.states", "detail": {"name": "shop-0123456789abcdef"}}, "bad end of the execution shop-01"),
        ({"source": "aws.states", "detail": {"name": "secret"}}, "bad end of an execution"),
        ({"source": "aws.events", "detail": {}}, "regular run of the reconciler"),
    ],
)
def test_events_of_the_reconciler_are_its_own(event: dict[str, Any], about: str) -> None:
    letter = read_dead_letter(of_lambda(event), {}, bucket="mine")

    assert letter.target is Target.RECONCILE
    assert letter.about.startswith(about)


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({**UPLOAD, "detail": {**UPLOAD["detail"], "bucket": {"name": "another"}}}),  # type: ignore[dict-item]
        json.dumps({**UPLOAD, "detail": {"bucket": {"name": "mine"}, "object": {"key": "suites/shop.yaml"}}}),
        json.dumps({"suite": "No Suite", "scheduled_at": RUN["scheduled_at"]}),
        json.dumps({"source": "somebody", "detail": {}}),
        of_lambda("a text"),
        of_lambda({"body": "{}"}),
    ],
)
def test_what_is_no_event_of_gavels_is_told_and_calls_nothing(body: str) -> None:
    assert read_dead_letter(body, {}, bucket="mine").target is None


def test_an_upload_into_a_folder_that_names_no_suite_is_not_quoted() -> None:
    key = {"key": "datasets/secret folder/a.jsonl", "version-id": "v1"}
    event = {**UPLOAD, "detail": {"bucket": {"name": "mine"}, "object": key}}

    assert "secret" not in read_dead_letter(json.dumps(event), {}, bucket="mine").about
