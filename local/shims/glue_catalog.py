"""Glue asks for permission on the catalogue, the database and the table, and adds partitions to a table that exists.

AWS: an operation on a table or its partitions needs its action on the table and on all that holds it, the database and
the catalogue (Glue Developer Guide, "Specifying Glue resource ARNs"); CreatePartition for a table that is not there
answers EntityNotFoundException (Glue API reference). ministack asks for the database alone, and makes the partition.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json
from ministack.services import glue

from local.shims.expected import replace
from local.shims.resource_arns import name_resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.shims.resource_arns import Asked


def apply() -> None:
    """Name the table that a request is about, ask on all that holds it, and look for it first."""
    name_resource(_on_the_table)
    replace(iam_evaluator, "enforce", _on_all_that_holds_it)
    replace(glue, "_create_partition", _in_a_table)


def _on_the_table(asked: Asked) -> str | None:
    if asked.service == "glue" and (table := _table(asked.body)):
        return f"arn:aws:glue:{asked.region}:{asked.account}:table/{table}"
    return None


def _table(body: bytes) -> str | None:
    """Database and table of a request on a table's partitions."""
    try:
        request = json.loads(body or b"{}")
        return f"{request['DatabaseName']}/{request['TableName']}"
    except (ValueError, KeyError, TypeError):
        return None


def _on_all_that_holds_it(original: Callable[..., Any]) -> Callable[..., Any]:
    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        own, separator, table = resource_arn.partition(":table/")
        holders = []
        if service == "glue" and separator:
            holders = [f"{own}:catalog", f"{own}:database/{table.partition('/')[0]}"]
        for arn in (*holders, resource_arn):
            denied = original(access_key_id, iam_action, service, region, arn, service_context)
            if denied:
                return denied
        return None

    return enforce


def _in_a_table(original: Callable[..., Any]) -> Callable[..., Any]:
    def create(data: dict[str, Any]) -> Any:
        key = f"{data.get('DatabaseName')}/{data.get('TableName')}"
        if key not in glue._tables:
            return error_response_json("EntityNotFoundException", f"Table {key} not found.", 400)
        return original(data)

    return create
