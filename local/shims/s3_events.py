"""An S3 event through EventBridge names the version of the object.

AWS: `detail.object.version-id` stands in the events of a bucket with versioning (S3 User Guide, "EventBridge event
message structure"). ministack knows the version and leaves it out.
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from ministack.services import eventbridge, s3

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_version: Final[ContextVar[str | None]] = ContextVar("version of the object that an event is about", default=None)


def apply() -> None:
    """Carry the version from where S3 fires an event to where EventBridge takes it."""
    replace(s3, "_fire_s3_event", _remembering)
    replace(eventbridge, "_dispatch_event", _naming)


def _remembering(original: Callable[..., None]) -> Callable[..., None]:
    def fire(  # noqa: PLR0913, PLR0917 - ministack's signature
        bucket_name: str,
        key: str,
        event_name: str,
        size: int = 0,
        etag: str = "",
        deletion_type: str | None = None,
        restore_event_data: dict[str, Any] | None = None,
        version_id: str | None = None,
        sequencer: str | None = None,
        object_extra: dict[str, Any] | None = None,
        record_extra: dict[str, Any] | None = None,
    ) -> None:
        token = _version.set(version_id)
        try:
            original(
                bucket_name,
                key,
                event_name,
                size,
                etag,
                deletion_type,
                restore_event_data,
                version_id,
                sequencer,
                object_extra,
                record_extra,
            )
        finally:
            _version.reset(token)

    return fire


def _naming(original: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch(event: dict[str, Any], view: Any = None) -> Any:
        version = _version.get()
        if version and event.get("Source") == "aws.s3":
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = version
            event = event | {"Detail": json.dumps(detail)}
        return original(event, view)

    return dispatch
