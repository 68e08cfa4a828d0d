"""The results of a Distributed Map, as ResultWriter forms them and exports them to S3.

AWS: under <Prefix>/<id of the Map Run>/ stand manifest.json and one file per status, SUCCEEDED_0 and FAILED_0; the
transformations NONE, COMPACT and FLATTEN leave failed children as NONE does (Developer Guide, "ResultWriter").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import stepfunctions as sfn

from local.shims import machine_role

if TYPE_CHECKING:
    from local.shims.distributed_map import Scope


@dataclass(frozen=True)
class Child:
    """An ended child execution; `record` is ministack's own."""

    record: dict[str, Any]

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return bool(self.record["status"] == "SUCCEEDED")

    def with_metadata(self) -> dict[str, Any]:
        """The child as the transformation NONE shows it."""
        record = self.record
        entry: dict[str, Any] = {
            "ExecutionArn": record["executionArn"],
            "Input": record["input"],
            "InputDetails": {"Included": True},
            "Name": record["name"],
            "RedriveCount": 0,
            "RedriveStatus": "NOT_REDRIVABLE" if self.succeeded else "REDRIVABLE",
            "StartDate": record["startDate"],
            "StateMachineArn": record["stateMachineArn"],
            "Status": record["status"],
            "StopDate": record["stopDate"],
        }
        if self.succeeded:
            return entry | {"Output": record["output"], "OutputDetails": {"Included": True}}
        return entry | {"Error": record.get("error", ""), "Cause": record.get("cause", "")}


def formatted(children: list[Child], transformation: str) -> list[Any]:
    """The children's results under a transformation."""
    results: list[Any] = []
    for child in children:
        if transformation == "NONE" or not child.succeeded:
            results.append(child.with_metadata())
            continue
        output = json.loads(child.record["output"])
        if transformation == "FLATTEN" and isinstance(output, list):
            results.extend(output)
        else:
            results.append(output)
    return results


def write_results(scope: Scope, map_run_arn: str, children: list[Child]) -> dict[str, Any]:
    """Export to S3 with the machine's rights; returns the state's result. Raises States.ResultWriterFailed."""
    target = scope.arguments("ResultWriter")
    config = scope.state["ResultWriter"].get("WriterConfig", {})
    lines = config.get("OutputType") == "JSONL"
    folder = "/".join(
        part for part in (str(target.get("Prefix", "")).strip("/"), map_run_arn.rsplit(":", 1)[-1]) if part
    )
    files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    s3 = machine_role.client("s3")
    try:
        for status in ("SUCCEEDED", "FAILED"):
            chosen = [child for child in children if child.succeeded == (status == "SUCCEEDED")]
            if chosen:
                key = f"{folder}/{status}_0.{'jsonl' if lines else 'json'}"
                body = _encoded(formatted(chosen, config.get("Transformation", "NONE")), lines=lines)
                s3.put_object(Bucket=target["Bucket"], Key=key, Body=body)
                files[status].append({"Key": key, "Size": len(body)})
        manifest = {"DestinationBucket": target["Bucket"], "MapRunArn": map_run_arn, "ResultFiles": files}
        key = f"{folder}/manifest.json"
        s3.put_object(Bucket=target["Bucket"], Key=key, Body=json.dumps(manifest).encode())
    except ClientError as error:
        raise _failed(machine_role.service_error("S3", error)[1]) from error
    except (BotoCoreError, KeyError) as error:
        raise _failed(f"{type(error).__name__}: {error}") from error
    return {"MapRunArn": map_run_arn, "ResultWriterDetails": {"Bucket": target["Bucket"], "Key": key}}


def _encoded(results: list[Any], *, lines: bool) -> bytes:
    if lines:
        return "".join(json.dumps(result) + "\n" for result in results).encode()
    return json.dumps(results).encode()


def _failed(cause: str) -> Exception:
    error: Exception = sfn._ExecutionError("States.ResultWriterFailed", cause)
    return error
