"""What follows for the customer's key: whoever touches bucket, table or topic under it uses it through that service.

No twin encrypts, so these requests are derived from the recorded ones, by what the services' guides say they check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proofs.permissions.account import ACCOUNT, OTHER_ACCOUNT, REGION
from proofs.permissions.requests import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proofs.permissions.account import Account
    from proofs.permissions.calls import Call

# S3 user guide, "Protecting data with SSE-KMS"; writing in parts decrypts as well ("Multipart upload API and
# permissions").
# DynamoDB developer guide, "DynamoDB encryption at rest: usage notes", "Authorizing use of your customer managed key".
# SNS developer guide, "Key management". Bedrock user guide, "Data encryption for model evaluation jobs".
_IMPLIED: Final = {
    "s3:GetObject": ("s3", ("kms:Decrypt",)),
    "s3:PutObject": ("s3", ("kms:Decrypt", "kms:GenerateDataKey")),
    "dynamodb:": ("dynamodb", ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")),
    "sns:Publish": ("sns", ("kms:Decrypt", "kms:GenerateDataKey")),
}
_FOR_JOBS: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
JOB_IN_CONTEXT: Final = "kms:EncryptionContext:evaluationJobArn"
LOG_GROUP: Final = "kms:EncryptionContext:aws:logs:arn"
FOR_LOGS: Final = (
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
)  # fmt: skip
_JOB: Final = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:evaluation-job/JOB"


def requests(account: Account, calls: Iterable[Call]) -> Iterator[Request]:
    """Every request on the key; none where there is no key."""
    if not account.has("AWS::KMS::Key"):
        return
    key = account.only("AWS::KMS::Key")
    seen = sorted({(one.role, prefix) for one in calls for prefix in _IMPLIED if one.action.startswith(prefix)})
    through = {"start_job", "bedrock"}  # may use it directly: a job names the key
    for role, prefix in seen:
        service, actions = _IMPLIED[prefix]
        via = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
        for action in actions:
            yield _use(role, action, key, via, why=f"{prefix}{'…' if prefix.endswith(':') else ''} under the key")
            if role not in through:
                yield _use(role, action, key, {}, why="directly, and not through a service", allowed=False)
                other = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
                yield _use(role, action, key, other, why="through another service", allowed=False)
            yield _use(role, action, key[:-1] + "1", via, why="another key", allowed=False)
    for role in sorted(through):
        for action in _FOR_JOBS:
            yield _use(role, action, key, {}, why="a job names the key (Bedrock user guide, encryption of jobs)")
    yield from _services(account, key)


def _services(account: Account, key: str) -> Iterator[Request]:
    bedrock, alarms = "bedrock.amazonaws.com", "cloudwatch.amazonaws.com"
    right = {
        "aws:SourceAccount": ACCOUNT,
        "aws:SourceArn": _JOB,
        JOB_IN_CONTEXT: _JOB,
    }
    looks = {name: value for name, value in right.items() if not name.startswith("kms:")}
    foreign = _JOB.replace(ACCOUNT, OTHER_ACCOUNT)
    yield _use(bedrock, "kms:DescribeKey", key, looks, why="DescribeKey carries no encryption context")
    for name, value in (("aws:SourceAccount", OTHER_ACCOUNT), ("aws:SourceArn", foreign)):
        yield _use(bedrock, "kms:DescribeKey", key, {**looks, name: value}, why=f"a wrong {name}", allowed=False)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield _use(bedrock, action, key, right, why="Bedrock keeps a copy during the job")
        for name, value in (
            ("aws:SourceAccount", OTHER_ACCOUNT),
            ("aws:SourceArn", foreign),
            (JOB_IN_CONTEXT, foreign),
        ):
            yield _use(bedrock, action, key, {**right, name: value}, why=f"a wrong {name}", allowed=False)
        yield _use(bedrock, action, key, looks, why="without the job's encryption context", allowed=False)
        own = {"aws:SourceAccount": ACCOUNT}
        yield _use(alarms, action, key, own, why="an alarm tells the topic under the key")
        yield _use(alarms, action, key, {"aws:SourceAccount": OTHER_ACCOUNT}, why="another account's", allowed=False)
        yield _use("lambda.amazonaws.com", action, key, own, why="another service", allowed=False)
    yield from _logs(account, key)
    stranger = f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/stranger/session"
    yield _use(stranger, "kms:Decrypt", key, {}, why="another account", allowed=False)


def _logs(account: Account, key: str) -> Iterator[Request]:
    """CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS": the group is in the context."""
    logs = f"logs.{REGION}.amazonaws.com"
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
    own = account.log_groups()
    for action in FOR_LOGS:
        for name in own:
            yield _use(logs, action, key, {LOG_GROUP: f"{group}{name}"}, why="a log group of ours")
        for wrong in (f"{group}/aws/lambda/another", f"{group}{own[0]}".replace(ACCOUNT, OTHER_ACCOUNT)):
            yield _use(logs, action, key, {LOG_GROUP: wrong}, why="another log group", allowed=False)
        yield _use(logs, action, key, {}, why="without a log group", allowed=False)


def _use(who: str, action: str, key: str, context: dict[str, str], *, why: str, allowed: bool = True) -> Request:
    return Request(who=who, action=action, resource=key, context=dict(context), why=why, allowed=allowed)
