"""The items of a Distributed Map: read from S3 with the machine's rights, or taken from the state's input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import stepfunctions as sfn

from local.shims import machine_role

if TYPE_CHECKING:
    from local.shims.distributed_map import Scope


def read_items(scope: Scope) -> list[Any]:
    """The items; raises States.ItemReaderFailed when they cannot be read."""
    reader = scope.state.get("ItemReader")
    if reader is None:
        return _items_of_input(scope)
    arguments = scope.arguments("ItemReader")
    config = reader.get("ReaderConfig") or {}
    try:
        if reader["Resource"].endswith(":s3:listObjectsV2"):
            items = _listing(arguments)
        else:
            body = machine_role.client("s3").get_object(**arguments)["Body"].read()
            items = parse_items(body, config)
    except ClientError as error:
        raise _failed(machine_role.service_error("S3", error)[1]) from error
    except (BotoCoreError, ValueError) as error:
        raise _failed(str(error)) from error
    most = int(scope.value({"value": config.get("MaxItems", 0)})["value"])
    return items[:most] if most else items


def parse_items(body: bytes, config: dict[str, Any]) -> list[Any]:
    """The items in a file; raises ValueError. JSON Lines end at a line feed and nowhere else."""
    kind = config.get("InputType", "JSON")
    if kind == "JSONL":
        return [json.loads(line) for line in body.decode().split("\n") if line.strip()]
    if kind not in {"JSON", "CSV"}:
        raise ValueError(f"the twin does not know the InputType {kind}")
    items: Any = sfn._parse_reader_items(body.decode(), config)
    if isinstance(items, list):
        return items
    raise ValueError("Attempting to map over non-iterable node")


def _items_of_input(scope: Scope) -> list[Any]:
    if scope.jsonata and "Items" in scope.state:
        items = scope.value({"value": scope.state["Items"]})["value"]
    else:
        items = sfn._resolve_path_or_ctx(scope.state.get("ItemsPath", "$"), scope.effective, scope.ctx)
    if not isinstance(items, list):
        raise sfn._ExecutionError("States.QueryEvaluationError", "the Map's items are not an array")
    return items


def _listing(arguments: dict[str, Any]) -> list[Any]:
    pages = machine_role.client("s3").get_paginator("list_objects_v2").paginate(**arguments)
    return [
        {
            "Etag": found["ETag"],
            "Key": found["Key"],
            "LastModified": int(found["LastModified"].timestamp()),
            "Size": found["Size"],
            "StorageClass": found.get("StorageClass", "STANDARD"),
        }
        for page in pages
        for found in page.get("Contents", [])
    ]


def _failed(cause: str) -> Exception:
    error: Exception = sfn._ExecutionError("States.ItemReaderFailed", cause)
    return error
