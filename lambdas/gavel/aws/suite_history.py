"""What the table remembers of a suite: its evaluations in the order of their starts, and its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.aws.items import loaded, stored
from gavel.history.entry import Entry
from gavel.names import table_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gavel.aws.table import EvaluationTable

# How far back a report's trends reach.
TREND: Final = 30


class SetBy(StrEnum):
    """How an evaluation became the baseline: by hand, and then it stays, or because it was the last to pass."""

    HAND = "hand"
    PASS = "pass"  # noqa: S105 - how a baseline came to be


@dataclass(frozen=True)
class BaselineItem:
    """A suite's baseline: an evaluation with the time of its start, how it became the baseline, and when."""

    evaluation_id: str
    created_at: str
    set_by: SetBy
    set_at: str

    def to_json(self) -> dict[str, str]:
        """The baseline as a JSON object."""
        return {
            "evaluation_id": self.evaluation_id,
            "created_at": self.created_at,
            "set_by": self.set_by.value,
            "set_at": self.set_at,
        }


@dataclass(frozen=True)
class SuiteHistory:
    """The history of one suite. Every method raises the errors of `failures.translated`."""

    table: EvaluationTable
    suite: str

    def note(self, evaluation: str, created_at: str, facts: Mapping[str, object]) -> None:
        """Add facts to the item of one of its evaluations; again and in any order gives the same item."""
        self._update(
            table_keys.suite_evaluation_sort(created_at, evaluation),
            {"evaluation_id": evaluation, "created_at": created_at, **facts},
        )

    def before(self, evaluation: str, created_at: str, *, limit: int = TREND) -> list[Entry]:
        """The last evaluations that started before this one, the oldest first."""
        sort = table_keys.suite_evaluation_sort(created_at, evaluation)
        return self._newest(
            Key(table_keys.SORT_KEY).between(table_keys.SUITE_EVALUATION_SORT_PREFIX, sort), limit, leave=sort
        )

    def of(self, evaluations: Iterable[Sequence[str]]) -> list[Entry]:
        """The items of evaluations given by start and id, in that order; those that are gone are left out."""
        entries = []
        for created_at, evaluation in evaluations:
            with translated():
                answer = clients.table(self.table.name).get_item(
                    Key=self._key(table_keys.suite_evaluation_sort(created_at, evaluation)), ConsistentRead=True
                )
            if "Item" in answer:
                entries.append(Entry.from_json(loaded(answer["Item"])))
        return entries

    def latest(self, *, limit: int = TREND) -> list[Entry]:
        """The last evaluations, the oldest first."""
        return self._newest(Key(table_keys.SORT_KEY).begins_with(table_keys.SUITE_EVALUATION_SORT_PREFIX), limit)

    def baseline(self) -> BaselineItem | None:
        """The baseline, or None."""
        with translated():
            answer = clients.table(self.table.name).get_item(
                Key=self._key(table_keys.BASELINE_SORT), ConsistentRead=True
            )
        item = answer.get("Item", {})
        if "evaluation_id" not in item:
            return None
        return BaselineItem(
            str(item["evaluation_id"]), str(item["created_at"]), SetBy(str(item["set_by"])), str(item["set_at"])
        )

    def set_baseline(self, baseline: BaselineItem) -> bool:
        """Make an evaluation the baseline; one that passed only takes the place of one that passed and started earlier.

        False when another baseline stays.
        """
        moves = "attribute_not_exists(evaluation_id) OR (set_by = :by AND created_at < :created_at)"
        values = {":by": SetBy.PASS.value, ":created_at": baseline.created_at}
        by_hand = baseline.set_by is SetBy.HAND
        return self._update(
            table_keys.BASELINE_SORT,
            baseline.to_json(),
            condition=None if by_hand else moves,
            values=None if by_hand else values,
        )

    def clear_baseline(self) -> None:
        """Have no baseline until an evaluation passes."""
        with translated():
            clients.table(self.table.name).update_item(
                Key=self._key(table_keys.BASELINE_SORT),
                UpdateExpression="REMOVE evaluation_id, created_at, set_by, set_at",
            )

    def _newest(self, condition: Any, limit: int, *, leave: str | None = None) -> list[Entry]:
        condition = Key(table_keys.PARTITION_KEY).eq(table_keys.suite_partition(self.suite)) & condition
        entries: list[Entry] = []
        start: dict[str, Any] = {}
        while len(entries) < limit:
            with translated():
                answer = clients.table(self.table.name).query(
                    KeyConditionExpression=condition,
                    ScanIndexForward=False,
                    ConsistentRead=True,
                    Limit=limit + 1,
                    **start,
                )
            entries += [Entry.from_json(loaded(item)) for item in answer["Items"] if item[table_keys.SORT_KEY] != leave]
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return entries[:limit][::-1]

    def _key(self, sort: str) -> dict[str, str]:
        return {table_keys.PARTITION_KEY: table_keys.suite_partition(self.suite), table_keys.SORT_KEY: sort}

    def _update(
        self,
        sort: str,
        facts: Mapping[str, object],
        *,
        condition: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> bool:
        fields = list(facts)
        given = {f":f{place}": stored(facts[field]) for place, field in enumerate(fields)}
        under: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        try:
            with translated():
                clients.table(self.table.name).update_item(
                    Key=self._key(sort),
                    UpdateExpression="SET " + ", ".join(f"#f{place} = :f{place}" for place in range(len(fields))),
                    ExpressionAttributeNames={f"#f{place}": field for place, field in enumerate(fields)},
                    ExpressionAttributeValues={**given, **(values or {})},
                    **under,
                )
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True
