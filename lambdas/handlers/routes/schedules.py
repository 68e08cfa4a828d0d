"""Schedules: when a suite's evaluation starts by itself."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from gavel.aws import schedules
from gavel.aws.start_evaluation import suite_content
from gavel.schedules.schedule import Overlap, Schedule
from handlers.entrance import now
from handlers.routes import models
from handlers.routes.context import SuitePath, door_of, known_suite, new_router
from handlers.routes.describe import answers
from handlers.routes.problems import Answer, RefusedError, answer, no_content, not_found

router = new_router()


@router.get(
    "/schedules",
    summary="List all schedules",
    responses=answers(models.ScheduleList),
    tags=["schedules"],
    operation_id="listSchedules",
)
def listing() -> Answer:
    """List the schedules of all suites."""
    return answer(HTTPStatus.OK, {"schedules": schedules.all_schedules(door_of(router).table)})


@router.get(
    "/suites/<suite>/schedule",
    summary="Show a suite's schedule and its last run",
    responses=answers(models.ScheduleView, HTTPStatus.NOT_FOUND),
    tags=["schedules"],
    operation_id="getSchedule",
)
def get(suite: SuitePath) -> Answer:
    """Show a suite's schedule, and how its last run went."""
    found = schedules.view(known_suite(suite), door_of(router).table)
    if found is None:
        raise not_found("schedule")
    return answer(HTTPStatus.OK, found)


@router.put(
    "/suites/<suite>/schedule",
    summary="Set a suite's schedule",
    description="EventBridge Scheduler starts the suite's evaluation of the dataset as it then is. A run that comes "
    "while another evaluation of the suite goes on is skipped or started (`overlap`), one that comes too late is "
    "missed (`start_within_minutes`).",
    responses=answers(
        models.ScheduleView,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ),
    tags=["schedules"],
    operation_id="putSchedule",
)
def put(suite: SuitePath, request: Annotated[models.ScheduleRequest, Body()]) -> Answer:
    """Set a suite's schedule; the same one again changes nothing."""
    door = door_of(router)
    if suite_content(door.bucket, known_suite(suite)) is None:
        raise not_found("suite")
    if door.bucket.version(request.dataset) is None:
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such dataset; upload it first.")
    schedule = Schedule(
        suite=suite,
        expression=request.expression,
        timezone=request.timezone,
        dataset=request.dataset,
        enabled=request.enabled,
        overlap=Overlap(request.overlap),
        start_within_minutes=request.start_within_minutes,
    )
    schedules.put(schedule, settings=door.settings, table=door.table, now=now())
    return answer(HTTPStatus.OK, schedules.view(suite, door.table) or {})


@router.delete(
    "/suites/<suite>/schedule",
    summary="Delete a suite's schedule",
    responses=answers(None, HTTPStatus.NOT_FOUND, status=HTTPStatus.NO_CONTENT, about="It is gone."),
    tags=["schedules"],
    operation_id="deleteSchedule",
)
def delete(suite: SuitePath) -> Answer:
    """Delete a suite's schedule."""
    door = door_of(router)
    if not schedules.delete(known_suite(suite), settings=door.settings, table=door.table):
        raise not_found("schedule")
    return no_content()
