"""Which call to AWS an HTTP request is: the services sign their names into it, and tell operations in four ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote

from local.disturbances.rules import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNED_FOR: Final = re.compile(r"Credential=[^/]+/\d{8}/[a-z0-9-]+/([a-z0-9-]+)/aws4_request")
_BEDROCK: Final = (
    ("POST", re.compile(r"/evaluation-jobs"), "CreateEvaluationJob"),
    ("GET", re.compile(r"/evaluation-jobs"), "ListEvaluationJobs"),
    ("POST", re.compile(r"/evaluation-jobs/batch-delete"), "BatchDeleteEvaluationJob"),
    ("GET", re.compile(r"/evaluation-jobs/[^/]+"), "GetEvaluationJob"),
    ("POST", re.compile(r"/evaluation-job/[^/]+/stop"), "StopEvaluationJob"),
)
_OBJECTS: Final = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}


def call_of(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call | None:
    """The call that a request is; None when no service of AWS was signed for."""
    found = _SIGNED_FOR.search(headers.get("authorization", ""))
    if not found:
        return None
    service = found[1]
    # Bodies of S3 are users' data, and its addresses say all.
    content = "" if service == "s3" else body.decode("utf-8", "replace")
    return Call(
        service=service,
        operation=_operation(service, method, path, query, headers, content),
        text=f"{unquote(path)}?{unquote(query)}\n{unquote(content)}",
        agent=headers.get("user-agent", ""),
    )


def _operation(service: str, method: str, path: str, query: str, headers: Mapping[str, str], content: str) -> str:
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if service == "bedrock":
        return next((name for verb, form, name in _BEDROCK if verb == method and form.fullmatch(path)), "")
    if service == "s3":
        asked = parse_qs(query, keep_blank_values=True)
        if "list-type" in asked:
            return "ListObjectsV2"
        return _OBJECTS.get(method, "") + ("Tagging" if "tagging" in asked else "")
    return parse_qs(content).get("Action", [""])[0]
