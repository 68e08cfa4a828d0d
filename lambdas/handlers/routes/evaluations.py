"""Evaluations: start, list, show, stop, their figures, and links to their files."""

from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Query

from gavel.aws.evaluation_results import results_page
from gavel.aws.links import link_to
from gavel.aws.start_evaluation import API, Start, start_evaluation
from gavel.aws.stop_evaluation import stop_evaluation
from gavel.aws.view_evaluation import view_evaluation
from gavel.names import identities, object_keys
from gavel.names.statuses import EvaluationStatus
from handlers.entrance import now
from handlers.routes import models
from handlers.routes.context import PAGE, EvaluationPath, Limit, Token, door_of, known_id, new_router, suite_of
from handlers.routes.describe import answers
from handlers.routes.problems import Answer, RefusedError, answer, not_found

router = new_router()

_NEXT = r"^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z#" + identities.EVALUATION_ID_PATTERN + "$"


class Outcome(StrEnum):
    """What the gates came to."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class File(StrEnum):
    """Files of an evaluation that a link can be had to."""

    REPORT = "report"
    SUMMARY = "summary"
    SUMMARY_CSV = "summary_csv"
    JUNIT = "junit"
    COMMENT = "comment"
    MANIFEST = "manifest"
    VALIDATION = "validation"


@router.post(
    "/evaluations",
    summary="Start the evaluation of an uploaded dataset",
    description="The same dataset version with the same suite is the same evaluation, and so is the same "
    "Idempotency-Key; asking again changes nothing.",
    responses=answers(
        models.Started,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        status=HTTPStatus.ACCEPTED,
        about="It starts, or had started before.",
    ),
    tags=["evaluations"],
    operation_id="startEvaluation",
)
def start(
    request: Annotated[models.DatasetRequest, Body()],
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", pattern=r"^[\x21-\x7e]{1,255}$", description="A key of your own.")
    ] = None,
) -> Answer:
    """Start the evaluation of an uploaded dataset; asking again gives the same one."""
    door = door_of(router)
    version = door.bucket.version(request.dataset, request.version_id)
    if version is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such dataset; upload it first.")
    suite = suite_of(request)
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
    return answer(HTTPStatus.ACCEPTED, {"evaluation_id": started.evaluation_id, "created": started.created})


@router.get(
    "/evaluations",
    summary="List evaluations, the newest first",
    description="With filters a page may be short, or empty, while `next_token` continues it.",
    responses=answers(models.EvaluationList, HTTPStatus.BAD_REQUEST),
    tags=["evaluations"],
    operation_id="listEvaluations",
)
def listing(
    limit: Limit = PAGE,
    next_token: Annotated[
        str | None, Query(pattern=_NEXT, max_length=200, description="`next_token` of the page before.")
    ] = None,
    suite: Annotated[str | None, Query(pattern=models.SUITE_PATTERN)] = None,
    status: Annotated[
        list[EvaluationStatus] | None,
        Query(max_length=10, description="Any of these, parted by commas."),
    ] = None,
    verdict: Annotated[Outcome | None, Query()] = None,
) -> Answer:
    """List evaluations, newest first."""
    page = door_of(router).table.evaluations(
        limit=limit,
        token=next_token,
        suite=suite,
        statuses=[one.value for one in status or ()],
        outcome=verdict and verdict.value,
    )
    return answer(HTTPStatus.OK, {"evaluations": page.items, "next_token": page.next_token})


@router.get(
    "/evaluations/<evaluation_id>",
    summary="Show one evaluation with its figures over all categories",
    responses=answers(models.EvaluationView, HTTPStatus.NOT_FOUND),
    tags=["evaluations"],
    operation_id="getEvaluation",
)
def one(evaluation_id: EvaluationPath) -> Answer:
    """Show one evaluation with its results."""
    door = door_of(router)
    known = view_evaluation(known_id(evaluation_id), bucket=door.settings.bucket, table=door.table)
    if known is None:
        raise not_found("evaluation")
    return answer(HTTPStatus.OK, known)


@router.post(
    "/evaluations/<evaluation_id>/stop",
    summary="Stop an evaluation",
    description="No further job starts, running ones are stopped, what is done is kept and summarised, and the event "
    "`Evaluation Stopped` comes when all have ended. Asking again changes nothing.",
    responses=answers(models.Stopping, HTTPStatus.NOT_FOUND, status=HTTPStatus.ACCEPTED, about="It is being stopped.")
    | answers(models.Stopping, about="It had ended before, and keeps that end."),
    tags=["evaluations"],
    operation_id="stopEvaluation",
)
def stop(evaluation_id: EvaluationPath) -> Answer:
    """Stop an evaluation; asking again changes nothing, and one that has ended keeps its end."""
    stopping = stop_evaluation(known_id(evaluation_id), table=door_of(router).table, now=now())
    if stopping is None:
        raise not_found("evaluation")
    body = {
        "evaluation_id": evaluation_id,
        "status": stopping.status,
        "stop_requested_at": stopping.requested_at,
        "jobs_asked_to_stop": stopping.asked,
    }
    return answer(HTTPStatus.OK if stopping.ended else HTTPStatus.ACCEPTED, body)


@router.get(
    "/evaluations/<evaluation_id>/results",
    summary="Page through the figures, by category too",
    responses=answers(models.Results, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    tags=["results"],
    operation_id="listResults",
)
def results(
    evaluation_id: EvaluationPath,
    limit: Limit = PAGE,
    next_token: Token = None,
    metric: Annotated[str | None, Query(max_length=100)] = None,
    category: Annotated[str | None, Query(max_length=1024, description="One category; left out: all.")] = None,
) -> Answer:
    """Show the figures of an evaluation, also those of single categories."""
    table = door_of(router).table
    if table.head(known_id(evaluation_id)) is None:
        raise not_found("evaluation")
    page = results_page(evaluation_id, table=table, limit=limit, token=next_token, metric=metric, category=category)
    return answer(HTTPStatus.OK, {"evaluation_id": evaluation_id, "results": page.items, "next_token": page.next_token})


@router.get(
    "/evaluations/<evaluation_id>/report",
    summary="Get a short-lived link to the report",
    responses=answers(models.Link, HTTPStatus.NOT_FOUND),
    tags=["results"],
    operation_id="getReport",
)
def report(evaluation_id: EvaluationPath) -> Answer:
    """Give a link to the report that works for a few minutes."""
    return _link(evaluation_id, File.REPORT)


@router.get(
    "/evaluations/<evaluation_id>/files/<file>",
    summary="Get a short-lived link to another file",
    responses=answers(models.Link, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    tags=["results"],
    operation_id="getFile",
)
def file_link(evaluation_id: EvaluationPath, file: File) -> Answer:
    """Give a link to a file of an evaluation that works for a few minutes."""
    return _link(evaluation_id, file)


def _link(evaluation_id: str, file: File) -> Answer:
    keys = object_keys.EvaluationKeys(known_id(evaluation_id))
    link = link_to(getattr(keys, file.value), bucket=door_of(router).bucket, now=now())
    if link is None:
        raise not_found("file, or it is not written yet")
    return answer(HTTPStatus.OK, link)
