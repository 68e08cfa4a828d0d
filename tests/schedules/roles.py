"""What the role of each Lambda allows, read from the table that the stack's grants are made of."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from gavel.names import table_keys
from infra.handler_table import HANDLERS

if TYPE_CHECKING:
    from infra.handler_table import Handler

_BY_TITLE: Final = {handler.title: handler for handler in HANDLERS}
# Operations that IAM knows under another action's name.
_ACTIONS: Final = {"TransactWriteItems": "UpdateItem", "HeadObject": "GetObject"}


def forbidden(process: str, service: str, operation: str, resource: str) -> str | None:
    """Why the role of the Lambda that a process runs (`StartJob/12`) does not allow a call; None when it does.

    `resource` is the key of an object (with `?` and a version behind it, where one is asked for), the prefix of a list,
    or the index of a table. Whoever is no Lambda may do everything.
    """
    handler = _BY_TITLE.get(process.partition("/")[0])
    action = _ACTIONS.get(operation, operation)
    if handler is None or _allows(handler, service, action, resource):
        return None
    return f"{handler.title} may not {service}:{action} on {resource or 'anything'}"


def _allows(handler: Handler, service: str, action: str, resource: str) -> bool:
    match service:
        case "s3":
            return _allows_object(handler, action, resource)
        case "dynamodb":
            indexes = {
                "": True,
                table_keys.LISTING_INDEX: handler.listing,
                table_keys.UNFINISHED_INDEX: handler.unfinished,
            }
            return action in handler.table and indexes[resource]
        case "bedrock":
            return action in handler.jobs and (action != "CreateEvaluationJob" or "TagResource" in handler.jobs)
        case "states":
            grants = {
                "StartExecution": handler.starts_evaluations,
                "DescribeExecution": handler.follows_evaluations,
                "SendTaskFailure": "SendTaskFailure" in handler.ends_waits,
                "SendTaskSuccess": "SendTaskSuccess" in handler.ends_waits,
            }
            return grants[action]
        case "sqs" | "glue":
            return handler.takes_arrivals if service == "sqs" else handler.registers_scores
        case "events" | "sns":
            return handler.publishes_events
        case _:
            raise NotImplementedError(service)


def _allows_object(handler: Handler, action: str, resource: str) -> bool:
    key, version = resource.partition("?")[::2]
    if action == "ListObjectsV2" and handler.tells_missing:
        return True  # S3 tells what is missing only to those who may list the bucket
    patterns = {
        "GetObject": handler.read_versions if version else handler.read,
        "PutObject": handler.write,
        "PutObjectTagging": handler.tag,
        "ListObjectsV2": handler.list_below,
    }
    return any(fnmatchcase(key, pattern) or key == pattern.rstrip("*") for pattern in patterns[action])
