"""A Host in memory: policies are sets of allowed actions, buckets are dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.bedrock.host import Caller, Denial, RoleRefusedError, StorageError
from tests.local.bedrock.builders import ACCOUNT, REGION, ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.bedrock.host import Context

CALLER = Caller(account=ACCOUNT, region=REGION, arn=f"arn:aws:iam::{ACCOUNT}:user/me", access_key="AKIAME")
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/evaluator/BedrockEvaluation"


@dataclass
class MemoryHost:
    """`denied` holds actions, or (action, resource) pairs, that caller and role may not do."""

    objects: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"data": {}, "results": {}})
    regions: dict[str, str] = field(default_factory=dict)
    denied: set[str | tuple[str, str]] = field(default_factory=set)
    roles: set[str] = field(default_factory=lambda: {ROLE})
    asked: list[tuple[str, str, dict[str, str | list[str]]]] = field(default_factory=list)
    adopted: dict[str, dict[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def caller(self, headers: Mapping[str, str]) -> Caller:
        return CALLER

    def denial(self, caller: Caller, action: str, resource: str, context: Context) -> Denial | None:
        self.asked.append((action, resource, dict(context)))
        return Denial(caller.arn, action, resource) if self.forbids(action, resource) else None

    def forbids(self, action: str, resource: str) -> bool:
        return action in self.denied or (action, resource) in self.denied

    def assume(self, role_arn: str, *, caller: Caller, job_arn: str) -> MemorySession:
        if role_arn not in self.roles:
            raise RoleRefusedError(f"Amazon Bedrock is not authorized to assume the role {role_arn}.")
        return MemorySession(self)

    def adopt(self, caller: Caller, job_arn: str, tags: Mapping[str, str]) -> None:
        self.adopted[job_arn] = dict(tags)

    def forget(self, caller: Caller, job_arn: str) -> None:
        self.adopted.pop(job_arn, None)


@dataclass
class MemorySession:
    """The role at work on the host's dictionaries."""

    host: MemoryHost

    @property
    def principal(self) -> str:
        return SESSION

    def denial(self, action: str, resource: str, context: Context) -> Denial | None:
        return self.host.denial(Caller(ACCOUNT, REGION, SESSION, "ASIAROLE"), action, resource, context)

    def bucket_region(self, bucket: str, action: str) -> str:
        self._bucket(bucket, action, f"arn:aws:s3:::{bucket}")
        return self.host.regions.get(bucket, REGION)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        objects = self._bucket(bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
        return [key for key in objects if key.startswith(prefix)]

    def read(self, bucket: str, key: str) -> bytes:
        return self._bucket(bucket, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")[key]

    def write(self, bucket: str, key: str, content: bytes) -> None:
        self._bucket(bucket, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")[key] = content
        self.host.order.append(key)

    def _bucket(self, bucket: str, action: str, resource: str) -> dict[str, bytes]:
        if self.host.forbids(action, resource):
            raise StorageError(code="AccessDenied", action=action, resource=resource, principal=SESSION)
        if bucket not in self.host.objects:
            raise StorageError(code="NoSuchBucket", action=action, resource=resource, principal=SESSION)
        return self.host.objects[bucket]
