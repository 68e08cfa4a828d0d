"""The bucket: suites, datasets and everything about evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from gavel.names.object_keys import (
    ANSWERS_PREFIX,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    RAW_OUTPUT_TAG_KEY,
    RAW_OUTPUT_TAG_VALUE,
)
from infra.acknowledge import acknowledge, in_packs
from infra.config import EnvironmentConfig, Removal
from infra.grants import Grant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.keys import CustomerKey

OLD_VERSIONS_DAYS = 30
UNFINISHED_UPLOADS_DAYS = 7
OBJECTS_COME_LATER = (
    "the keys below this prefix of our own bucket are made after deployment, one folder per evaluation or suite."
)
_ACCESS_LOGS = (
    "Server access logs would need a second bucket to keep, guard and pay for, and arrive on a best effort only. Who "
    "reads which object is recorded completely by CloudTrail data events, which an account switches on for all its "
    "buckets in one place."
)
_ACKNOWLEDGED = {
    "AwsSolutions::AwsSolutions-S1": _ACCESS_LOGS,
    **in_packs("S3BucketLoggingEnabled", _ACCESS_LOGS),
    "Checkov::CKV_AWS_18": _ACCESS_LOGS,
    **in_packs(
        "S3BucketReplicationEnabled",
        "A copy in another Region is a decision about where prompts may lie, which is the account owner's. S3 keeps "
        "each object in three zones, versions undo what is overwritten or deleted, and results can be computed again "
        "from datasets and suites.",
    ),
}
_NO_KEY = (
    "The setting `customer_key` puts the bucket under a key of the customer's. Without it S3 encrypts with keys of its "
    "own, which cost nothing and need no policy, and the bucket refuses requests without TLS."
)


class Storage(Construct):
    """The bucket and what may be done with it. Nothing in it is public, and nothing reaches it without TLS."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: EnvironmentConfig, customer_key: CustomerKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._customer_key = customer_key
        key = customer_key.key
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            # An evaluation names the version of its dataset and suite, so an overwritten file changes no result.
            versioned=True,
            cors=_cors(config.cors_origins),
            lifecycle_rules=_lifecycle(config.raw_output_retention_days),
            removal_policy=(
                cdk.RemovalPolicy.RETAIN if config.removal is Removal.RETAIN else cdk.RemovalPolicy.DESTROY
            ),
        )
        # Not `event_bridge_enabled`: that puts a custom resource and its Lambda into the stack for one property.
        resource = self.bucket.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("the bucket's default child is no CfnBucket")
        resource.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled",
            True,  # noqa: FBT003 - the value of a CloudFormation property
        )
        acknowledge(self.bucket, _ACKNOWLEDGED)
        if key is None:
            acknowledge(self.bucket, in_packs("S3DefaultEncryptionKMS", _NO_KEY))

    def read(self, *patterns: str) -> list[Grant]:
        """GetObject on keys of those patterns, such as `suites/*`: their present versions."""
        return self._objects("Read", ("s3:GetObject",), patterns)

    def read_versions(self, *patterns: str) -> list[Grant]:
        """GetObjectVersion on keys of those patterns: whoever names a version needs that, and not GetObject besides.

        Source: S3 API reference, GetObject, "Permissions".
        """
        return self._objects("ReadVersions", ("s3:GetObjectVersion",), patterns)

    def write(self, *patterns: str) -> list[Grant]:
        """PutObject on keys of those patterns, multipart included; parts of a broken upload expire by lifecycle."""
        return self._objects("Write", ("s3:PutObject",), patterns)

    def tag(self, *patterns: str) -> list[Grant]:
        """PutObjectTagging on keys of those patterns: the lifecycle finds raw output by its tag."""
        return self._objects("Tag", ("s3:PutObjectTagging",), patterns)

    def delete(self, *patterns: str) -> list[Grant]:
        """DeleteObject on keys of those patterns: it hides them behind a marker, for versions cannot be deleted so."""
        return self._objects("Delete", ("s3:DeleteObject",), patterns)

    def list_versions(self, *prefixes: str) -> list[Grant]:
        """ListBucketVersions under those prefixes only, such as `suites/*`."""
        if not prefixes:
            return []
        return [
            Grant(
                sid="ListVersions",
                actions=("s3:ListBucketVersions",),
                resources=(self.bucket.bucket_arn,),
                conditions={"StringLike": {"s3:prefix": list(prefixes)}},
            )
        ]

    def list_below(self, *prefixes: str) -> list[Grant]:
        """ListBucket under those prefixes only, such as `suites/*`."""
        if not prefixes:
            return []
        return [
            Grant(
                sid="List",
                actions=("s3:ListBucket",),
                resources=(self.bucket.bucket_arn,),
                conditions={"StringLike": {"s3:prefix": list(prefixes)}},
            )
        ]

    def tell_missing(self) -> list[Grant]:
        """Learn that an object is not there: without ListBucket S3 answers 403 to a GetObject of no object.

        The request names no prefix then, so a condition on one would deny it. It tells names of keys, and no content.
        """
        return [Grant(sid="TellMissing", actions=("s3:ListBucket",), resources=(self.bucket.bucket_arn,))]

    def use_key(self, *, write: bool) -> list[Grant]:
        """What reading or writing needs besides when the bucket is under the customer's key."""
        return self._customer_key.use_through_s3(write=write)

    def _objects(self, sid: str, actions: tuple[str, ...], patterns: Sequence[str]) -> list[Grant]:
        if not patterns:
            return []
        resources = tuple(self.bucket.arn_for_objects(pattern) for pattern in patterns)
        return [Grant(sid=sid, actions=actions, resources=resources, wildcard=OBJECTS_COME_LATER)]


def _cors(origins: Sequence[str]) -> list[s3.CorsRule] | None:
    """The rule that Bedrock's documentation asks for; None for no origins.

    The user guide's "Required CORS permissions on S3 buckets" asked for this rule for every evaluation job made in the
    console; its present edition asks for it for human jobs only. Who makes jobs in the console meets both, so the rule
    is there unless switched off. It grants nothing: a browser's request still has to be signed by someone who may read.
    """
    if not origins:
        return None
    return [
        s3.CorsRule(
            allowed_headers=["*"],
            allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.PUT, s3.HttpMethods.POST, s3.HttpMethods.DELETE],
            allowed_origins=list(origins),
            exposed_headers=["Access-Control-Allow-Origin"],
        )
    ]


def _lifecycle(raw_output_days: int) -> list[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="expire-raw-output",
            tag_filters={RAW_OUTPUT_TAG_KEY: RAW_OUTPUT_TAG_VALUE},
            expiration=cdk.Duration.days(raw_output_days),
        ),
        # Not those of suites: they are a page each, and a suite's history is read back.
        *(
            s3.LifecycleRule(
                id=f"expire-old-versions-{prefix.rstrip('/')}",
                prefix=prefix,
                noncurrent_version_expiration=cdk.Duration.days(OLD_VERSIONS_DAYS),
                expired_object_delete_marker=True,
            )
            for prefix in (EVALUATIONS_PREFIX, DATASETS_PREFIX, ANSWERS_PREFIX)
        ),
        s3.LifecycleRule(
            id="abort-unfinished-uploads",
            prefix=EVALUATIONS_PREFIX,
            abort_incomplete_multipart_upload_after=cdk.Duration.days(UNFINISHED_UPLOADS_DAYS),
        ),
    ]
