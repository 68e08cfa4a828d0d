"""The HTTP API: evaluations, and suites' history and baseline. Callers are authorised by IAM before they come here."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gavel import names
from gavel.aws.start_evaluation import API, IdempotencyError, Start, start_evaluation
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.suite_views import NoBaselineError, clear_baseline, set_baseline, view_suite
from gavel.aws.view_evaluation import view_evaluation
from gavel.names import Variable
from gavel.problems import NotPermittedError, QuotaFullError, TryLaterError
from handlers.entrance import Door, Event, logger, now, place_of

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

door = Door(Variable.BUCKET, Variable.TABLE, Variable.STATE_MACHINE_ARN)
app = APIGatewayHttpResolver()

_SUFFIXES = "|".join(map(re.escape, names.DATASET_SUFFIXES))
_PAGE = 50
_LONGEST_PAGE = 100
_LIMIT_RANGE = f"limit takes a whole number from 1 to {_LONGEST_PAGE}."
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NEXT_TOKEN = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,12}Z#" + names.EVALUATION_ID_PATTERN)


class StartRequest(BaseModel):
    """Body of `POST /evaluations`."""

    model_config = ConfigDict(extra="forbid", str_max_length=1024)

    dataset: Annotated[str, Field(pattern=rf"^{re.escape(names.DATASETS_PREFIX)}.+({_SUFFIXES})$")]
    version_id: Annotated[str, Field(min_length=1)] | None = None
    suite: Annotated[str, Field(pattern=f"^{names.SUITE_NAME_PATTERN}$")] | None = None


class BaselineRequest(BaseModel):
    """Body of `PUT /suites/{suite}/baseline`."""

    model_config = ConfigDict(extra="forbid", str_max_length=100)

    evaluation_id: Annotated[str, Field(pattern=f"^{names.EVALUATION_ID_PATTERN}$")]


def _answer(status: HTTPStatus, body: dict[str, Any], content_type: str = "application/json") -> Response[str]:
    return Response(status_code=status, content_type=content_type, body=json.dumps(body, ensure_ascii=False))


def _problem(status: HTTPStatus, detail: str, errors: list[dict[str, str]] | None = None) -> Response[str]:
    """An error as RFC 9457 has it."""
    body: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    if errors:
        body["errors"] = errors
    return _answer(status, body, "application/problem+json")


def _errors(error: ValidationError) -> list[dict[str, str]]:
    """What is wrong with a body, field by field; the values themselves stay out of the answer."""
    return [
        {"field": ".".join(str(part) for part in item["loc"]) or "body", "reason": item["msg"]}
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _limit() -> int | None:
    """The number of entries that a caller wants on a page; None for what is no such number."""
    limit = app.current_event.query_string_parameters.get("limit", str(_PAGE))
    valid = limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= _LONGEST_PAGE
    return int(limit) if valid else None


@app.post("/evaluations")
def start() -> Response[str]:
    """Start the evaluation of an uploaded dataset; asking again gives the same one."""
    try:
        request = StartRequest.model_validate_json(app.current_event.decoded_body or "")
    except ValidationError as error:
        return _problem(HTTPStatus.BAD_REQUEST, "The body is not a request to start an evaluation.", _errors(error))
    idempotency_key = app.current_event.headers.get("idempotency-key")
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        return _problem(HTTPStatus.BAD_REQUEST, "Idempotency-Key takes 1 to 255 printable ASCII characters.")
    suite = request.suite or names.suite_of_dataset_key(request.dataset)
    if not names.is_suite_name(suite):
        reason = f"its folder is no suite name ({names.SUITE_NAME_PATTERN}); name the suite"
        return _problem(
            HTTPStatus.BAD_REQUEST, "The dataset's key names no suite.", [{"field": "dataset", "reason": reason}]
        )
    version = door.bucket.version(request.dataset, request.version_id)
    if version is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is no such dataset; upload it first.")
    started = start_evaluation(
        Start(
            dataset_key=request.dataset,
            dataset_version=version,
            suite=suite,
            started_by=API,
            idempotency_key=idempotency_key,
        ),
        settings=door.settings,
        bucket=door.bucket,
        table=door.table,
        now=now(),
    )
    return _answer(HTTPStatus.ACCEPTED, {"evaluation_id": started.evaluation_id, "created": started.created})


@app.get("/evaluations")
def listing() -> Response[str]:
    """List evaluations, newest first."""
    limit = _limit()
    token = app.current_event.query_string_parameters.get("next_token")
    if limit is None:
        return _problem(HTTPStatus.BAD_REQUEST, _LIMIT_RANGE)
    if token is not None and not _NEXT_TOKEN.fullmatch(token):
        return _problem(HTTPStatus.BAD_REQUEST, "next_token is not one that a page ended with.")
    page = door.table.evaluations(limit=limit, token=token)
    return _answer(HTTPStatus.OK, {"evaluations": page.items, "next_token": page.next_token})


@app.get("/evaluations/<evaluation>")
def one(evaluation: str) -> Response[str]:
    """Show one evaluation with its results."""
    known = (
        view_evaluation(evaluation, bucket=door.settings.bucket, table=door.table)
        if names.is_evaluation_id(evaluation)
        else None
    )
    if known is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is no such evaluation.")
    return _answer(HTTPStatus.OK, known)


@app.post("/evaluations/<evaluation>/stop")
def stop(evaluation: str) -> Response[str]:
    """Stop an evaluation; asking again changes nothing, and one that has ended keeps its end."""
    stopping = stop_evaluation(evaluation, table=door.table, now=now()) if names.is_evaluation_id(evaluation) else None
    if stopping is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is no such evaluation.")
    body = {
        "evaluation_id": evaluation,
        "status": stopping.status,
        "stop_requested_at": stopping.requested_at,
        "jobs_asked_to_stop": stopping.asked,
    }
    return _answer(HTTPStatus.OK if stopping.ended else HTTPStatus.ACCEPTED, body)


@app.get("/suites/<suite>/evaluations")
def history(suite: str) -> Response[str]:
    """Show a suite's last evaluations with their figures, newest first, and its baseline."""
    limit = _limit()
    if limit is None:
        return _problem(HTTPStatus.BAD_REQUEST, _LIMIT_RANGE)
    if not names.is_suite_name(suite):
        return _problem(HTTPStatus.NOT_FOUND, "There is no such suite.")
    return _answer(HTTPStatus.OK, view_suite(suite, table=door.table, limit=limit))


