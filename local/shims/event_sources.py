"""A policy may say in whose name events are published.

AWS: a request of PutEvents has the condition key `events:source`, with the source of each of its entries (Service
Authorization Reference, "Amazon EventBridge"). ministack knows no such key, so that any condition on it with
ForAllValues holds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions

from local.shims.expected import replace

if TYPE_CHECKING:
    from collections.abc import Callable


def apply() -> None:
    """Add the key to the context that requests are judged in."""
    replace(iam_actions, "request_tag_context", _with_sources)


def _with_sources(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = original(service, iam_action, body, params)
        if iam_action == "events:PutEvents":
            context["events:source"] = _sources(body)
        return context

    return request_tag_context


def _sources(body: bytes) -> list[str]:
    try:
        return sorted({str(entry["Source"]) for entry in json.loads(body)["Entries"]})
    except (ValueError, KeyError, TypeError):
        return []  # a request that cannot be read is refused as such
