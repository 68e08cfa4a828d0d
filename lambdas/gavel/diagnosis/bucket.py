"""Whether the bucket is as the stack made it, and as Bedrock and the uploads need it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from gavel.diagnosis.finding import REVERT, Finding, ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REGION: Final = "bucket Region"
ENCRYPTION: Final = "bucket encryption"
PUBLIC: Final = "bucket public access"
VERSIONING: Final = "bucket versioning"
EVENTS: Final = "bucket events"
CORS: Final = "bucket CORS"
TLS: Final = "bucket TLS"

_BLOCKS: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def bucket_region(location: str | None, stack_region: str) -> Finding:
    """GetBucketLocation's answer against the Region of the stack: a job's buckets have to be in the job's own Region.

    Source: S3 API reference (us-east-1 is told as nothing, an old eu-west-1 as EU).
    """
    region = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}.get(location, location)
    if region == stack_region:
        return ok(REGION, f"the bucket is in {region}, like the stack")
    text = f"the bucket is in {region} and the stack in {stack_region}; Bedrock reads and writes in its own Region only"
    return problem(REGION, text, f"deploy a stack into {region}, or use the bucket of a stack in {stack_region}")


def encryption(rules: Sequence[Mapping[str, Any]]) -> tuple[Finding | None, str | None]:
    """The finding about default encryption, or None and the KMS key that has to be looked at instead.

    `rules` are those of GetBucketEncryption.
    """
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    algorithm = default.get("SSEAlgorithm", "")
    if not algorithm.startswith("aws:kms"):
        return ok(ENCRYPTION, f"by default with S3's own keys ({algorithm or 'SSE-S3'})"), None
    if key := default.get("KMSMasterKeyID"):
        return None, key
    return ok(ENCRYPTION, "by default with the AWS managed key aws/s3"), None


def key(metadata: Mapping[str, Any], stack_region: str) -> Finding:
    """The bucket's KMS key, as DescribeKey tells it. Source: KMS developer guide, "Key states of AWS KMS keys"."""
    arn, state = metadata.get("Arn", ""), metadata.get("KeyState", "unknown")
    region = arn.split(":")[3] if arn.count(":") >= 5 else ""
    if region != stack_region:
        remedy = "set the environment's `customer_key` (cdk.json) to a key of the stack's Region, then `make deploy`"
        return problem(ENCRYPTION, f"the key {arn} is not in {stack_region}", remedy)
    if state == "Enabled":
        return ok(ENCRYPTION, f"by default with the customer's key {arn}, which is enabled")
    if state == "PendingDeletion":
        mend = f"`aws kms cancel-key-deletion --key-id {arn}`, then `aws kms enable-key --key-id {arn}`"
    else:
        mend = f"`aws kms enable-key --key-id {arn}`"
    return problem(ENCRYPTION, f"the key {arn} is {state}: nothing can be read or written", mend)


def public_access(block: Mapping[str, Any] | None, bucket: str) -> Finding:
    """The public access block, or None where the bucket has none of its own."""
    missing = [name for name in _BLOCKS if not (block or {}).get(name)]
    if not missing:
        return ok(PUBLIC, "blocked in all four ways")
    settings = ",".join(f"{name}=true" for name in _BLOCKS)
    mend = f"`aws s3api put-public-access-block --bucket {bucket} --public-access-block-configuration {settings}`"
    return warning(PUBLIC, f"not blocked by {', '.join(missing)}", mend)


def versioning(status: str | None, bucket: str) -> Finding:
    """GetBucketVersioning's status; an evaluation names the versions of its dataset and suite."""
    if status == "Enabled":
        return ok(VERSIONING, "enabled")
    text = f"{(status or 'never enabled').lower()}: a dataset that is overwritten changes an evaluation that reads it"
    mend = f"`aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled`"
    return problem(VERSIONING, text, mend)


def events(notifications: Mapping[str, Any]) -> Finding:
    """GetBucketNotificationConfiguration's answer: uploads start evaluations through EventBridge."""
    if "EventBridgeConfiguration" in notifications:
        return ok(EVENTS, "sent to EventBridge: an upload starts an evaluation")
    text = "not sent to EventBridge: uploads start nothing"
    return problem(EVENTS, text, REVERT)


def cors(rules: Sequence[Mapping[str, Any]]) -> Finding:
    """The CORS rules, which nothing but jobs made in Bedrock's console has ever needed."""
    if rules:
        return ok(CORS, f"{len(rules)} rule(s)")
    return ok(CORS, "no rule; only jobs made in Bedrock's console ask for one (`cors_origins` in cdk.json)")


def tls_only(policy: str | None, bucket: str, *, partition: str) -> Finding:
    """The bucket's policy: whether it denies everyone everything that comes without TLS."""
    arn = f"arn:{partition}:s3:::{bucket}"
    statements = json.loads(policy).get("Statement", []) if policy else []
    if any(_denies_plain(one, arn) for one in (statements if isinstance(statements, list) else [statements])):
        return ok(TLS, "the bucket's policy denies requests without TLS")
    return warning(TLS, "the bucket's policy lets requests without TLS in", REVERT)


def _denies_plain(statement: Mapping[str, Any], arn: str) -> bool:
    tested = statement.get("Condition", {}).get("Bool", {})
    secure = next((value for name, value in tested.items() if name.lower() == "aws:securetransport"), None)
    principal, resources = statement.get("Principal"), statement.get("Resource")
    return (
        statement.get("Effect") == "Deny"
        and str(secure).lower() == "false"
        and principal in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        and statement.get("Action") in ("s3:*", ["s3:*"], "*", ["*"])
        and f"{arn}/*" in (resources if isinstance(resources, list) else [resources])
    )
