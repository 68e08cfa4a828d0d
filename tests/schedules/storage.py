"""S3 in memory, with the operations that the product uses."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.schedules.line import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.schedules.line import Line

PAGE: Final = 3


@dataclass
class Storage:
    """One bucket with versions; the names of arguments are the API's."""

    line: Line
    objects: dict[str, bytes] = field(default_factory=dict)
    versions: dict[tuple[str, str], bytes] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        """GetObject."""

        def effect() -> dict[str, Any]:
            data = self.versions.get((Key, VersionId)) if VersionId else self.objects.get(Key)
            if data is None:
                raise refusal("NoSuchVersion" if VersionId else "NoSuchKey", "GetObject")
            return {"Body": io.BytesIO(data), "ContentLength": len(data), "VersionId": self._current.get(Key, "null")}

        return self._call("GetObject", effect, _versioned(Key, VersionId))

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        """HeadObject; no object has metadata here."""

        def effect() -> dict[str, Any]:
            data = self.versions.get((Key, VersionId)) if VersionId else self.objects.get(Key)
            if data is None:
                raise refusal("404", "HeadObject")
            return {"VersionId": VersionId or self._current[Key], "ContentLength": len(data), "Metadata": {}}

        return self._call("HeadObject", effect, _versioned(Key, VersionId))

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: Any,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        **rest: Any,
    ) -> dict[str, Any]:
        """PutObject."""
        data = Body if isinstance(Body, bytes) else Body.read()

        def effect() -> dict[str, Any]:
            if IfNoneMatch == "*" and Key in self.objects:
                raise refusal("PreconditionFailed", "PutObject")
            return {"VersionId": self.put(Key, data)}

        return self._call("PutObject", effect, Key)

    def download_file(self, Bucket: str, Key: str, Filename: str) -> None:  # noqa: N803
        """GetObject into a file."""
        Path(Filename).write_bytes(self.get_object(Bucket=Bucket, Key=Key)["Body"].read())

    def put_object_tagging(self, *, Bucket: str, Key: str, Tagging: Any) -> dict[str, Any]:  # noqa: N803
        """PutObjectTagging."""

        def effect() -> dict[str, Any]:
            if Key not in self.objects:
                raise refusal("NoSuchKey", "PutObjectTagging")
            self.tags[Key] = Tagging["TagSet"]
            return {}

        return self._call("PutObjectTagging", effect, Key)

    def get_paginator(self, operation: str) -> Storage:
        """The paginator of ListObjectsV2."""
        if operation != "list_objects_v2":
            raise NotImplementedError(operation)
        return self

    def paginate(self, *, Bucket: str, Prefix: str, **rest: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        """ListObjectsV2, page by page."""
        after = ""
        while True:
            page = self._call("ListObjectsV2", lambda: self._page(Prefix, after), Prefix)  # noqa: B023 - called at once
            yield page
            if not page["IsTruncated"]:
                return
            after = page["Contents"][-1]["Key"]

    def put(self, key: str, data: bytes) -> str:
        """Write an object past the line, and give its version."""
        version = f"v{len(self.versions) + 1}"
        self.objects[key] = self.versions[key, version] = data
        self._current[key] = version
        return version

    def _page(self, prefix: str, after: str) -> dict[str, Any]:
        found = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = [{"Key": key, "Size": len(self.objects[key])} for key in found[:PAGE]]
        return {"Contents": page, "IsTruncated": len(found) > PAGE} if page else {"IsTruncated": False}

    def _call(self, operation: str, effect: Any, resource: str) -> dict[str, Any]:
        result: dict[str, Any] = self.line.call("s3", operation, effect, resource=resource)
        return result


def _versioned(key: str, version: str | None) -> str:
    return f"{key}?{version}" if version else key
