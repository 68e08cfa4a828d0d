"""Suites: their files with every version, their history, and their baselines."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from gavel.aws import schedules, suite_files
from gavel.aws.suite_views import NoBaselineError, baseline_of, clear_baseline, set_baseline, view_suite
from gavel.names import object_keys
from gavel.suites.suite import load_suite
from handlers.entrance import now
from handlers.routes import models
from handlers.routes.context import PAGE, Limit, SuitePath, door_of, known_suite, new_router
from handlers.routes.describe import answers
from handlers.routes.problems import Answer, RefusedError, answer, no_content, not_found

router = new_router()


@router.get(
    "/suites",
    summary="List the suites",
    responses=answers(models.SuiteList),
    tags=["suites"],
    operation_id="listSuites",
)
def listing() -> Answer:
    """List the suites by name."""
    return answer(HTTPStatus.OK, {"suites": suite_files.suites(door_of(router).bucket)})


@router.put(
    "/suites/<suite>",
    summary="Write a suite",
    description="The body is the suite's YAML (or the same as JSON). It is checked as a whole first, and every wrong "
    "field is named with its line and column. Earlier versions are kept; evaluations that have started keep theirs.",
    responses=answers(
        models.SuitePut,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        about="It stands so now.",
    ),
    tags=["suites"],
    operation_id="putSuite",
)
def put(suite: SuitePath) -> Answer:
    """Write a suite; the same content again makes no new version."""
    door = door_of(router)
    content = (router.current_event.decoded_body or "").encode()
    load_suite(content, name=known_suite(suite), file=object_keys.suite_key(suite), reach=door.settings.reach)
    return answer(HTTPStatus.OK, suite_files.put(door.bucket, suite, content))


@router.get(
    "/suites/<suite>",
    summary="Read a suite",
    responses=answers(models.SuiteVersion, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    tags=["suites"],
    operation_id="getSuite",
)
def get(suite: SuitePath, version_id: Annotated[str | None, Query(min_length=1, max_length=1024)] = None) -> Answer:
    """Read a suite, or an earlier version of it."""
    found = suite_files.get(door_of(router).bucket, known_suite(suite), version_id)
    if found is None:
        raise not_found("suite")
    return answer(HTTPStatus.OK, found)


@router.delete(
    "/suites/<suite>",
    summary="Delete a suite",
    description="Its versions stay readable, its evaluations and history stay too. A suite with a schedule is kept "
    "until that is deleted. Deleting again changes nothing.",
    responses=answers(
        None, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, status=HTTPStatus.NO_CONTENT, about="It is gone."
    ),
    tags=["suites"],
    operation_id="deleteSuite",
)
def delete(suite: SuitePath) -> Answer:
    """Delete a suite; its versions are kept."""
    door = door_of(router)
    known_suite(suite)
    if schedules.view(suite, door.table) is not None:
        raise RefusedError(HTTPStatus.CONFLICT, "The suite has a schedule; delete that first.")
    if not suite_files.delete(door.bucket, suite):
        raise not_found("suite")
    return no_content()


@router.get(
    "/suites/<suite>/versions",
    summary="List the versions of a suite",
    responses=answers(models.VersionList, HTTPStatus.NOT_FOUND),
    tags=["suites"],
    operation_id="listSuiteVersions",
)
def versions(suite: SuitePath) -> Answer:
    """List the versions of a suite, the newest first."""
    found = suite_files.versions(door_of(router).bucket, known_suite(suite))
    if not found:
        raise not_found("suite")
    return answer(HTTPStatus.OK, {"suite": suite, "versions": found})


@router.get(
    "/suites/<suite>/evaluations",
    summary="Show a suite's last evaluations with their figures, and its baseline",
    responses=answers(models.SuiteHistory, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND),
    tags=["suites"],
    operation_id="getSuiteHistory",
)
def history(suite: SuitePath, limit: Limit = PAGE) -> Answer:
    """Show a suite's last evaluations with their figures, newest first, and its baseline."""
    return answer(HTTPStatus.OK, view_suite(known_suite(suite), table=door_of(router).table, limit=limit))


@router.get(
    "/suites/<suite>/baseline",
    summary="Show what a suite's evaluations are compared with",
    responses=answers(models.BaselineView, HTTPStatus.NOT_FOUND),
    tags=["baselines"],
    operation_id="getBaseline",
)
def baseline(suite: SuitePath) -> Answer:
    """Show a suite's baseline."""
    return answer(HTTPStatus.OK, baseline_of(known_suite(suite), table=door_of(router).table))


@router.put(
    "/suites/<suite>/baseline",
    summary="Set the baseline",
    description="Later evaluations are compared with this one until another is set or it is cleared.",
    responses=answers(
        models.BaselineView,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ),
    tags=["baselines"],
    operation_id="setBaseline",
)
def pin(suite: SuitePath, request: Annotated[models.BaselineRequest, Body()]) -> Answer:
    """Make an evaluation the suite's baseline; asking again changes nothing."""
    try:
        found = set_baseline(known_suite(suite), request.evaluation_id, table=door_of(router).table, now=now())
    except NoBaselineError as error:
        raise RefusedError(HTTPStatus.CONFLICT, f"{error}.") from error
    return answer(HTTPStatus.OK, {"suite": suite, "baseline": found.to_json()})


@router.delete(
    "/suites/<suite>/baseline",
    summary="Clear the baseline",
    description="There is none until the next evaluation passes all its gates.",
    responses=answers(models.BaselineView, HTTPStatus.NOT_FOUND),
    tags=["baselines"],
    operation_id="clearBaseline",
)
def unpin(suite: SuitePath) -> Answer:
    """Have no baseline until the next evaluation passes; asking again changes nothing."""
    clear_baseline(known_suite(suite), table=door_of(router).table)
    return answer(HTTPStatus.OK, {"suite": suite, "baseline": None})
