"""Makes findings of the calls that AWS refuses, so that one check's failure never ends the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError

from gavel.aws.failures import ClientError, code_of, is_busy, is_denied, message_of
from gavel.diagnosis.finding import Finding, problem, skipped
from gavel.problems import GavelError, NotPermittedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What an emulated AWS answers to an operation that it does not have.
_NOT_OFFERED: Final = frozenset(
    {"InvalidAction", "NotImplemented", "NotImplementedException", "UnknownOperation", "UnknownOperationException"}
)
_AGAIN: Final = "run `gavel doctor` again; the AWS Health Dashboard says whether the service is disturbed"


def answered(name: str, permission: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check, and one more where AWS refused a call of it.

    A `permission` that the caller lacks says nothing about the thing itself, so the check is skipped, and so is what
    this AWS does not offer. Anything else that AWS refuses is a problem.
    """
    try:
        yield from check()
    except ClientError as error:
        yield refused(name, permission, error)
    except BotoCoreError as error:
        yield problem(name, f"no answer from AWS: {type(error).__name__}: {error}", _AGAIN)
    except NotPermittedError as error:
        yield skipped(name, f"your credentials may not look: {error}", _allow(permission))
    except GavelError as error:
        yield problem(name, str(error), _AGAIN)


def refused(name: str, permission: str, error: ClientError) -> Finding:
    """What an AWS error means for a check."""
    text = f"{error.operation_name}: {code_of(error)}: {message_of(error)}"
    if not_offered(error):
        return skipped(name, f"{error.operation_name} is not offered here")
    if is_denied(error):
        return skipped(name, f"your credentials may not look: {text}", _allow(permission))
    return problem(name, text, _AGAIN if is_busy(error) else f"see what {error.operation_name} says of it")


def not_offered(error: ClientError) -> bool:
    """Whether the operation does not exist where it was asked for."""
    return code_of(error) in _NOT_OFFERED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501


def _allow(permission: str) -> str:
    return f"allow yourself {permission}"
