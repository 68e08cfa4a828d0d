"""Datasets: forms to upload them with."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from gavel.aws.upload_form import upload_form
from handlers.entrance import now
from handlers.routes import models
from handlers.routes.context import door_of, new_router
from handlers.routes.describe import answers
from handlers.routes.problems import Answer, answer

router = new_router()


@router.post(
    "/datasets",
    summary="Get a form that uploads a dataset",
    description="The upload starts the evaluation of its suite, as every upload below `datasets/` does. The key is "
    "Gavel's choice, so nobody overwrites a dataset; S3 refuses a file that is too large or of another type. However "
    "often it is used, one form starts one evaluation: that of the first upload.",
    responses=answers(
        models.Upload,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        status=HTTPStatus.CREATED,
        about="A form that works for a quarter of an hour.",
    ),
    tags=["datasets"],
    operation_id="createUpload",
)
def create_upload(request: Annotated[models.UploadRequest, Body()]) -> Answer:
    """Give a form with which one file can be uploaded."""
    door = door_of(router)
    form = upload_form(
        request.suite,
        request.name,
        budget_usd=request.budget_usd,
        bucket=door.bucket,
        max_bytes=door.settings.dataset_limit,
        now=now(),
    )
    return answer(HTTPStatus.CREATED, form)
