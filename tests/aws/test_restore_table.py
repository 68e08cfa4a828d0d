"""What comes back out of a restored table, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gavel.aws.restore_table import Restored, restore_items
from gavel.problems import NotPermittedError
from tests.aws import builders
from tests.aws.builders import record
from tests.aws.conftest import _client

if TYPE_CHECKING:
    from tests.aws.conftest import Stage

OLD = "old-table"


@pytest.fixture
def evaluation(stage: Stage) -> str:
    """An evaluation of which the old table holds a copy, with a slot and a note of the reconciler beside it."""
    dynamodb = _client("dynamodb")
    found, _ = builders.planned(stage, record(1))
    keys = [{"AttributeName": name, "KeyType": kind} for name, kind in (("pk", "HASH"), ("sk", "RANGE"))]
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    dynamodb.create_table(TableName=OLD, KeySchema=keys, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST")
    for item in dynamodb.scan(TableName="gavel-table")["Items"]:
        dynamodb.put_item(TableName=OLD, Item=item)
    for partition in ("SLOTS", "RECONCILER"):
        dynamodb.put_item(TableName=OLD, Item={"pk": {"S": partition}, "sk": {"S": partition}})
    return found


def lose_everything() -> int:
    dynamodb = _client("dynamodb")
    items = dynamodb.scan(TableName="gavel-table")["Items"]
    for item in items:
        dynamodb.delete_item(TableName="gavel-table", Key={"pk": item["pk"], "sk": item["sk"]})
    return len(items)


def test_what_was_lost_comes_back_without_slots_and_notes_of_the_moment(stage: Stage, evaluation: str) -> None:
    before = stage.table.head(evaluation)
    count = lose_everything()

    assert restore_items(OLD, "gavel-table", dry_run=True) == Restored(count, 0, 2)
    assert stage.table.head(evaluation) is None
    assert restore_items(OLD, "gavel-table") == Restored(count, 0, 2)
    assert stage.table.head(evaluation) == before
    assert len(_client("dynamodb").scan(TableName="gavel-table")["Items"]) == count
    assert restore_items(OLD, "gavel-table") == Restored(0, count, 2)


def test_what_has_gone_on_since_the_backup_is_left_alone_unless_it_is_to_be_replaced(
    stage: Stage, evaluation: str
) -> None:
    stage.table.note(evaluation, {"reason": "later"})

    assert restore_items(OLD, "gavel-table", overwrite=True, dry_run=True).written == 1
    restore_items(OLD, "gavel-table")
    assert (stage.table.head(evaluation) or {})["reason"] == "later"
    restore_items(OLD, "gavel-table", overwrite=True)
    assert "reason" not in (stage.table.head(evaluation) or {})


def test_a_table_that_may_not_be_read_is_told(evaluation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - for this alone

    from gavel.aws import clients  # noqa: PLC0415 - as above

    class Denying:
        def get_paginator(self, _operation: str) -> Denying:
            return self

        def paginate(self, **_request: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no dynamodb:Scan"}}, "Scan")

    monkeypatch.setattr(clients, "dynamodb", Denying)
    with pytest.raises(NotPermittedError, match="dynamodb:Scan"):
        restore_items(OLD, "gavel-table")