@app.put("/suites/<suite>/baseline")
def pin(suite: str) -> Response[str]:
    """Make an evaluation the suite's baseline; asking again changes nothing."""
    try:
        request = BaselineRequest.model_validate_json(app.current_event.decoded_body or "")
    except ValidationError as error:
        return _problem(HTTPStatus.BAD_REQUEST, "The body names no evaluation.", _errors(error))
    try:
        baseline = set_baseline(suite, request.evaluation_id, table=door.table, now=now())
    except NoBaselineError as error:
        return _problem(HTTPStatus.CONFLICT, f"{error}.")
    return _answer(HTTPStatus.OK, {"suite": suite, "baseline": baseline.to_json()})


@app.delete("/suites/<suite>/baseline")
def unpin(suite: str) -> Response[str]:
    """Have no baseline until the next evaluation passes; asking again changes nothing."""
    if not names.is_suite_name(suite):
        return _problem(HTTPStatus.NOT_FOUND, "There is no such suite.")
    clear_baseline(suite, table=door.table)
    return _answer(HTTPStatus.OK, {"suite": suite, "baseline": None})


@app.exception_handler(ServiceError)
def refused(error: ServiceError) -> Response[str]:
    """What the router refuses, such as an unknown path, as a problem document."""
    return _problem(HTTPStatus(error.status_code), str(error.msg))


@app.exception_handler(IdempotencyError)
def reused_key(_error: Exception) -> Response[str]:
    """An idempotency key that came before with something else."""
    return _problem(HTTPStatus.CONFLICT, "This Idempotency-Key was used for another dataset, version or suite.")


@app.exception_handler([TryLaterError, QuotaFullError])
def busy(_error: Exception) -> Response[str]:
    """AWS is busy: the caller should try again."""
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "AWS is busy; try again in a moment.")


@app.exception_handler(NotPermittedError)
def denied(error: NotPermittedError) -> Response[str]:
    """The deployment lacks a permission: the caller cannot mend it, the operator can."""
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"The deployment lacks a permission. {error}")


@app.exception_handler(Exception)
def broken(error: Exception) -> Response[str]:
    """A fault of ours: the log names the line of code, the caller learns nothing of it."""
    logger.error("internal error", error=place_of(error))
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Gavel failed; the function's log says where.")


def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Route one request of API Gateway."""
    return app.resolve(event, context)
