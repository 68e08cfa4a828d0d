"""One DynamoDB table in memory: conditions really decide, and what need not be consistent is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Self

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

from gavel.names import table_keys
from tests.schedules import expressions
from tests.schedules.expressions import Item, copied
from tests.schedules.line import refusal

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from tests.schedules.line import Line

Key = tuple[str, str]
Watcher = Callable[[Key, Item | None, Item | None], None]

PRIMARY: Final = (table_keys.PARTITION_KEY, table_keys.SORT_KEY)
INDEXES: Final[Mapping[str, tuple[str, str]]] = {
    table_keys.LISTING_INDEX: (table_keys.LISTING_PARTITION_KEY, table_keys.LISTING_SORT_KEY),
    table_keys.UNFINISHED_INDEX: (table_keys.UNFINISHED_PARTITION_KEY, table_keys.UNFINISHED_SORT_KEY),
}
# How long a read that is not consistent may lag behind, in seconds.
LAG: Final = 2.0
PAGE: Final = 4


@dataclass
class Table:
    """What boto3's Table resource offers, as far as the product asks for it; anything else is an AttributeError.

    `watchers` are called with key, item before and item after of every write that changed something.
    """

    line: Line
    page: int = PAGE
    items: dict[Key, Item] = field(default_factory=dict)
    watchers: list[Watcher] = field(default_factory=list)
    _changed: dict[Key, tuple[float, Item | None]] = field(default_factory=dict)

    def get_item(self, *, Key: Mapping[str, str], ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803
        """GetItem."""
        key = _key(Key)

        def effect() -> dict[str, Any]:
            item = self.items.get(key) if ConsistentRead else self._stale(key)
            return {"Item": copied(item)} if item is not None else {}

        result: dict[str, Any] = self.line.call("dynamodb", "GetItem", effect)
        return result

    def put_item(self, *, Item: Mapping[str, Any], **request: Any) -> dict[str, Any]:  # noqa: N803
        """PutItem."""
        item = stored(dict(Item))
        return self._write("PutItem", _key(item), request, lambda _: copied(item))

    def update_item(self, *, Key: Mapping[str, str], UpdateExpression: str, **request: Any) -> dict[str, Any]:  # noqa: N803
        """UpdateItem."""
        whole = {**request, "Key": Key, "UpdateExpression": UpdateExpression}
        return self._write("UpdateItem", _key(Key), request, lambda before: _updated(whole, before))

    def delete_item(self, *, Key: Mapping[str, str], **request: Any) -> dict[str, Any]:  # noqa: N803
        """DeleteItem."""
        return self._write("DeleteItem", _key(Key), request, lambda _: None)

    def query(self, **request: Any) -> dict[str, Any]:
        """Query of the table or of an index; a page has few items, so that nobody takes one for all."""
        result: dict[str, Any] = self.line.call(
            "dynamodb", "Query", lambda: self._found(request), resource=request.get("IndexName", "")
        )
        return result

    @property
    def meta(self) -> Table:
        """boto3 keeps the client of a resource here."""
        return self

    @property
    def client(self) -> Table:
        """The client, as far as `transact_write_items` goes."""
        return self

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """TransactWriteItems of updates: all or none, and one that meets another one is cancelled."""

        def effect() -> dict[str, Any]:
            updates = [item["Update"] for item in TransactItems]
            if not self.line.calm and self.line.adversary.chance(self.line.adversary.fault_rate):
                raise _cancelled(["TransactionConflict", *["None"] * (len(updates) - 1)])
            before = [self.items.get(_key(update["Key"])) for update in updates]
            failed = [not self._holds(update, item) for update, item in zip(updates, before, strict=True)]
            if any(failed):
                raise _cancelled(["ConditionalCheckFailed" if one else "None" for one in failed])
            after = [_updated(update, item) for update, item in zip(updates, before, strict=True)]
            for update, old, new in zip(updates, before, after, strict=True):
                self._set(_key(update["Key"]), old, new)
            return {}

        result: dict[str, Any] = self.line.call("dynamodb", "TransactWriteItems", effect)
        return result

    def batch_writer(self) -> Batch:
        """Puts that are sent together when the block ends."""
        return Batch(self)

    def _found(self, request: Mapping[str, Any]) -> dict[str, Any]:
        unknown = set(request) - _QUERY
        if unknown:
            raise NotImplementedError(f"Query with {unknown}")
        index = request.get("IndexName")
        consistent = request.get("ConsistentRead", False) and index is None
        partition, sort = INDEXES[index] if index else PRIMARY
        wanted, aliases, values = _condition(request["KeyConditionExpression"], request, is_key=True)
        shown = [copied(item) for key in sorted(self.items) if (item := self._seen(key, consistent=consistent))]
        rows = [item for item in shown if {partition, sort} <= set(item) and wanted(item, aliases, values)]
        rows.sort(key=lambda item: (item[sort], _key(item)), reverse=not request.get("ScanIndexForward", True))
        start = request.get("ExclusiveStartKey")
        if start:
            place = next((number for number, item in enumerate(rows) if _key(item) == _key(start)), None)
            beyond = [item for item in rows if (item[sort] > start[sort]) is request.get("ScanIndexForward", True)]
            rows = beyond if place is None else rows[place + 1 :]
        size = min(request.get("Limit", self.page), self.page)
        page, rest = rows[:size], rows[size:]
        if "FilterExpression" in request:
            kept, aliases, values = _condition(request["FilterExpression"], request, is_key=False)
            matching = [item for item in page if kept(item, aliases, values)]
        else:
            matching = page
        answer: dict[str, Any] = {"Items": matching, "Count": len(matching)}
        if rest:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in dict.fromkeys((*PRIMARY, partition, sort))}
        return answer

    def _write(
        self, operation: str, key: Key, request: Mapping[str, Any], change: Callable[[Item | None], Item | None]
    ) -> dict[str, Any]:
        unknown = set(request) - _WRITE
        if unknown:
            raise NotImplementedError(f"{operation} with {unknown}")

        def effect() -> dict[str, Any]:
            before = self.items.get(key)
            if not self._holds(request, before):
                raise refusal("ConditionalCheckFailedException", operation, "The conditional request failed")
            after = change(before)
            self._set(key, before, after)
            return _returned(request.get("ReturnValues", "NONE"), before, after)

        result: dict[str, Any] = self.line.call("dynamodb", operation, effect)
        return result

    def _holds(self, request: Mapping[str, Any], before: Item | None) -> bool:
        """Whether the condition of a write holds."""
        if "ConditionExpression" not in request:
            return True
        holds, aliases, values = _condition(request["ConditionExpression"], request, is_key=False)
        return bool(holds(before or {}, aliases, values))

    def _set(self, key: Key, before: Item | None, after: Item | None) -> None:
        if after is None:
            self.items.pop(key, None)
        else:
            self.items[key] = after
        self._changed[key] = (self.line.kernel.time, before)
        for watcher in self.watchers:
            watcher(key, before, after)

    def _seen(self, key: Key, *, consistent: bool) -> Item | None:
        return self.items.get(key) if consistent else self._stale(key)

    def _stale(self, key: Key) -> Item | None:
        """What a read that is not consistent shows: for a while, perhaps, the item as it was before."""
        when, before = self._changed.get(key, (float("-inf"), None))
        lags = self.line.kernel.time - when < LAG and self.line.adversary.chance(0.5)
        return before if lags and not self.line.calm else self.items.get(key)


@dataclass
class Batch:
    """boto3's batch writer."""

    table: Table
    puts: list[Item] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def put_item(self, *, Item: Mapping[str, Any]) -> None:  # noqa: N803 - the API's name
        """Send an item with the batch."""
        self.puts.append(stored(dict(Item)))

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None or not self.puts:
            return

        def effect() -> None:
            for item in self.puts:
                self.table._set(_key(item), self.table.items.get(_key(item)), item)

        self.table.line.call("dynamodb", "BatchWriteItem", effect)


