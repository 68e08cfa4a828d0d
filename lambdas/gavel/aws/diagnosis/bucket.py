"""The bucket as S3 and KMS describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws import clients
from gavel.aws.diagnosis.asking import answered
from gavel.aws.failures import ClientError, code_of
from gavel.diagnosis import bucket as meaning
from gavel.diagnosis.finding import Finding, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class BucketCheck:
    """Looks at a bucket; `key_arn` is its KMS key's once `look` has come that far, or None."""

    def __init__(self, name: str, *, region: str, partition: str) -> None:
        self.key_arn: str | None = None
        self._name = name
        self._region = region
        self._partition = partition

    def look(self) -> Iterator[Finding]:
        """The findings, in an order that tells of a missing bucket once."""
        if gone := self._gone():
            yield gone
            return
        for name, permission, check in (
            (meaning.REGION, "s3:GetBucketLocation", self._location),
            (meaning.ENCRYPTION, "s3:GetEncryptionConfiguration", self._encryption),
            (meaning.PUBLIC, "s3:GetBucketPublicAccessBlock", self._public_access),
            (meaning.VERSIONING, "s3:GetBucketVersioning", self._versioning),
            (meaning.EVENTS, "s3:GetBucketNotification", self._events),
            (meaning.CORS, "s3:GetBucketCORS", self._cors),
            (meaning.TLS, "s3:GetBucketPolicy", self._tls),
        ):
            yield from answered(name, f"{permission} on {self._name}", check)

    def _gone(self) -> Finding | None:
        try:
            clients.s3().head_bucket(Bucket=self._name)
        except ClientError as error:
            # Whoever may not ask, or asks in the wrong Region, is told so by the checks that follow.
            if code_of(error) in {"404", "NoSuchBucket"}:
                remedy = "`make deploy` of a new stack; this one's bucket was deleted, and its results with it"
                return problem(meaning.REGION, f"the bucket {self._name} does not exist", remedy)
        return None

    def _location(self) -> Iterator[Finding]:
        answer = clients.s3().get_bucket_location(Bucket=self._name)
        yield meaning.bucket_region(answer.get("LocationConstraint"), self._region)

    def _encryption(self) -> Iterator[Finding]:
        answer = _or_none(lambda: clients.s3().get_bucket_encryption(Bucket=self._name), "encryption")
        found, key = meaning.encryption(answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else [])
        if found:
            yield found
        if key:
            self.key_arn = key if key.startswith("arn:") else None
            yield from answered(meaning.ENCRYPTION, f"kms:DescribeKey on {key}", lambda: self._key(key))

    def _key(self, key: str) -> Iterator[Finding]:
        try:
            metadata = clients.kms().describe_key(KeyId=key)["KeyMetadata"]
        except ClientError as error:
            if code_of(error) != "NotFoundException":
                raise
            remedy = "set the environment's `customer_key` (cdk.json) to a key that there is, then `make deploy`"
            yield problem(meaning.ENCRYPTION, f"the key {key} does not exist in {self._region}", remedy)
            return
        self.key_arn = metadata["Arn"]
        yield meaning.key(metadata, self._region)

    def _public_access(self) -> Iterator[Finding]:
        answer = _or_none(lambda: clients.s3().get_public_access_block(Bucket=self._name), "PublicAccessBlock")
        yield meaning.public_access(answer and answer["PublicAccessBlockConfiguration"], self._name)

    def _versioning(self) -> Iterator[Finding]:
        yield meaning.versioning(clients.s3().get_bucket_versioning(Bucket=self._name).get("Status"), self._name)

    def _events(self) -> Iterator[Finding]:
        yield meaning.events(clients.s3().get_bucket_notification_configuration(Bucket=self._name))

    def _cors(self) -> Iterator[Finding]:
        answer = _or_none(lambda: clients.s3().get_bucket_cors(Bucket=self._name), "CORS")
        yield meaning.cors(answer["CORSRules"] if answer else [])

    def _tls(self) -> Iterator[Finding]:
        answer = _or_none(lambda: clients.s3().get_bucket_policy(Bucket=self._name), "Policy")
        yield meaning.tls_only(answer and answer["Policy"], self._name, partition=self._partition)


def _or_none(call: Callable[[], Any], what: str) -> Any | None:
    """S3 has an error of its own for each configuration that a bucket lacks: NoSuchCORSConfiguration and the like."""
    try:
        return call()
    except ClientError as error:
        code = code_of(error)
        if what.lower() in code.lower() and ("NoSuch" in code or "NotFound" in code):
            return None
        raise
