"""The message to the topic: sent for every end, tried again until it is taken, and never at the event's cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.aws import clients
from gavel.aws.publish_verdict import publish_verdict
from gavel.names.table_keys import Unfinished
from gavel.problems import TryLaterError
from tests.aws.conftest import NOW
from tests.aws.ends import ENDS, head_of, not_passed, passed, refused

if TYPE_CHECKING:
    from gavel.aws.end_evaluation import End
    from tests.aws.conftest import Stage


def publish_again(stage: Stage, evaluation: str, *, counted: list[End] | None = None) -> None:
    publish_verdict(
        evaluation,
        outcome="SCORED",
        settings=stage.settings,
        table=stage.table,
        now=NOW,
        count=(counted if counted is not None else []).append,
    )


def lose_topic(stage: Stage) -> None:
    clients.sns().delete_topic(TopicArn=stage.settings.topic_arn)


@pytest.mark.parametrize("end", ENDS)
def test_every_end_sends_one_message_that_quotes_no_prompt(stage: Stage, end: str) -> None:
    evaluation = ENDS[end](stage)

    (message,) = stage.messages()

    assert evaluation in message["Message"]
    assert message["MessageAttributes"]["status"]["Value"] == head_of(stage, evaluation)["status"]
    assert "What is" not in message["Message"] + message["Subject"]


def test_a_message_says_the_verdict_the_gates_that_fail_and_where_the_report_is(stage: Stage) -> None:
    evaluation = not_passed(stage)

    (message,) = stage.messages()

    assert message["Subject"] == "Gavel: gates FAIL - suite mine"
    lines = message["Message"].splitlines()
    assert "Verdict: FAIL (0 PASS, 1 FAIL, 0 INCONCLUSIVE)" in lines
    assert "  FAIL: gate 1, Correctness at least 0.6" in lines
    assert "Coverage: 100 % of the scores that were asked for" in lines
    assert f"Results: gavel results {evaluation}" in lines
    assert lines[-1].endswith(f"gavel-bucket?region=us-east-1&prefix=evaluations/{evaluation}/report.html")
    outcome = message["MessageAttributes"]["outcome"]
    assert outcome == {"Type": "String", "Value": "FAIL"}


def test_a_refusal_says_why(stage: Stage) -> None:
    refused(stage)

    (message,) = stage.messages()

    assert message["Subject"] == "Gavel: evaluation REFUSED - suite mine"
    assert "Reason: 1 problem(s) in the suite or the dataset" in message["Message"]
    assert message["MessageAttributes"]["outcome"]["Value"] == "NONE"


def test_an_announcement_again_is_the_same_message(stage: Stage) -> None:
    evaluation = passed(stage)
    publish_again(stage, evaluation)

    first, second = stage.messages()

    assert (first["Subject"], first["Message"]) == (second["Subject"], second["Message"])


def test_a_message_that_is_not_taken_is_tried_again_and_costs_no_event_and_no_second_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("gavel.aws.end_evaluation.notify", _refuse)
        with pytest.raises(TryLaterError):
            passed(stage)
    (evaluation,) = stage.table.unfinished(Unfinished.OPEN)
    assert len(stage.events()) == 1

    publish_again(stage, evaluation)

    assert (len(stage.messages()), stage.events()) == (1, [])
    assert not stage.table.is_open(evaluation)


def test_a_topic_that_is_gone_may_come_back(stage: Stage) -> None:
    lose_topic(stage)

    with pytest.raises(TryLaterError, match="SNS did not take the message: NotFound"):
        passed(stage)

    (event,) = stage.events()
    assert event["detail"]["status"] == "COMPLETED"


def test_an_end_is_counted_once_however_often_it_is_announced(stage: Stage) -> None:
    counted: list[End] = []
    evaluation = passed(stage)
    publish_again(stage, evaluation, counted=counted)

    assert counted == []


def _refuse(*_: object, **__: object) -> None:
    raise TryLaterError("busy")
