"""What the table holds of schedules: for each suite that has one, what was asked for and how the last run went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.aws.items import loaded, stored
from gavel.names import table_keys
from gavel.schedules.rules import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]


@dataclass(frozen=True)
class ScheduleItems:
    """The schedules in the table of that name. Every method raises the errors of `failures.translated`."""

    name: str

    @property
    def _table(self) -> Table:
        return clients.table(self.name)

    def get(self, suite: str) -> Item | None:
        """A suite's schedule, or None."""
        with translated():
            answer = self._table.get_item(Key=_key(suite), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else cast("Item", loaded(_own(item)))

    def all(self) -> Iterator[Item]:
        """The schedules of all suites, by name."""
        condition = Key(table_keys.PARTITION_KEY).eq(table_keys.SCHEDULES_PARTITION)
        start: dict[str, Any] = {}
        while True:
            with translated():
                answer = self._table.query(KeyConditionExpression=condition, ConsistentRead=True, **start)
            for item in answer["Items"]:
                yield cast("Item", loaded(_own(item)))
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def put(self, suite: str, facts: Mapping[str, object]) -> None:
        """Write a suite's schedule; what is known of its last run stays."""
        fields = list(facts)
        with translated():
            self._table.update_item(
                Key=_key(suite),
                UpdateExpression="SET " + ", ".join(f"#f{index} = :f{index}" for index in range(len(fields))),
                ExpressionAttributeNames={f"#f{index}": field for index, field in enumerate(fields)},
                ExpressionAttributeValues={f":f{index}": stored(facts[field]) for index, field in enumerate(fields)},
            )

    def note_run(self, suite: str, run: Mapping[str, object]) -> None:
        """Write down how a run of a suite's schedule went, unless a later run did or the schedule is gone."""
        try:
            with translated():
                self._table.update_item(
                    Key=_key(suite),
                    UpdateExpression="SET last_run = :run",
                    ConditionExpression=(
                        "attribute_exists(#pk) AND "
                        "(attribute_not_exists(last_run) OR last_run.scheduled_at < :scheduled_at"
                        " OR (last_run.scheduled_at = :scheduled_at AND last_run.#run <> :started))"
                    ),
                    ExpressionAttributeNames={"#pk": table_keys.PARTITION_KEY, "#run": "run"},
                    ExpressionAttributeValues={
                        ":run": stored(dict(run)),
                        ":scheduled_at": stored(run["scheduled_at"]),
                        ":started": Run.STARTED.value,
                    },
                )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def delete(self, suite: str) -> None:
        """Forget a suite's schedule."""
        with translated():
            self._table.delete_item(Key=_key(suite))


def _key(suite: str) -> dict[str, str]:
    return {table_keys.PARTITION_KEY: table_keys.SCHEDULES_PARTITION, table_keys.SORT_KEY: suite}


def _own(item: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in item.items() if name not in {table_keys.PARTITION_KEY, table_keys.SORT_KEY}}
