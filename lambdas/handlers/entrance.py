"""What every Lambda has at its door: settings, logger, metrics, and errors that carry no data of the user."""

from __future__ import annotations

import atexit
import functools
import gc
import logging
import os
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics

from gavel.aws import clients
from gavel.aws.failures import ClientError, told
from gavel.aws.settings import Settings
from gavel.aws.storage import Bucket
from gavel.aws.table import EvaluationTable
from gavel.names.identities import is_evaluation_id
from gavel.problems import GavelError, InternalError, RefusedByAwsError, WayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from gavel.names.deployed import Variable

# A record that cannot be written is lost, instead of being told with the texts of all errors that led to it.
logging.raiseExceptions = False
logger = Logger()
metrics = Metrics()

Event = dict[str, Any]


class Door:
    """The resources behind a Lambda, made once a process; raises MissingVariableError for an incomplete deployment.

    The table and the clients `first`, which every call needs, are made before the first event, while Lambda gives a
    function a whole processor whatever its memory. Other clients are made when they are needed.
    """

    def __init__(self, *required: Variable, first: Iterable[Callable[[], object]] = ()) -> None:
        self.settings = Settings.from_environment(os.environ, required=required)
        self.bucket = Bucket(self.settings.bucket)
        self.table = EvaluationTable(self.settings.table)
        clients.table(self.settings.table)
        for client in first:
            client()
        _collect_from_here_on()


def _collect_from_here_on() -> None:
    """Turn the collector on that `handlers` turned off, and spare it what is there by now."""
    if not gc.isenabled():
        gc.freeze()
        atexit.register(gc.unfreeze)  # a process that is left to end frees everything
        gc.enable()


def now() -> str:
    """The time as ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def place_of(error: BaseException) -> str:
    """Class of an error and the line of code that raised it: all that may be said of an error of unknown text."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {place.name}, {place.filename.rpartition('/')[2]}:{place.lineno}"


def what_of(error: Exception) -> dict[str, str]:
    """What a log may say of an error: of Gavel's and AWS's the class and its text, of any other class and place."""
    if isinstance(error, GavelError | ClientError):
        return {"error": type(error).__name__, "reason": told(error)}
    return {"error": place_of(error)}


def step[Answer](work: Callable[[Event], Answer]) -> Callable[[Event, LambdaContext], Answer]:
    """Make a handler of a function of the event.

    What leaves is read in logs, histories and dead letters, so no error carries a text or a name of the user's. Errors
    of Gavel pass, AWS's pass with operation and code. Any other exception is a fault of ours, and its text could hold a
    piece of a prompt: it becomes an InternalError that names its class and the line of code, nothing else.
    """

    @functools.wraps(work)
    def handler(event: Event, context: LambdaContext) -> Answer:
        evaluation = str(event.get("evaluation_id"))
        known = evaluation if is_evaluation_id(evaluation) else None
        logger.append_keys(evaluation_id=known, request_id=context.aws_request_id)
        try:
            return work(event)
        except WayError as way:
            logger.info("another way than the usual one", way=type(way).__name__)
            raise
        except GavelError as error:
            text = told(error)
            logger.warning("step failed", error=type(error).__name__, reason=text)
            error.args = (text,)
            raise error from None
        except ClientError as error:
            text = told(error)
            logger.warning("step failed", error=type(error).__name__, reason=text)
            raise RefusedByAwsError(text) from None
        except Exception as error:  # noqa: BLE001 - whatever it is, its text must not leave this process
            text = place_of(error)
            logger.error("internal error", error=text)  # noqa: TRY400 - a trace's last line is the text itself
            raise InternalError(text) from None

    return handler
