"""What prevents a call of AWS on a person's machine, as an error that says what to do; for the command line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from gavel.aws import clients
from gavel.aws.failures import code_of, is_busy, message_of
from gavel.problems import GavelError, TryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN: Final = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_SIGN_IN: Final = "sign in (`aws sso login`) or set AWS_PROFILE"
_REACH: Final = "see that this machine reaches AWS (HTTPS_PROXY, AWS_CA_BUNDLE) and that the Region exists"

# The most special first: several of these are kinds of others.
_REMEDIES: Final[tuple[tuple[type[BotoCoreError], str], ...]] = (
    (ProfileNotFound, "set AWS_PROFILE to one that `aws configure list-profiles` names"),
    (NoCredentialsError, f"{_SIGN_IN}, or use --local"),
    (PartialCredentialsError, "set the other part too, or set AWS_PROFILE"),
    (NoRegionError, "set AWS_DEFAULT_REGION, or `region` in the profile"),
    (CredentialRetrievalError, "run by hand what the profile gets its credentials from, and mend that"),
    (TokenRetrievalError, _SIGN_IN),
    (SSOError, _SIGN_IN),
    (ConnectionError, _REACH),
    (HTTPClientError, _REACH),
)


class UnusableAwsError(GavelError):
    """AWS cannot be called as this machine is set up, or did not take a call; the text names reason and remedy."""


class ExpiredCredentialsError(UnusableAwsError):
    """The credentials in use were good once."""

    def __init__(self) -> None:
        super().__init__(
            "your AWS credentials have expired: sign in again (`aws sso login`); in CI let the role's session last "
            "longer than the evaluation"
        )


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Raise UnusableAwsError, or TryLaterError where nothing answers, for every error of AWS or its SDK."""
    try:
        yield
    except ClientError as error:
        raise _refused(error) from error
    except BotoCoreError as error:
        raise _unusable(error) from error
    except TryLaterError as error:
        # Of what `failures.translated` met, a person also wants to know the remedy.
        if isinstance(error.__cause__, BotoCoreError):
            raise _unusable(error.__cause__) from error
        raise


def have_expired() -> bool:
    """Whether AWS says that the credentials have expired: API Gateway itself says `Forbidden`, whatever the reason."""
    try:
        clients.sts().get_caller_identity()
    except ClientError as error:
        return code_of(error) in _EXPIRED
    except BotoCoreError:
        return False
    return False


def _refused(error: ClientError) -> GavelError:
    text = f"{error.operation_name}: {code_of(error)}: {message_of(error)}"
    if code_of(error) in _EXPIRED:
        return ExpiredCredentialsError()
    if code_of(error) in _UNKNOWN:
        return UnusableAwsError(f"AWS does not take your credentials ({text}): {_SIGN_IN}")
    return TryLaterError(text) if is_busy(error) else UnusableAwsError(f"{text}; `gavel doctor` says more")


def _unusable(error: BotoCoreError) -> GavelError:
    remedy = next((remedy for kind, remedy in _REMEDIES if isinstance(error, kind)), "see what `gavel doctor` says")
    text = f"{str(error).rstrip('.')}: {remedy}"
    if isinstance(error, ConnectionError | HTTPClientError):
        return TryLaterError(f"no answer from AWS: {text}")
    return UnusableAwsError(text)
