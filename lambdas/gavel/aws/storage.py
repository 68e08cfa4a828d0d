"""Objects of Gavel's bucket."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, translated
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

# 405 is what S3 answers for the version of a delete marker.
_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "404", "NotFound", "405", "MethodNotAllowed"})

# The end of the name of a file that is being fetched.
PART: Final = ".part"


@dataclass(frozen=True)
class Bucket:
    """The bucket of one deployment. Every method raises the errors of `failures.translated`."""

    name: str

    def read(self, key: str, version: str | None = None, *, most: int | None = None) -> bytes | None:
        """The object's bytes, or None when there is no such object.

        Of one with more than `most` bytes the first `most + 1`, by which its reader knows that it is too large.
        """
        stream = self.open(key, version)
        if stream is None:
            return None
        with translated(key=key):
            return stream.read() if most is None else stream.read(most + 1)

    def read_version(
        self, key: str, version: str | None = None, *, most: int | None = None
    ) -> tuple[bytes, str] | None:
        """The object's bytes, as `read` gives them, and their version (`null` in a bucket without versions)."""
        answer = self._get(key, version)
        if answer is None:
            return None
        with translated(key=key):
            content = answer["Body"].read() if most is None else answer["Body"].read(most + 1)
        return content, answer.get("VersionId", "null")

    def open(self, key: str, version: str | None = None) -> BinaryIO | None:
        """The object as a stream, or None when there is no such object."""
        answer = self._get(key, version)
        return None if answer is None else cast("BinaryIO", answer["Body"])

    def _get(self, key: str, version: str | None) -> GetObjectOutputTypeDef | None:
        arguments: dict[str, Any] = {"VersionId": version} if version else {}
        try:
            with translated(key=key):
                return clients.s3().get_object(Bucket=self.name, Key=key, **arguments)
        except ClientError as error:
            # "Invalid version id specified" is what S3 says of a version that cannot be any object's.
            if code_of(error) in _ABSENT or (version and code_of(error) == "InvalidArgument"):
                return None
            raise

    def version(self, key: str, version: str | None = None) -> str | None:
        """The current or the given version of an object (`null` in a bucket without versions); None when there is
        none.
        """
        arguments: dict[str, Any] = {"VersionId": version} if version else {}
        try:
            with translated(key=key):
                return clients.s3().head_object(Bucket=self.name, Key=key, **arguments).get("VersionId", "null")
        except ClientError as error:
            # An answer to HEAD has no body: a version that cannot be any object's is a bare 400.
            if code_of(error) in _ABSENT or (version and code_of(error) in {"400", "InvalidArgument"}):
                return None
            raise

    def metadata(self, key: str, version: str | None = None) -> dict[str, str]:
        """The metadata that whoever wrote the object gave it; empty when there is no such object."""
        arguments: dict[str, Any] = {"VersionId": version} if version else {}
        try:
            with translated(key=key):
                return clients.s3().head_object(Bucket=self.name, Key=key, **arguments)["Metadata"]
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return {}
            raise

    def size(self, key: str, version: str | None = None) -> int | None:
        """Bytes of an object, or None when there is no such object."""
        arguments: dict[str, Any] = {"VersionId": version} if version else {}
        try:
            with translated(key=key):
                return clients.s3().head_object(Bucket=self.name, Key=key, **arguments)["ContentLength"]
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return None
            raise

    def read_json(self, key: str) -> dict[str, Any] | None:
        """The object as JSON, or None when there is no such object."""
        data = self.read(key)
        return None if data is None else cast("dict[str, Any]", json.loads(data))

    def put(self, key: str, data: bytes, *, content_type: str) -> str:
        """Write an object and return the version that it became (`null` in a bucket without versions).

        The same bytes under the same key any number of times are one object.
        """
        with translated(key=key):
            answer = clients.s3().put_object(Bucket=self.name, Key=key, Body=data, ContentType=content_type)
        return answer.get("VersionId", "null")

    def put_first(self, key: str, data: bytes, *, content_type: str) -> bytes:
        """Write an object unless there is one; the bytes that stand there afterwards."""
        try:
            with translated(key=key):
                clients.s3().put_object(Bucket=self.name, Key=key, Body=data, ContentType=content_type, IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) == "ConditionalRequestConflict":  # another writer is at it this moment
                raise TryLaterError(f"PutObject: {code_of(error)}") from error
            if code_of(error) != "PreconditionFailed":
                raise
            stored = self.read(key)
            if stored is None:
                raise TryLaterError("PutObject: an object that was there is gone") from error
            return stored
        return data

    def put_json(self, key: str, document: object) -> None:
        """Write a JSON document with a stable order of keys."""
        data = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True).encode()
        self.put(key, data, content_type="application/json")

    def upload(self, key: str, path: Path, *, metadata: Mapping[str, str] | None = None) -> str:
        """Write a file and return the version that it became (`null` in a bucket without versions)."""
        with translated(key=key), path.open("rb") as stream:
            answer = clients.s3().put_object(Bucket=self.name, Key=key, Body=stream, Metadata=dict(metadata or {}))
        return answer.get("VersionId", "null")

    def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        """Write a file of up to 5 GB.

        In one call: boto3's managed transfer hides what AWS answered behind an error of its own.
        """
        with translated(key=key), path.open("rb") as stream:
            clients.s3().put_object(Bucket=self.name, Key=key, Body=stream, ContentType=content_type)

    def fetch(self, key: str, path: Path) -> None:
        """Copy a small object into a file with one request; several threads may do so at once.

        The file is whole or not there. Raises TryLaterError where the object is gone.
        """
        body = self.open(key)
        if body is None:
            raise TryLaterError("GetObject: an object that is to be copied is gone")
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=PART, delete=False) as part:
            try:
                with translated(key=key):
                    shutil.copyfileobj(body, part)
                part.flush()
                Path(part.name).replace(path)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise

    def tag(self, key: str, name: str, value: str) -> None:
        """Give an object one tag in place of those that it has."""
        with translated(key=key):
            clients.s3().put_object_tagging(
                Bucket=self.name, Key=key, Tagging={"TagSet": [{"Key": name, "Value": value}]}
            )

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix, in S3's order."""
        return (key for key, _ in self.listed(prefix))

    def listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Every key below a prefix with the bytes of its object, in S3's order."""
        with translated():
            pages = clients.s3().get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", []):
                    yield item["Key"], item["Size"]
