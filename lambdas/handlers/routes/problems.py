"""Errors as RFC 9457 has them: one shape for every refusal, with every wrong field, and no value of a request."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from gavel.aws.start_evaluation import IdempotencyError
from gavel.datasets.strict_json import ONE_LINE, JsonError, decode
from gavel.problems import InvalidInputError, NotPermittedError, QuotaFullError, TryLaterError
from handlers.entrance import logger, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from handlers.entrance import Door

Answer = Response[Any]

# What a body may hold: a suite takes 256 KiB at most, and every other request is far smaller.
MOST_BODY_BYTES: Final = 300 * 1024
MOST_ERRORS: Final = 100  # in one answer, which a Lambda may give 6 MB
YAML_TYPES: Final = ("application/yaml", "text/yaml", "application/x-yaml", "text/plain", "application/json")
JSON_TYPES: Final = ("application/json",)
# What every route is, written by `handlers.routes.document`.
DOCUMENT: Final = Path(__file__).resolve().parent.parent / "openapi.json"
_PARAMETER: Final = re.compile(r"\{\w+\}")


class RefusedError(Exception):
    """A request that ends in a problem document; raised by routes, never seen outside."""

    def __init__(self, status: HTTPStatus, detail: str, errors: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors


def not_found(what: str) -> RefusedError:
    """The refusal of an unknown name; it does not say whether there ever was one."""
    return RefusedError(HTTPStatus.NOT_FOUND, f"There is no such {what}.")


def answer(status: HTTPStatus, body: Mapping[str, Any]) -> Answer:
    """A JSON answer."""
    return Response(status_code=status, content_type="application/json", body=json.dumps(body, ensure_ascii=False))


def no_content() -> Answer:
    """An answer without a body (not null: an answer's body is a text)."""
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


def problem(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[Mapping[str, Any]] = (),
    *,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An error as RFC 9457 has it; `errors` are what is wrong, field by field."""
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    if errors:
        body["errors"] = [dict(error) for error in errors]
    text = json.dumps(body, ensure_ascii=False)
    return Response(status_code=status, content_type="application/problem+json", body=text, headers=dict(headers or {}))


def errors_of(error: InvalidInputError) -> list[dict[str, Any]]:
    """The problems of a file as the errors of a problem document."""
    listed = []
    for one in error.problems.listed[:MOST_ERRORS]:
        known = {name: value for name, value in one.to_json().items() if value is not None}
        listed.append({"field": known.pop("field", None) or "body", **known})
    return listed


def refuse_early(event: Mapping[str, Any]) -> Answer | None:
    """What is wrong with a request before any route looks at it: its size, its text, its content type."""
    request = APIGatewayProxyEventV2(dict(event))
    method = request.http_method.upper()
    if method == "OPTIONS":  # a preflight, which API Gateway answers; ours only has to be no refusal
        return no_content()
    try:
        body = request.decoded_body or ""
        size = len(body.encode())
    except (ValueError, UnicodeError):
        return problem(HTTPStatus.BAD_REQUEST, "The body is no UTF-8 text.")
    if size > MOST_BODY_BYTES:
        detail = f"A body takes {MOST_BODY_BYTES:,} bytes at most; datasets are uploaded to S3 (POST /datasets)."
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    if method in {"POST", "PUT"} and body:
        kind = request.headers.get("content-type", JSON_TYPES[0]).partition(";")[0].strip().lower()
        wanted = YAML_TYPES if re.fullmatch(r"/suites/[^/]*", request.path) else JSON_TYPES
        if kind not in wanted:
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {' or '.join(wanted[:1])}.")
        return _refuse_json(body) if wanted is JSON_TYPES else None
    return None


def _refuse_json(body: str) -> Answer | None:
    """What is wrong with a body's JSON that Python's own parser takes, or fails on in ways of its own."""
    try:
        decode(body.encode())
    except JsonError as error:
        remedy = "send one JSON object" if error.remedy.startswith(ONE_LINE) else error.remedy
        errors = [{"field": "body", "in": "body", "reason": error.reason, "remedy": remedy}]
        return problem(HTTPStatus.BAD_REQUEST, "The body is no JSON that can be used.", errors)
    return None


def resolve(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: LambdaContext, *, door: Door
) -> dict[str, Any]:
    """Answer one request; the routes find the door in the app's context."""
    app.append_context(door=door)  # type: ignore[no-untyped-call]  # Powertools has no types here
    refusal = refuse_early(event)
    if refusal is None:
        return app.resolve(event, context)
    headers = {} if refusal.status_code == HTTPStatus.NO_CONTENT else {"Content-Type": "application/problem+json"}
    return {"statusCode": int(refusal.status_code), "headers": headers, "body": refusal.body, "isBase64Encoded": False}


def install(app: APIGatewayHttpResolver) -> None:
    """Let the app answer every error with a problem document."""

    def unrouted(error: ServiceError) -> Answer:
        event = app.current_event
        allowed = _methods_of(event.path) if error.status_code == HTTPStatus.NOT_FOUND else []
        # A path that takes this method and was not routed holds characters that no name has.
        if allowed and event.http_method.upper() not in allowed:
            detail = f"Use {' or '.join(allowed)}."
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": ", ".join(allowed)})
        return problem(HTTPStatus(error.status_code), str(error.msg))

    for kind, handle in _HANDLERS.items():
        app.exception_handler(kind)(handle)
    app.exception_handler(ServiceError)(unrouted)


def _refused(error: RefusedError) -> Answer:
    return problem(error.status, error.detail, error.errors)


def _invalid(error: RequestValidationError) -> Answer:
    return problem(HTTPStatus.BAD_REQUEST, "The request is not as it has to be.", _validation_errors(error))


def _unsupported(_error: RequestUnsupportedContentType) -> Answer:
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")


def _too_deep(_error: RecursionError) -> Answer:
    return problem(HTTPStatus.BAD_REQUEST, "The body is nested too deeply.")


def _wrong_input(error: InvalidInputError) -> Answer:
    detail = f"{error.problems.count} error(s) in what the request names or brings."
    return problem(HTTPStatus.BAD_REQUEST, detail, errors_of(error))


def _reused_key(_error: IdempotencyError) -> Answer:
    return problem(HTTPStatus.CONFLICT, "This Idempotency-Key was used for another dataset, version or suite.")


def _busy(_error: Exception) -> Answer:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "AWS is busy; try again in a moment.")


def _denied(error: NotPermittedError) -> Answer:
    # The caller cannot mend it, the operator can.
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"The deployment lacks a permission. {error}")


