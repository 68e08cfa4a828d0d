"""The files of suites in the bucket, with every version."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.failures import translated
from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import identities, object_keys
from gavel.problems import InvalidInputError, Problem, Problems
from gavel.suites.suite import default_suite_bytes

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket

MOST_LISTED: Final = 1000
_SUFFIX: Final = ".yaml"


def suites(bucket: Bucket) -> list[dict[str, Any]]:
    """Every suite by name; the built-in default stands among them, with no time unless it was replaced."""
    found: dict[str, str | None] = {identities.DEFAULT_SUITE: None}
    with translated():
        pages = (
            clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=object_keys.SUITES_PREFIX)
        )
        for page in pages:
            for item in page.get("Contents", []):
                name = item["Key"].removeprefix(object_keys.SUITES_PREFIX).removesuffix(_SUFFIX)
                if item["Key"] == object_keys.suite_key(name) and identities.is_suite_name(name):
                    found[name] = _time(item["LastModified"])
    return [{"suite": name, "updated_at": at} for name, at in sorted(found.items())][:MOST_LISTED]


def get(bucket: Bucket, suite: str, version: str | None = None) -> dict[str, Any] | None:
    """A suite's YAML in its present or a given version; None when there is none.

    Raises InvalidInputError for a file that is too large to be one.
    """
    key = object_keys.suite_key(suite)
    found = bucket.read_version(key, version, most=MAX_SUITE_BYTES)
    if found is None:
        return (
            _shown(suite, None, default_suite_bytes())
            if suite == identities.DEFAULT_SUITE and version is None
            else None
        )
    content, known = found
    if len(content) > MAX_SUITE_BYTES:
        problems = Problems()
        problems.add(Problem(key, None, None, f"is larger than {MAX_SUITE_BYTES // 1024} KiB", "write the suite anew"))
        raise InvalidInputError(problems)
    return _shown(suite, known, content)


def put(bucket: Bucket, suite: str, content: bytes) -> dict[str, Any]:
    """Write a suite that was checked; the bytes that stand there already make no new version."""
    key = object_keys.suite_key(suite)
    digest = hashlib.sha256(content).hexdigest()
    stored = bucket.read_version(key, most=MAX_SUITE_BYTES)
    if stored is not None and stored[0] == content:
        return {"suite": suite, "version_id": stored[1], "sha256": digest, "created": False}
    version = bucket.put(key, content, content_type="application/yaml")
    return {"suite": suite, "version_id": version, "sha256": digest, "created": True}


def delete(bucket: Bucket, suite: str) -> bool:
    """Delete a suite; earlier versions stay. False when there never was one."""
    if not versions(bucket, suite):
        return False
    if bucket.version(object_keys.suite_key(suite)) is not None:
        with translated():
            clients.s3().delete_object(Bucket=bucket.name, Key=object_keys.suite_key(suite))
    return True


def versions(bucket: Bucket, suite: str) -> list[dict[str, Any]]:
    """The versions of a suite's file, the newest first, deletions among them; empty when there never was one."""
    key = object_keys.suite_key(suite)
    with translated():
        answer = clients.s3().list_object_versions(Bucket=bucket.name, Prefix=key, MaxKeys=MOST_LISTED)
    listed = [_entry(item, deleted=False) for item in answer.get("Versions", []) if item["Key"] == key]
    listed += [_entry(marker, deleted=True) for marker in answer.get("DeleteMarkers", []) if marker["Key"] == key]
    return sorted(listed, key=lambda one: (one["updated_at"], one["current"]), reverse=True)


def _entry(item: Any, *, deleted: bool) -> dict[str, Any]:
    return {
        "version_id": item["VersionId"],
        "updated_at": _time(item["LastModified"]),
        "current": bool(item["IsLatest"]),
        "deleted": deleted,
    }


def _shown(suite: str, version: str | None, content: bytes) -> dict[str, Any]:
    text = content.decode(errors="replace")
    return {"suite": suite, "version_id": version, "sha256": hashlib.sha256(content).hexdigest(), "content": text}


def _time(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds")).replace("+00:00", "Z")
