"""How AWS says that it is busy, broken, or that a quota is used up: each service in its own protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from local.disturbances.rules import Kind

if TYPE_CHECKING:
    from local.disturbances.rules import Call

_BUSY: Final = {
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "s3": ("SlowDown", 503),
    "sns": ("Throttling", 400),
}
_BROKEN: Final = {
    "dynamodb": "InternalServerError",
    "s3": "InternalError",
    "sns": "InternalError",
    "bedrock": "InternalServerException",
}
_XML: Final = frozenset({"s3", "sns"})

type Refusal = tuple[int, list[tuple[bytes, bytes]], bytes]


def refusal(kind: Kind, call: Call) -> Refusal:
    """Status, headers and body of the answer."""
    code, status = _code(kind, call.service)
    text = f"Injected by the twin's disturbances ({kind})."
    if call.service in _XML:
        error = f"<Code>{code}</Code><Message>{escape(text)}</Message>"
        inside = f"<Error>{error}</Error>" if call.service == "s3" else f"<Error><Type>Sender</Type>{error}</Error>"
        body = (inside if call.service == "s3" else f"<ErrorResponse>{inside}</ErrorResponse>").encode()
        return status, [(b"content-type", b"text/xml"), _length(body)], body
    body = json.dumps({"__type": code, "message": text}).encode()
    kinds = [(b"content-type", b"application/x-amz-json-1.0"), (b"x-amzn-errortype", code.encode())]
    return status, [*kinds, _length(body)], body


def _code(kind: Kind, service: str) -> tuple[str, int]:
    if kind is Kind.QUOTA:
        return "ServiceQuotaExceededException", 400
    if kind is Kind.ERROR:
        return _BROKEN.get(service, "InternalServiceException"), 500
    return _BUSY.get(service, ("ThrottlingException", 400))


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
