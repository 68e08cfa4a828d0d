"""Translates what AWS answers to a failed call into the errors that the state machine knows by name.

Errors leave a Lambda: they stand in logs, histories and dead letters. AWS's own words may name an object or a model, so
only a denial keeps them (they say which permission is missing), without the key that was asked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
    IncompleteReadError,
)

from gavel.names.object_keys import told_key
from gavel.problems import InvalidInputError, NotPermittedError, QuotaFullError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClientError", "code_of", "is_busy", "is_denied", "message_of", "told", "translated"]

_BUSY: Final = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "InternalServerException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})


def code_of(error: ClientError) -> str:
    """The error code of an AWS answer, such as `ValidationException`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def message_of(error: ClientError) -> str:
    """The text of an AWS answer."""
    return error.response.get("Error", {}).get("Message", "") or str(error)


def asked_once(error: BaseException | None) -> bool:
    """Whether the SDK sent the refused request only once; else an earlier attempt may have had its effect."""
    return isinstance(error, ClientError) and not error.response.get("ResponseMetadata", {}).get("RetryAttempts")


def is_busy(error: ClientError) -> bool:
    """Whether the call may succeed later, unchanged."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in _BUSY or status >= 500


def is_denied(error: ClientError) -> bool:
    """Whether AWS refused the call for want of a permission."""
    return code_of(error) in _DENIED


def told(error: Exception) -> str:
    """What may be said of an error of Gavel's or of AWS's where others read it: no name of a user's file or model.

    Errors of Gavel are made so, but for those that list what is wrong in a user's input; these say how much.
    """
    if isinstance(error, InvalidInputError):
        return f"{error.problems.count} problem(s) in the input"
    if isinstance(error, ClientError):
        request = error.response.get("ResponseMetadata", {}).get("RequestId", "unknown")
        return f"{error.operation_name}: {code_of(error)} (request {request})"
    return str(error)


@contextmanager
def translated(*, denials: bool = True, key: str = "") -> Iterator[None]:
    """Raise TryLaterError, QuotaFullError or NotPermittedError for what AWS answered inside; other errors pass.

    With `denials` off a missing permission passes as it is. `key` is the object that is asked for, which AWS names.
    """
    try:
        yield
    except ClientError as error:
        text = f"{error.operation_name}: {code_of(error)}"
        if code_of(error) == "ServiceQuotaExceededException":
            raise QuotaFullError(text) from error
        if is_busy(error):
            raise TryLaterError(text) from error
        if denials and is_denied(error):
            raise NotPermittedError(f"{text}: {_without(key, message_of(error))}") from error
        raise
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise TryLaterError(f"no answer from AWS: {type(error).__name__}") from error


def _without(key: str, text: str) -> str:
    """AWS's words without a key, however it was written."""
    for written in dict.fromkeys((key, quote(key), quote(key, safe=""))):
        if written:
            text = text.replace(written, told_key(key))
    return text
