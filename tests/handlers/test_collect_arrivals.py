"""What Lambda is told of messages about results that arrived: those that are to come again, and when."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from gavel.aws import clients
from tests.aws.test_collect_arrivals import COLLECTED, TOKEN, Waits, arrive, started, waits
from tests.handlers.conftest import Context

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

__all__ = ["waits"]


class Queue:
    """SQS, as far as the handler asks it for something."""

    def __init__(self) -> None:
        self.hidden: list[tuple[str, int]] = []

    def change_message_visibility(self, **asked: Any) -> None:
        assert asked["QueueUrl"]
        self.hidden.append((asked["ReceiptHandle"], asked["VisibilityTimeout"]))


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    found = Queue()
    monkeypatch.setattr(clients, "sqs", lambda: found)
    return found


def message(number: int, key: str, *, received: int = 1) -> dict[str, Any]:
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"receipt-{number}",
        "body": json.dumps({"detail": {"object": {"key": key}}}),
        "attributes": {"ApproximateReceiveCount": str(received)},
    }


def answer(*messages: dict[str, Any]) -> list[str]:
    """The ids of the messages that come again."""
    handler = importlib.reload(importlib.import_module("handlers.collect_arrivals")).handler
    answered = handler({"Records": list(messages)}, Context())
    return [item["itemIdentifier"] for item in answered["batchItemFailures"]]


def test_results_of_a_completed_job_are_collected_and_their_message_is_let_go_of(
    lambda_environment: Stage, waits: Waits, queue: Queue
) -> None:
    evaluation, (line,) = started(lambda_environment)
    key = arrive(lambda_environment, evaluation, line)

    assert answer(message(1, key)) == []
    assert waits.ended == [(TOKEN, COLLECTED)]
    assert queue.hidden == []


def test_only_the_message_of_a_job_that_goes_on_comes_again_and_soon(
    lambda_environment: Stage, waits: Waits, queue: Queue
) -> None:
    evaluation, (done, running) = started(lambda_environment, jobs=2)
    keys = [
        arrive(lambda_environment, evaluation, done),
        arrive(lambda_environment, evaluation, running, status="InProgress"),
    ]

    assert answer(message(1, keys[0]), message(2, keys[1], received=7)) == ["message-2"]
    assert queue.hidden == [("receipt-2", 8)]
    assert [how for _, how in waits.ended] == [COLLECTED]


def test_a_message_that_cannot_be_hidden_for_a_moment_comes_again_all_the_same(
    lambda_environment: Stage, waits: Waits, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation, (line,) = started(lambda_environment)
    key = arrive(lambda_environment, evaluation, line, status="InProgress")

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "ReceiptHandleIsInvalid", "Message": ""}}, "Change")

    monkeypatch.setattr(queue, "change_message_visibility", refuse)

    assert answer(message(1, key)) == ["message-1"]
    assert waits.ended == []
