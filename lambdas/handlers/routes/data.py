"""What needs the data themselves: records, comparisons, estimates and checks of datasets."""

import math
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from pydantic import BeforeValidator

from gavel.aws.compare_evaluations import compare_evaluations
from gavel.aws.dataset_check import TooLargeError, check_dataset
from gavel.aws.evaluation_records import NoScoresError, records_page
from gavel.aws.score_copies import StillCopyingError
from gavel.results.record_pages import Wanted
from handlers.routes import models
from handlers.routes.context import EvaluationPath, Limit, door_of, known_id, new_router, suite_of
from handlers.routes.describe import answers
from handlers.routes.problems import Answer, RefusedError, answer, not_found

router = new_router()

# Of the 29 that API Gateway waits: the rest is for the files on their way, and for reading.
SECONDS_TO_COPY: Final = 15

_NUMBER = re.compile(r"[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][-+]?\d{1,4})?", re.ASCII)


def _finite(value: Any) -> Any:
    """A figure written as a number: nothing lies below `nan`, and everything would be shown."""
    if isinstance(value, str) and not (_NUMBER.fullmatch(value) and math.isfinite(float(value))):
        raise ValueError("is no finite number")
    return value


_REFUSALS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


@router.get(
    "/evaluations/<evaluation_id>/records",
    summary="Page through the records with answers, scores and explanations",
    description="A record is on a page when one of its scores fits all filters; then every score that fits generator, "
    "judge and metric stands in it.",
    responses=answers(
        models.Records,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ),
    tags=["results"],
    operation_id="listRecords",
)
def records(  # noqa: PLR0913, PLR0917 - one argument for each parameter
    evaluation_id: EvaluationPath,
    limit: Limit = 20,
    next_token: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,15}$", description="`next_token` of the page before.")
    ] = None,
    category: Annotated[str | None, Query(max_length=1024)] = None,
    generator: Annotated[str | None, Query(max_length=2048)] = None,
    judge: Annotated[str | None, Query(max_length=2048)] = None,
    metric: Annotated[str | None, Query(max_length=100)] = None,
    below: Annotated[
        float | None, BeforeValidator(_finite), Query(description="Only records with a score below this.")
    ] = None,
    missing: Annotated[bool, Query(description="Only records with a score that is missing.")] = False,  # noqa: FBT002
) -> Answer:
    """Show records with every answer, score and explanation."""
    door = door_of(router)
    head = door.table.head(known_id(evaluation_id))
    if head is None:
        raise not_found("evaluation")
    wanted = Wanted(category=category, generator=generator, judge=judge, metric=metric, below=below, missing=missing)
    try:
        page = records_page(
            head, wanted, bucket=door.bucket, limit=limit, after=int(next_token or 0), in_time=_for(SECONDS_TO_COPY)
        )
    except NoScoresError as error:
        raise RefusedError(HTTPStatus.CONFLICT, str(error)) from error
    except TooLargeError as error:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
    except StillCopyingError as error:
        raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(error)) from error
    return answer(HTTPStatus.OK, {"evaluation_id": evaluation_id, **page})


@router.post(
    "/comparisons",
    summary="Compare two evaluations record by record",
    responses=answers(models.Comparisons, *_REFUSALS),
    tags=["results"],
    operation_id="compareEvaluations",
)
def compare(request: Annotated[models.ComparisonRequest, Body()]) -> Answer:
    """Compare two evaluations record by record."""
    door = door_of(router)
    heads = [door.table.head(evaluation) for evaluation in (request.a, request.b)]
    if heads[0] is None or heads[1] is None:
        raise not_found("evaluation")
    try:
        found = compare_evaluations(heads[0], heads[1], bucket=door.bucket, by_category=request.by_category)
    except TooLargeError as error:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
    return answer(HTTPStatus.OK, found)


@router.post(
    "/estimates",
    summary="Estimate what an evaluation would cost",
    description="Nothing starts. Tokens, USD and seconds, each as low, expected and high.",
    responses=answers(models.Estimation, *_REFUSALS),
    tags=["datasets"],
    operation_id="estimate",
)
def estimate(request: Annotated[models.DatasetRequest, Body()]) -> Answer:
    """Estimate an evaluation; nothing starts."""
    found = _checked(request)
    body = {
        "allowed": not found.problems,
        "dataset": request.dataset,
        "suite": found.suite,
        "estimate": found.estimate,
        "error_count": found.problems.count,
        "errors": [problem.to_json() for problem in found.problems.listed],
    }
    return answer(HTTPStatus.OK, body)


@router.post(
    "/datasets/validate",
    summary="Check a dataset that is in the bucket",
    description="Every error of every record is told with its place, reason and remedy, and no text of a prompt.",
    responses=answers(models.Validation, *_REFUSALS),
    tags=["datasets"],
    operation_id="validateDataset",
)
def validate(request: Annotated[models.DatasetRequest, Body()]) -> Answer:
    """Check a dataset; nothing starts."""
    found = _checked(request, budget=False)
    body = {
        "valid": not found.problems,
        "dataset": request.dataset,
        "suite": found.suite,
        "records": found.records,
        "error_count": found.problems.count,
        "errors": [problem.to_json() for problem in found.problems.listed],
    }
    return answer(HTTPStatus.OK, body)


def _for(seconds: float) -> Callable[[], bool]:
    """Says for so many seconds from now that there is time."""
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() < ends


def _checked(request: models.DatasetRequest, *, budget: bool = True):  # type: ignore[no-untyped-def]
    door = door_of(router)
    version = door.bucket.version(request.dataset, request.version_id)
    if version is None:
        raise not_found("dataset")
    suite = suite_of(request)
    try:
        found = check_dataset(
            request.dataset, version, suite, bucket=door.bucket, settings=door.settings, budget=budget
        )
    except TooLargeError as error:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(error)) from error
    if found is None:
        raise not_found("suite")
    return found
