"""What the OpenAPI document says of answers: the model of a success, and problem documents for all else."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from handlers.routes.models import GatewayRefusal, ProblemDocument

if TYPE_CHECKING:
    from pydantic import BaseModel

_ABOUT: Final = {
    HTTPStatus.BAD_REQUEST: "The request is wrong; every wrong field is named.",
    HTTPStatus.UNAUTHORIZED: "Where the API takes tokens: none, or a wrong one. API Gateway says so.",
    HTTPStatus.FORBIDDEN: "Unsigned, or the caller may not do this. API Gateway says so before Gavel is asked.",
    HTTPStatus.NOT_FOUND: "There is no such thing, and nothing says whether there ever was.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path knows other methods.",
    HTTPStatus.CONFLICT: "It contradicts what is there.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large to be answered here.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body has a type that is not read.",
    HTTPStatus.TOO_MANY_REQUESTS: "Throttled: try again in a moment.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Gavel failed, or the deployment lacks a permission.",
    HTTPStatus.SERVICE_UNAVAILABLE: "AWS is busy: try again in a moment.",
}
_BY_GATEWAY: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_ALWAYS: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def answers(
    model: type[BaseModel] | None, *also: HTTPStatus, status: HTTPStatus = HTTPStatus.OK, about: str = "Done."
) -> dict[int, Any]:
    """The `responses` of a route: its success (None: without a body), those refusals, and what every route may say."""
    found: dict[int, Any] = {int(status): {"description": about}}
    if model is not None:
        found[int(status)]["content"] = {"application/json": {"model": model}}
    for refusal in sorted({*also, *_ALWAYS}):
        kind, shape = (
            ("application/json", GatewayRefusal)
            if refusal in _BY_GATEWAY
            else ("application/problem+json", ProblemDocument)
        )
        found[int(refusal)] = {"description": _ABOUT[refusal], "content": {kind: {"model": shape}}}
    return found