def _broken(error: Exception) -> Answer:
    # The log names the line of code; the caller learns nothing of it, for the text could hold a piece of a prompt.
    logger.error("internal error", error=place_of(error))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Gavel failed; the function's log says where.")


_HANDLERS: Final[Mapping[type[Exception], Callable[[Any], Answer]]] = {
    RefusedError: _refused,
    RequestValidationError: _invalid,
    RequestUnsupportedContentType: _unsupported,
    RecursionError: _too_deep,
    InvalidInputError: _wrong_input,
    IdempotencyError: _reused_key,
    TryLaterError: _busy,
    QuotaFullError: _busy,
    NotPermittedError: _denied,
    Exception: _broken,
}


def _validation_errors(error: RequestValidationError) -> list[dict[str, str]]:
    """What is wrong with a request, field by field; the values themselves stay out of the answer."""
    listed = []
    for item in error.errors()[:MOST_ERRORS]:
        place = [str(part) for part in item["loc"]]
        listed.append({"field": ".".join(place[1:]) or place[0], "in": place[0], "reason": str(item["msg"])})
    return listed


def _methods_of(path: str) -> list[str]:
    """The methods that a path does take, of whichever Lambda: Powertools tells an unknown method as 404."""
    described = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    found = (known for template, known in described.items() if re.fullmatch(_PARAMETER.sub("[^/]+", template), path))
    return sorted(method.upper() for known in found for method in known)
