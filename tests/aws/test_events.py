"""The details of events, as the steps make them, against their published schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from gavel.aws.announce import EVENT_VERSION, detail_of
from gavel.aws.end_evaluation import announce_end, end_evaluation
from gavel.names.statuses import EvaluationStatus, EventType
from gavel.names.table_keys import Unfinished
from gavel.problems import TryLaterError
from tests import schemas
from tests.aws import builders
from tests.aws.conftest import NOW
from tests.aws.ends import ENDS, head_of
from tests.schemas import event_schema

if TYPE_CHECKING:
    from tests.aws.conftest import Stage


@pytest.mark.parametrize("end", ENDS)
def test_the_event_of_every_end_fits_its_schema(stage: Stage, end: str) -> None:
    evaluation = ENDS[end](stage)

    (event,) = stage.events()

    assert event["detail"] == detail_of(head_of(stage, evaluation), bucket=stage.bucket.name)
    assert event["detail"]["status"] == end.partition(" ")[0].rstrip(",")
    assert schemas.problems(event_schema(event["detail-type"]), event["detail"]) == []


def test_an_event_that_eventbridge_did_not_take_is_no_end_that_was_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an answer that is none of an error, and says that the entry was not taken
    class Bus:
        def put_events(self, **request: object) -> dict[str, object]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}

    evaluation = builders.start(stage, builders.record(1))
    with monkeypatch.context() as patch:
        patch.setattr("gavel.aws.clients.events", Bus)
        with pytest.raises(TryLaterError, match="InternalFailure"):
            end_evaluation(evaluation, EvaluationStatus.FAILED, settings=stage.settings, table=stage.table, now=NOW)

    # Then it still waits to be told, and is
    assert list(stage.table.unfinished(Unfinished.OPEN)) == [evaluation]
    announce_end(evaluation, settings=stage.settings, table=stage.table, now=NOW)
    assert [event["detail"]["evaluation_id"] for event in stage.events()] == [evaluation]


@pytest.mark.parametrize("detail_type", list(EventType))
def test_a_schema_is_sound_describes_all_it_names_and_its_example_fits(detail_type: EventType) -> None:
    name = event_schema(detail_type)
    document = schemas.schema(name)
    Draft202012Validator.check_schema(document)

    assert [key for key, value in document["properties"].items() if not value.get("description")] == []
    assert document["examples"]
    assert [schemas.problems(name, example) for example in document["examples"]] == [[]] * len(document["examples"])


@pytest.mark.parametrize("detail_type", list(EventType))
def test_a_schema_has_the_version_of_the_events_and_refuses_another_name(detail_type: EventType) -> None:
    name = event_schema(detail_type)
    (example,) = schemas.schema(name)["examples"]

    assert schemas.schema(name)["properties"]["version"]["const"] == EVENT_VERSION
    assert schemas.problems(name, {**example, "another": 1}) != []
    assert schemas.problems(name, {**example, "version": "2"}) != []


def test_the_sample_in_the_documentation_fits_its_schema() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
    (sample,) = (json.loads(text) for text in re.findall(r"```json\n(\{.+?\n\})\n```", guide, re.DOTALL))

    assert schemas.problems(event_schema(sample["detail-type"]), sample["detail"]) == []
