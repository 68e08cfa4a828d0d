"""A machine that cannot reach AWS as it is set up hears why, and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    SSLError,
    UnauthorizedSSOTokenError,
)
from click.testing import CliRunner

from gavel.aws import clients
from gavel.aws.api_client import ApiClient
from gavel.aws.plain_words import in_plain_words
from gavel.problems import GavelError, TryLaterError
from gavel_cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ENDPOINT = "https://cloudformation.nowhere-1.amazonaws.com"


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")


def listed(*options: str) -> Result:
    return CliRunner().invoke(main, ["list", *options])


@pytest.mark.parametrize("options", [(), ("--stack", "mine")])
@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (NoCredentialsError(), "Unable to locate credentials", "aws sso login"),
        (NoRegionError(), "You must specify a region", "AWS_DEFAULT_REGION"),
        (CredentialRetrievalError(provider="custom-process", error_msg="boom"), "boom", "by hand"),
        (UnauthorizedSSOTokenError(), "SSO session", "aws sso login"),
        (EndpointConnectionError(endpoint_url=ENDPOINT), ENDPOINT, "HTTPS_PROXY"),
        (SSLError(endpoint_url=ENDPOINT, error=ValueError("self-signed")), "self-signed", "AWS_CA_BUNDLE"),
        (refusal("ExpiredToken"), "have expired", "sign in again"),
        (refusal("InvalidClientTokenId"), "does not take your credentials", "AWS_PROFILE"),
        (refusal("OptInRequired"), "OptInRequired", "gavel doctor"),
        (refusal("ValidationError"), "There is no stack", "make deploy"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_keeps_a_command_from_aws_is_one_line_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, remedy: str, options: tuple[str, ...]
) -> None:
    class Failing:
        def __getattr__(self, _: str) -> Any:
            raise error

    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(clients, "cloudformation", Failing)

    done = listed(*options)

    assert done.exit_code == 1
    assert reason in done.stderr
    assert remedy in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def profiles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A configuration of its own, and sessions and clients that read it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setattr(clients, "session", boto3.Session)
    monkeypatch.setattr(clients, "cloudformation", lambda: boto3.client("cloudformation"))
    return file


def test_an_unknown_profile_is_told_as_such(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles.write_text("[profile known]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_PROFILE", "nosuch")

    done = listed()

    assert (done.exit_code, "nosuch" in done.stderr, "list-profiles" in done.stderr) == (1, True, True)


def test_a_credential_process_that_fails_is_told_as_such(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = f'{sys.executable} -c "import sys; sys.exit(chr(110) + chr(111))"'
    profiles.write_text(f"[profile broken]\nregion = us-east-1\ncredential_process = {failing}\n")
    monkeypatch.setenv("AWS_PROFILE", "broken")

    done = listed()

    assert (done.exit_code, "custom-process" in done.stderr) == (1, True)


def test_an_api_that_nothing_answers_for_is_tried_again_by_whoever_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unreachable:
        def send(self, _: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://api.example")

    monkeypatch.setenv("GAVEL_API_TOKEN", "a token")
    monkeypatch.setattr("gavel.aws.api_client._http", lambda _: Unreachable())

    with pytest.raises(TryLaterError, match=r"api\.example.*HTTPS_PROXY"):
        ApiClient("https://api.example").evaluation("mine-0123456789abcdef")
    with pytest.raises(TryLaterError):
        ApiClient("https://api.example").fetch("https://api.example/x")


def test_gavels_own_errors_stay_as_they_are() -> None:
    for error in (GavelError("mine"), TryLaterError("busy")):
        with pytest.raises(GavelError) as caught, in_plain_words():
            raise error
        assert caught.value is error
