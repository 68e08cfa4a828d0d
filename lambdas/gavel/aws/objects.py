"""Any object in S3 by its URI, for the command line: also results of jobs that Gavel did not start."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from urllib3.exceptions import HTTPError

from gavel.aws import clients
from gavel.aws.failures import code_of, is_denied, message_of
from gavel.problems import GavelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.response import StreamingBody

SCHEME = "s3://"


class NoSuchObjectError(GavelError):
    """There is no object, or no bucket, of that name."""


class UnreadableObjectError(GavelError):
    """S3 did not hand out the object: credentials, permissions or the network."""


class ObjectStream:
    """The bytes of an object, read as they come; raises UnreadableObjectError when the connection breaks."""

    def __init__(self, uri: str, body: StreamingBody) -> None:
        """Wrap the body of an answer of S3."""
        self._uri = uri
        self._body = body

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        with _in_plain_words(self._uri):
            return self._body.read(size)


def open_object(uri: str) -> ObjectStream:
    """Open `s3://bucket/key` for reading from start to end, whatever its size."""
    bucket, key = _split(uri)
    with _in_plain_words(uri):
        return ObjectStream(uri, clients.s3().get_object(Bucket=bucket, Key=key)["Body"])


def list_objects(uri: str, *, suffix: str) -> Iterator[str]:
    """URIs of all objects below the folder `s3://bucket/prefix` whose key ends with `suffix`, in the order of keys."""
    bucket, key = _split(uri)
    prefix = f"{key.rstrip('/')}/" if key else ""
    with _in_plain_words(uri):
        for page in clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                if item["Key"].endswith(suffix):
                    yield f"{SCHEME}{bucket}/{item['Key']}"


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise NoSuchObjectError(f"{uri} names no bucket; write s3://bucket/key")
    return bucket, key


@contextmanager
def _in_plain_words(uri: str) -> Iterator[None]:
    try:
        yield
    except NoCredentialsError as error:
        raise UnreadableObjectError(
            f"{uri} cannot be read: there are no AWS credentials; sign in (aws sso login) or set AWS_PROFILE"
        ) from error
    except ClientError as error:
        if code_of(error) in {"NoSuchKey", "NoSuchBucket", "404"}:
            raise NoSuchObjectError("there is no such object in S3") from error
        why = "AWS denies it" if is_denied(error) else f"{code_of(error)}: {message_of(error)}"
        raise UnreadableObjectError(
            f"{uri} cannot be read: {why}; check credentials, Region and permissions"
        ) from error
    except (BotoCoreError, HTTPError) as error:
        raise UnreadableObjectError(f"{uri} cannot be read: {error}; check credentials, Region and network") from error
