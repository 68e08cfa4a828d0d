"""What the emulator needs from the AWS that it is mounted in: callers, IAM decisions, roles and their S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    type Context = Mapping[str, str | list[str]]  # IAM condition keys of a request


@dataclass(frozen=True)
class Caller:
    """Who signed a request, in which account and Region; `arn` is an IAM principal's."""

    account: str
    region: str
    arn: str
    access_key: str


@dataclass(frozen=True)
class Denial:
    """IAM's no to `principal` for `action` on `resource`; `explicit` when a Deny statement said so."""

    principal: str
    action: str
    resource: str
    explicit: bool = False

    @property
    def message(self) -> str:
        """The sentence that AWS services answer with (IAM user guide, "Troubleshoot access denied error messages")."""
        reason = (
            "with an explicit deny in an identity-based policy"
            if self.explicit
            else f"because no identity-based policy allows the {self.action} action"
        )
        return (
            f"User: {self.principal} is not authorized to perform: {self.action} on resource: {self.resource} {reason}"
        )


class RoleRefusedError(Exception):
    """The role does not exist, or its trust policy does not let Bedrock assume it for this job."""


class StorageError(Exception):
    """S3 said no: `code` is S3's error code (AccessDenied, NoSuchKey, NoSuchBucket, …), `action` the IAM action."""

    def __init__(self, *, code: str, action: str, resource: str, principal: str) -> None:
        """Keep what was tried, by whom and on what."""
        super().__init__(f"{code}: {action} on {resource}")
        self.code = code
        self.action = action
        self.resource = resource
        self.principal = principal

    @property
    def denied(self) -> bool:
        """Whether IAM or a bucket policy is the reason."""
        return self.code in {"AccessDenied", "AccessDeniedException", "403", "Forbidden"}


class RoleSession(Protocol):
    """Temporary credentials of a job's role. Methods block; the emulator calls them from worker threads."""

    @property
    def principal(self) -> str:
        """ARN of the assumed-role session."""

    def denial(self, action: str, resource: str, context: Context) -> Denial | None:
        """IAM's decision on the role's own policies; None when allowed."""

    def bucket_region(self, bucket: str, action: str) -> str:
        """Region of a bucket, asked with `s3:ListBucket` or `s3:GetBucketLocation`; StorageError."""

    def keys(self, bucket: str, prefix: str) -> list[str]:
        """Keys that start with `prefix`, at most 1,000; StorageError."""

    def read(self, bucket: str, key: str) -> bytes:
        """Bytes of an object; StorageError."""

    def write(self, bucket: str, key: str, content: bytes) -> None:
        """Put an object; StorageError."""


class Host(Protocol):
    """The AWS around the emulator."""

    def caller(self, headers: Mapping[str, str]) -> Caller:
        """Who signed the request with these headers (lower-case names)."""

    def denial(self, caller: Caller, action: str, resource: str, context: Context) -> Denial | None:
        """IAM's decision on a caller's identity policies; None when allowed."""

    def assume(self, role_arn: str, *, caller: Caller, job_arn: str) -> RoleSession:
        """Assume a role as the service bedrock.amazonaws.com does for this job; RoleRefusedError."""

    def adopt(self, caller: Caller, job_arn: str, tags: Mapping[str, str]) -> None:
        """Make a job known to the host's tagging API."""

    def forget(self, caller: Caller, job_arn: str) -> None:
        """Drop a job, or the record that the host itself made of a request, from the host's tagging API."""
