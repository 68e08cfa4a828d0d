"""Copies items of a restored table back into the deployment's own table.

DynamoDB restores a backup, or a moment, only into a new table (DynamoDB developer guide, "Restoring a table"), and the
stack's table has a name of its own. So what was lost comes back item by item, while the deployment goes on.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.failures import ClientError, code_of, translated
from gavel.names.table_keys import PARTITION_KEY, RECONCILER_PARTITION, SLOTS_PARTITION, SORT_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Item = Mapping[str, Any]

# Who holds a slot, and what the reconciler saw, was true at the moment of the backup only.
OF_THE_MOMENT: Final = frozenset({SLOTS_PARTITION, RECONCILER_PARTITION})
_AT_ONCE: Final = 16


@dataclass
class Restored:
    """Items that were written, that were there already, and that are never taken over."""

    written: int = 0
    kept: int = 0
    left_out: int = 0

    def to_json(self) -> dict[str, int]:
        """The counts as the command shows them."""
        return asdict(self)


def restore_items(source: str, target: str, *, overwrite: bool = False, dry_run: bool = False) -> Restored:
    """Write every item of the table `source` that `target` lacks; with `overwrite` also those that differ.

    With `dry_run` nothing is written, and the counts say what would be. Doing it again changes nothing more. Raises
    the errors of `failures.translated`.
    """
    known = {_key(item): item for item in _items(target)} if dry_run else {}

    def settle(item: Item) -> str:
        if item[PARTITION_KEY]["S"] in OF_THE_MOMENT:
            return "left_out"
        if dry_run:
            there = known.get(_key(item))
            return "written" if there is None or (overwrite and there != item) else "kept"
        return "written" if _write(target, item, overwrite=overwrite) else "kept"

    result = Restored()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for some in batched(_items(source), 1000):
            for outcome in pool.map(settle, some):
                setattr(result, outcome, getattr(result, outcome) + 1)
    return result


def _items(table: str) -> Iterator[Item]:
    with translated():
        for page in clients.dynamodb().get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]


def _write(table: str, item: Item, *, overwrite: bool) -> bool:
    """Whether the item was written; with `overwrite` it is written in any case."""
    condition: dict[str, Any] = {}
    if not overwrite:
        condition = {
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": PARTITION_KEY},
        }
    try:
        with translated():
            clients.dynamodb().put_item(TableName=table, Item=item, **condition)
    except ClientError as error:
        if code_of(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True


def _key(item: Item) -> tuple[str, str]:
    return item[PARTITION_KEY]["S"], item[SORT_KEY]["S"]
