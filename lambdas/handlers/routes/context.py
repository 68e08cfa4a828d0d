"""What every route is given: the Lambda's door, and parameters that several routes share."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from annotated_types import Ge, Le
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BeforeValidator

from gavel.names import identities, object_keys
from handlers.routes.problems import RefusedError, not_found

if TYPE_CHECKING:
    from handlers.entrance import Door
    from handlers.routes.models import DatasetRequest

PAGE: Final = 50


def _digits(value: Any) -> Any:
    """Only plain digits are a number: pydantic would take ` 5`, `+5`, `5_0` and `5.0` too."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 4):
        raise ValueError("is no whole number from 1 to 100")
    return value


# The range stands before the validator, or the document would not know it.
Limit = Annotated[int, Ge(1), Le(100), BeforeValidator(_digits), Query(description="Most entries of a page.")]
Token = Annotated[str | None, Query(pattern=r"^([0-9a-f]{2}){1,300}$", description="`next_token` of the page before.")]
EvaluationPath = Annotated[str, Path(description="Id of an evaluation.")]
SuitePath = Annotated[str, Path(description="Name of a suite.")]


def new_router() -> Router:
    """The routes of one module."""
    return Router()  # type: ignore[no-untyped-call]  # Powertools has no types here


def door_of(router: Router) -> Door:
    """The resources behind the Lambda that answers."""
    return cast("Door", router.context["door"])


def known_id(evaluation_id: str) -> str:
    """The id, when it has the form of one. Raises RefusedError (404)."""
    if not identities.is_evaluation_id(evaluation_id):
        raise not_found("evaluation")
    return evaluation_id


def known_suite(suite: str) -> str:
    """The name, when it can be a suite's. Raises RefusedError (404)."""
    if not identities.is_suite_name(suite):
        raise not_found("suite")
    return suite


def suite_of(request: DatasetRequest) -> str:
    """The suite that a request names, by its dataset's folder if not by itself. Raises RefusedError (400)."""
    suite = request.suite or object_keys.suite_of_dataset_key(request.dataset)
    if not identities.is_suite_name(suite):
        reason = f"its folder is no suite name ({identities.SUITE_NAME_PATTERN}); name the suite"
        detail = "The dataset's key names no suite."
        raise RefusedError(HTTPStatus.BAD_REQUEST, detail, [{"field": "dataset", "reason": reason}])
    return suite