_EXPRESSED: Final = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_WRITE: Final = _EXPRESSED | {"ConditionExpression", "ReturnValues"}
_QUERY: Final = _EXPRESSED | {
    "IndexName",
    "KeyConditionExpression",
    "FilterExpression",
    "ConsistentRead",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
}


def stored(value: Any) -> Any:
    """A value as DynamoDB keeps it: numbers are decimals; raises TypeError for a float, as boto3 does."""
    if isinstance(value, bool) or value is None or isinstance(value, str | bytes | Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, dict):
        return {key: stored(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [stored(item) for item in value]
    if isinstance(value, set):
        return {stored(item) for item in value}
    raise TypeError(f"boto3 takes no {type(value).__name__}; use Decimal types instead")


def _key(item: Mapping[str, Any]) -> Key:
    return item[table_keys.PARTITION_KEY], item[table_keys.SORT_KEY]


def _values(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: stored(value) for name, value in request.get("ExpressionAttributeValues", {}).items()}


def _condition(
    given: str | ConditionBase, request: Mapping[str, Any], *, is_key: bool
) -> tuple[expressions.Evaluation, dict[str, str], dict[str, Any]]:
    aliases, values = dict(request.get("ExpressionAttributeNames", {})), _values(request)
    if not isinstance(given, str):
        built = ConditionExpressionBuilder().build_expression(given, is_key_condition=is_key)
        aliases |= built.attribute_name_placeholders
        values |= {name: stored(value) for name, value in built.attribute_value_placeholders.items()}
        given = built.condition_expression
    return expressions.condition(given), aliases, values


def _updated(request: Mapping[str, Any], before: Item | None) -> Item:
    aliases = request.get("ExpressionAttributeNames", {})
    try:
        return expressions.apply(request["UpdateExpression"], before or dict(request["Key"]), aliases, _values(request))
    except expressions.InvalidExpressionError as error:
        raise refusal("ValidationException", "UpdateItem", str(error)) from error


def _cancelled(codes: Sequence[str]) -> ClientError:
    error = refusal("TransactionCanceledException", "TransactWriteItems", f"cancelled, reasons {codes}")
    error.response["CancellationReasons"] = [{"Code": code} for code in codes]
    return error


def _returned(what: str, before: Item | None, after: Item | None) -> dict[str, Any]:
    if what == "NONE":
        return {}
    item = {"ALL_OLD": before, "ALL_NEW": after}.get(what, NotImplemented)
    if item is NotImplemented:
        raise NotImplementedError(f"ReturnValues {what}")
    return {"Attributes": copied(item)} if item is not None else {}
