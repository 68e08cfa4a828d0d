"""The dead letter queue: looking takes nothing away, a replay deletes what was taken and nothing else."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from gavel.aws import clients
from gavel.aws.dead_letter_queue import DeadLetterQueue
from tests.aws.conftest import _client, _queue

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


class FakeLambda:
    """Lambdas that answer, or fail as they are told; every call is noted."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        self.failing: set[str] = set()

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - the API's names
        event = json.loads(Payload)
        self.calls.append((FunctionName, InvocationType, event))
        if FunctionName in self.failing:
            error = {"errorType": "TryLaterError", "errorMessage": "StartExecution: Throttling"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
        started = {"evaluation_id": "shop-0123456789abcdef", "created": True, "run": "started"}
        return {"Payload": io.BytesIO(json.dumps(started).encode())}


@pytest.fixture
def lambdas(monkeypatch: pytest.MonkeyPatch) -> FakeLambda:
    fake = FakeLambda()
    monkeypatch.setattr(clients, "lambda_for_replays", lambda: fake)
    monkeypatch.setattr("gavel.aws.dead_letter_queue._EMPTY_ANSWERS", 1)
    return fake


@pytest.fixture
def queue(stage: Stage, lambdas: FakeLambda) -> DeadLetterQueue:
    url, _ = _queue("dead-letters")
    return DeadLetterQueue(url, "gavel-test", "gavel-bucket")


def send(queue: DeadLetterQueue, *events: Any) -> None:
    for event in events:
        _client("sqs").send_message(QueueUrl=queue.url, MessageBody=json.dumps(event))


def upload(version: str) -> dict[str, Any]:
    thing = {"key": "datasets/shop/a.jsonl", "version-id": version}
    return {"source": "aws.s3", "detail": {"bucket": {"name": "gavel-bucket"}, "object": thing}}


RUN = {"suite": "shop", "scheduled_at": "2026-01-02T03:04:05Z"}
RECONCILE: dict[str, Any] = {"source": "aws.events", "detail": {}}


def test_looking_takes_nothing_away(queue: DeadLetterQueue) -> None:
    send(queue, upload("v1"), RUN)

    for _ in range(2):
        found = queue.waiting()
        assert sorted(one.letter.about.split()[0] for one in found) == ["scheduled", "upload"]
        queue.give_back(found)


def test_a_replay_hands_each_event_to_its_lambda_and_empties_the_queue(
    queue: DeadLetterQueue, lambdas: FakeLambda
) -> None:
    send(queue, upload("v1"), RUN, RECONCILE)

    done = list(queue.replay(queue.waiting()))

    assert {one.text for one in done} == {
        "evaluation shop-0123456789abcdef started",
        "run started, evaluation shop-0123456789abcdef",
        "the reconciler was called",
    }
    assert sorted(lambdas.calls, key=lambda call: call[0]) == [
        ("gavel-test-reconcile", "Event", RECONCILE),
        ("gavel-test-start-evaluation", "RequestResponse", upload("v1")),
        ("gavel-test-start-scheduled", "RequestResponse", RUN),
    ]
    assert queue.waiting() == []


def test_what_fails_again_waits_as_before_and_keeps_no_other_waiting(
    queue: DeadLetterQueue, lambdas: FakeLambda
) -> None:
    send(queue, upload("v1"), RUN)
    lambdas.failing = {"gavel-test-start-evaluation"}

    done = {one.waiting.letter.about.split()[0]: one for one in queue.replay(queue.waiting())}

    assert (done["upload"].done, done["scheduled"].done) == (False, True)
    assert done["upload"].text == "ReplayFailedError: TryLaterError: StartExecution: Throttling"
    assert [one.letter.about.split()[0] for one in queue.waiting()] == ["upload"]


def test_what_is_nothing_of_gavels_calls_nothing_and_stays(queue: DeadLetterQueue, lambdas: FakeLambda) -> None:
    send(queue, {"source": "somebody"})

    (done,) = queue.replay(queue.waiting())

    assert (done.done, lambdas.calls) == (False, [])
    assert "gavel dead-letters discard" in done.text
    (left,) = queue.waiting()
    queue.delete(left)
    assert queue.waiting() == []


def test_more_than_a_page_is_read_whole(queue: DeadLetterQueue) -> None:
    send(queue, *(upload(f"v{number}") for number in range(23)))

    assert len({one.letter.about for one in queue.waiting()}) == 23
