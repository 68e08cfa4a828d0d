"""Who may come in: requests that meet a trust policy or the policy of a resource, right ones and wrong ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proofs.permissions.account import ACCOUNT, OTHER_ACCOUNT, REGION
from proofs.permissions.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proofs.permissions.account import Account

_STRANGER: Final = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/stranger/session"


def requests(account: Account) -> Iterator[Request]:
    """Every request of a door."""
    yield from _roles(account)
    yield from _functions(account)
    yield from _bucket(account)
    yield from _topic(account)
    yield from _queue(account)
    yield from _arrivals(account)


def _source(arn: str, account: str = ACCOUNT) -> dict[str, str]:
    return {"aws:SourceAccount": account, "aws:SourceArn": arn}


def _roles(account: Account) -> Iterator[Request]:
    states = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{account.stack}"
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{account.stack}"
    job = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:evaluation-job/JOB"
    services = {"bedrock": ("bedrock", job), "state machine": ("states", states), "scheduler": ("scheduler", group)}
    for title in account.roles:
        service, source = services.get(title, ("lambda", account.role_arn(title)))
        yield from _role(account, title, f"{service}.amazonaws.com", source)
    for title, source, why in (
        ("bedrock", f"arn:aws:bedrock:{REGION}:{ACCOUNT}:model-invocation-job/JOB", "only evaluation jobs"),
        ("bedrock", job.replace(REGION, "eu-west-1"), "only jobs of this Region"),
        ("bedrock", job.replace(ACCOUNT, OTHER_ACCOUNT), "only jobs of this account"),
        ("scheduler", group.replace(account.stack, "default"), "only schedules of our group"),
    ):
        service = f"{title}.amazonaws.com"
        yield _assume(account, title, service, _source(source), why=why, allowed=False)


def _role(account: Account, title: str, service: str, source: str) -> Iterator[Request]:
    conditional = service != "lambda.amazonaws.com"
    yield _assume(account, title, service, _source(source), why=f"{service} takes it on")
    if conditional:
        foreign = _source(source, OTHER_ACCOUNT)
        yield _assume(account, title, service, foreign, why="in the name of another account", allowed=False)
        yield _assume(account, title, service, {}, why="in nobody's name", allowed=False)
    for other in ("ec2.amazonaws.com", "lambda.amazonaws.com", "bedrock.amazonaws.com"):
        if other != service:
            yield _assume(account, title, other, _source(source), why="another service", allowed=False)
    yield _assume(account, title, _STRANGER, {}, why="a role of another account", allowed=False)


def _assume(
    account: Account, title: str, who: str, context: dict[str, str], *, why: str, allowed: bool = True
) -> Request:
    return Request(
        who=who,
        action="sts:AssumeRole",
        resource=account.role_arn(title),
        context=dict(context),
        why=why,
        allowed=allowed,
    )


def _functions(account: Account) -> Iterator[Request]:
    """One request for each source that the template lets in, and its likes from elsewhere."""
    for arn, statement in account.permissions():
        service, source = statement.principal["Service"], statement.conditions["ArnLike"]["AWS:SourceArn"]
        # A stage and a method, where the pattern leaves both open.
        caller = source.replace("/*/*/", "/$default/GET/").replace("/*/*", "/$default/GET/nothing")
        yield _invoke(service, arn, caller, why="a route or rule of ours")
        elsewhere = caller.replace(account.api_id, "otherapi") if "execute-api" in source else f"{caller}-other"
        yield _invoke(service, arn, elsewhere, why="another API's, or another rule's", allowed=False)
        foreign = caller.replace(ACCOUNT, OTHER_ACCOUNT)
        yield _invoke(service, arn, foreign, why="another account's", allowed=False)
        yield _invoke("s3.amazonaws.com", arn, caller, why="another service", allowed=False)
    for title in ("check_job", "start_scheduled"):
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/any"
        yield _invoke("events.amazonaws.com", account.function(title), rule, why="no service calls it", allowed=False)


def _invoke(who: str, arn: str, source: str, *, why: str, allowed: bool = True) -> Request:
    context = {"aws:SourceArn": source, "aws:SourceAccount": source.split(":")[4]}
    return Request(
        who=who, action="lambda:InvokeFunction", resource=arn, context=dict(context), why=why, allowed=allowed
    )


def _bucket(account: Account) -> Iterator[Request]:
    bucket = account.only("AWS::S3::Bucket")
    key = f"{bucket}/evaluations/EVALUATION/manifest.json"
    for transport, version, allowed, why in (
        ("true", "1.3", True, "over TLS"),
        ("true", "1.2", True, "over TLS 1.2"),
        ("true", "1.1", False, "over an old TLS"),
        ("false", "1.2", False, "without TLS"),  # a version alone: each of the two statements has to stand by itself
    ):
        context = {"aws:SecureTransport": transport, "s3:TlsVersion": version}
        yield Request(who="start_job", action="s3:GetObject", resource=key, context=context, why=why, allowed=allowed)
    secure = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
    yield Request(
        who=_STRANGER, action="s3:GetObject", resource=key, context=secure, why="another account", allowed=False
    )
    yield Request(
        who="logging.s3.amazonaws.com",
        action="s3:PutObject",
        resource=key,
        context=secure,
        why="a service",
        allowed=False,
    )


def _topic(account: Account) -> Iterator[Request]:
    topic = account.only("AWS::SNS::Topic")
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:any"
    secure = {"aws:SecureTransport": "true"}
    for who, context, allowed, why in (
        ("cloudwatch.amazonaws.com", {**_source(alarm), **secure}, True, "an alarm of ours"),
        ("cloudwatch.amazonaws.com", {**_source(alarm, OTHER_ACCOUNT), **secure}, False, "another account's alarm"),
        ("events.amazonaws.com", {**_source(alarm), **secure}, False, "another service"),
        ("publish_verdict", secure, True, "over TLS"),
        ("publish_verdict", {"aws:SecureTransport": "false"}, False, "without TLS"),
        ("check_job", secure, False, "a role that tells nobody"),
        (_STRANGER, secure, False, "another account"),
    ):
        yield Request(who=who, action="sns:Publish", resource=topic, context=dict(context), why=why, allowed=allowed)


def _queue(account: Account) -> Iterator[Request]:
    queue = account.beginning("AWS::SQS::Queue", "UploadsDeadLetters")
    secure = {"aws:SecureTransport": "true"}
    for rule in account.rules():
        if "Arrivals" not in rule:
            yield _send(
                "events.amazonaws.com", queue, {**_source(rule), **secure}, why="what a rule of ours could not deliver"
            )
    other = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/other"
    first = next(iter(account.rules()))
    for who, context, why in (
        ("events.amazonaws.com", {**_source(other), **secure}, "another rule"),
        ("events.amazonaws.com", {**_source(other.replace(ACCOUNT, OTHER_ACCOUNT), OTHER_ACCOUNT), **secure},
         "another account's rule"),
        ("sns.amazonaws.com", {**_source(first), **secure}, "another service"),
        ("scheduler", {"aws:SecureTransport": "false"}, "without TLS"),
        ("plan_evaluation", secure, "a role that puts nothing there"),
        (_STRANGER, secure, "another account"),
    ):  # fmt: skip
        yield _send(who, queue, context, why=why, allowed=False)


def _arrivals(account: Account) -> Iterator[Request]:
    """Only its own rule puts events into the queue of arrivals, and what it could not deliver beside it."""
    secure = {"aws:SecureTransport": "true"}
    own = next(rule for rule in account.rules() if "Arrivals" in rule)
    for start in ("ArrivalsQueue", "ArrivalsDeadLetters"):
        queue = account.beginning("AWS::SQS::Queue", start)
        for rule in account.rules():
            yield _send(
                "events.amazonaws.com",
                queue,
                {**_source(rule), **secure},
                why="output of a job arrived" if "Arrivals" in rule else "a rule about something else",
                allowed="Arrivals" in rule,
            )
        for who, context, why in (
            ("events.amazonaws.com", {**_source(own), "aws:SecureTransport": "false"}, "without TLS"),
            ("collect_arrivals", secure, "whoever takes from it puts nothing there"),
            ("bedrock", secure, "a job of Bedrock tells by its output alone"),
            (_STRANGER, secure, "another account"),
        ):
            yield _send(who, queue, context, why=why, allowed=False)


def _send(who: str, queue: str, context: dict[str, str], *, why: str, allowed: bool = True) -> Request:
    return Request(who=who, action="sqs:SendMessage", resource=queue, context=dict(context), why=why, allowed=allowed)
