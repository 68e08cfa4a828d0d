"""Translates what AWS answers to a failed call into the errors that the state machine knows by name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
    IncompleteReadError,
)

from gavel.problems import NotPermittedError, QuotaFullError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ClientError", "code_of", "is_busy", "is_denied", "message_of", "translated"]

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


@contextmanager
def translated(*, denials: bool = True) -> Iterator[None]:
    """Raise TryLaterError, QuotaFullError or NotPermittedError for what AWS answered inside; other errors pass.

    With `denials` off a missing permission passes as it is.
    """
    try:
        yield
    except ClientError as error:
        text = f"{error.operation_name}: {code_of(error)}: {message_of(error)}"
        if code_of(error) == "ServiceQuotaExceededException":
            raise QuotaFullError(text) from error
        if is_busy(error):
            raise TryLaterError(text) from error
        if denials and is_denied(error):
            raise NotPermittedError(text) from error
        raise
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise TryLaterError(f"no answer from AWS: {type(error).__name__}") from error
