"""Whose credentials these are, in which Region, and by which clock."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own name

from gavel.aws import clients
from gavel.aws.failures import ClientError, code_of, message_of
from gavel.diagnosis.deployment import CLOCK, clock_skew
from gavel.diagnosis.finding import Finding, ok, problem, skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

CREDENTIALS: Final = "credentials"
REGION: Final = "Region"


@dataclass(frozen=True)
class Identity:
    """Who asks AWS, and where."""

    account: str
    arn: str
    region: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-us-gov`, `aws-cn`, …"""
        return self.arn.split(":")[1]


def identify(now: Callable[[], datetime]) -> tuple[list[Finding], Identity | None]:
    """The findings about credentials, Region and clock, and the identity unless something lacks for asking AWS."""
    try:
        region = clients.session().region_name
        if not region:
            return [problem(REGION, "no Region is set", "set AWS_DEFAULT_REGION, or `region` in the profile")], None
        answer = clients.sts().get_caller_identity()
    except ClientError as error:
        text = f"AWS does not take them: {code_of(error)}: {message_of(error)}"
        remedy = f"sign in again (`aws sso login`) or set fresh ones, and see that the account has {region} enabled"
        refused = problem(CREDENTIALS, text, remedy)
        return [refused, *_clock(error.response, now())], None
    except (ConnectionError, HTTPClientError) as error:
        remedy = "see that this machine reaches AWS (HTTPS_PROXY, AWS_CA_BUNDLE), and that the Region exists"
        return [problem(CREDENTIALS, f"no answer from AWS: {error}", remedy)], None
    except BotoCoreError as error:
        return [problem(CREDENTIALS, str(error), "set AWS_PROFILE, or `aws configure`, or use --local")], None
    identity = Identity(answer["Account"], answer["Arn"], region)
    return [
        ok(CREDENTIALS, f"account {identity.account}, {identity.arn}"),
        ok(REGION, region),
        *_clock(answer, now()),
    ], identity


def _clock(answer: Mapping[str, Any], now: datetime) -> list[Finding]:
    """The clock's finding, which matters most where AWS refused the signature."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        return [clock_skew(local=now, aws=parsedate_to_datetime(date))]
    except (TypeError, ValueError):
        return [skipped(CLOCK, "AWS's answer had no date")]
