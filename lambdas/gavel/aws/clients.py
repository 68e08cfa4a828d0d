"""The boto3 session and clients that a process shares."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

# The state machine's Retry carries long outages; the SDK only smooths over a hiccup.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=5,
    read_timeout=30,
    user_agent_extra="gavel",
)

# Nothing carries on after a call to the catalogue: an evaluation ends without it. So the SDK itself tries for longer.
_PATIENT: Final = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 6}, read_timeout=10))


@cache
def session() -> boto3.Session:
    """One session a process: loading service models is the dear part of a cold start."""
    return boto3.Session()


@cache
def s3() -> S3Client:
    """The S3 client."""
    return session().client("s3", config=_CONFIG)


@cache
def s3_for_links() -> S3Client:
    """An S3 client for links and forms: Signature Version 4, and the Region's own address, which needs no redirect.

    A link to the global address of a bucket in another Region is redirected, and its signature is then for another host
    (Amazon S3 user guide, "Virtual hosting of buckets"). An embedded AWS has one address, and the bucket in the path.
    """
    style: Literal["path", "virtual"] = "path" if os.environ.get("AWS_ENDPOINT_URL") else "virtual"
    s3_options: Any = {"addressing_style": style, "us_east_1_regional_endpoint": "regional"}
    return session().client("s3", config=_CONFIG.merge(Config(signature_version="s3v4", s3=s3_options)))


@cache
def bedrock() -> BedrockClient:
    """The client of Bedrock's control plane."""
    return session().client("bedrock", config=_CONFIG)


@cache
def step_functions() -> SFNClient:
    """The Step Functions client."""
    return session().client("stepfunctions", config=_CONFIG)


@cache
def events() -> EventBridgeClient:
    """The EventBridge client."""
    return session().client("events", config=_CONFIG)


@cache
def sns() -> SNSClient:
    """The SNS client."""
    return session().client("sns", config=_CONFIG)


@cache
def glue() -> GlueClient:
    """The Glue client, which tries six times for up to a minute or two."""
    return session().client("glue", config=_PATIENT)


@cache
def scheduler() -> EventBridgeSchedulerClient:
    """The EventBridge Scheduler client."""
    return session().client("scheduler", config=_CONFIG)


@cache
def cloudformation() -> CloudFormationClient:
    """The CloudFormation client, which only the command line needs."""
    return session().client("cloudformation", config=_CONFIG)


@cache
def sts() -> STSClient:
    """The STS client, which says whose credentials these are."""
    return session().client("sts", config=_CONFIG)


@cache
def iam() -> Any:
    """The IAM client, which only the command line needs."""
    return _untyped("iam")


@cache
def kms() -> Any:
    """The KMS client, which only the command line needs."""
    return _untyped("kms")


@cache
def service_quotas() -> Any:
    """The Service Quotas client, which only the command line needs."""
    return _untyped("service-quotas")


@cache
def sqs() -> Any:
    """The SQS client."""
    # Written out, unlike the command line's: bundles keep the services of the clients that are made like this.
    untyped: Any = session()
    return untyped.client("sqs", config=_CONFIG)


@cache
def lambda_for_replays() -> Any:
    """A Lambda client that waits as long as a Lambda that starts evaluations may take, and calls once.

    The command line alone needs it. A second call in place of a lost answer is the user's to make.
    """
    patient = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=75))
    return _untyped("lambda", config=patient)


@cache
def dynamodb() -> Any:
    """The DynamoDB client for items of any kind, which only the command line needs."""
    return _untyped("dynamodb")


@cache
def cloudwatch() -> Any:
    """The CloudWatch client, which only the command line needs."""
    return _untyped("cloudwatch")


@cache
def logs() -> Any:
    """The client of CloudWatch Logs, which only the command line needs."""
    return _untyped("logs")


def _untyped(service: str, *, config: Config = _CONFIG) -> Any:
    """A client of a service that is asked too little to have its types among the developer's tools."""
    untyped: Any = session()
    return untyped.client(service, config=config)


@cache
def table(name: str) -> Table:
    """The evaluations table."""
    return session().resource("dynamodb", config=_CONFIG).Table(name)


def forget() -> None:
    """Let go of the session and every client: the next that is asked for is made from the environment of then."""
    for made in globals().values():
        if clear := getattr(made, "cache_clear", None):
            clear()
