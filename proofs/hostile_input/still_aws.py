"""An AWS that answers from this process: one dataset lies in the bucket, nothing else exists, no socket is opened."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import AWSResponse

from gavel.names.deployed import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

DATASET: Final = "datasets/default/questions.jsonl"
_LINE: Final = b'{"prompt": "What is 2 + 2?", "referenceResponse": "4"}\n'
_ACCOUNT: Final = "123456789012"
_VALUES: Final = {
    Variable.BUCKET: "gavel-bucket",
    Variable.TABLE: "gavel-table",
    Variable.STATE_MACHINE_ARN: f"arn:aws:states:us-east-1:{_ACCOUNT}:stateMachine:gavel",
    Variable.MAX_DATASET_BYTES: "1000000",
    Variable.MAX_CONCURRENT_JOBS: "20",
    Variable.MAX_JOBS_PER_JUDGE: "10",
    Variable.MODEL_KINDS: "foundation-model,inference-profile",
    Variable.REGION: "us-east-1",
    Variable.ACCOUNT: _ACCOUNT,
    Variable.SCHEDULE_GROUP: "gavel",
    Variable.SCHEDULE_TARGET_ARN: f"arn:aws:lambda:us-east-1:{_ACCOUNT}:function:start",
    Variable.SCHEDULE_ROLE_ARN: f"arn:aws:iam::{_ACCOUNT}:role/schedule",
    Variable.DEAD_LETTERS_ARN: f"arn:aws:sqs:us-east-1:{_ACCOUNT}:dead",
}
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "gavel",
    "POWERTOOLS_METRICS_NAMESPACE": "Gavel",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


class _Raw(io.BytesIO):
    """A body as urllib3 hands it out."""

    def stream(self, amount: int = 65536, **_options: Any) -> Any:
        while chunk := self.read(amount):
            yield chunk


def set_up() -> None:
    """Give this process the environment of the API's Lambdas, and let every call of AWS be answered here."""
    os.environ.update({name.value: value for name, value in _VALUES.items()})
    os.environ.update(_ENVIRONMENT)
    os.environ.pop("AWS_PROFILE", None)
    from gavel.aws import clients  # noqa: PLC0415 - reads the environment

    clients.forget()
    events: Any = clients.session().events  # its types know no handler that answers
    events.register("before-send", _answer)


def _answer(request: Any, **_context: Any) -> AWSResponse:
    host = request.url.partition("//")[2].partition("/")[0]
    if host.startswith("dynamodb."):
        status, headers, body = 200, {"content-type": "application/x-amz-json-1.0"}, _dynamodb(request.headers)
    elif host.startswith("scheduler."):
        status, headers, body = _scheduler(request.method)
    elif host.startswith("states."):
        body = b'{"executionArn": "arn:aws:states:us-east-1:123456789012:execution:gavel:x", "startDate": 1.0}'
        status, headers = 200, {"content-type": "application/x-amz-json-1.0"}
    else:
        status, headers, body = _s3(request)
    found: Any = {**headers, "content-length": str(len(body))}
    return AWSResponse(request.url, status, found, _Raw(body))


def _dynamodb(headers: Mapping[str, Any]) -> bytes:
    target = headers.get("X-Amz-Target", b"")
    name = target.decode() if isinstance(target, bytes) else target
    return b'{"Items": [], "Count": 0, "ScannedCount": 0}' if name.endswith("Query") else b"{}"


def _scheduler(method: str) -> tuple[int, dict[str, str], bytes]:
    headers = {"content-type": "application/json"}
    if method in {"GET", "DELETE"}:
        found = {**headers, "x-amzn-errortype": "ResourceNotFoundException"}
        return 404, found, b'{"Message": "Schedule does not exist."}'
    return 200, headers, b'{"ScheduleArn": "arn:aws:scheduler:us-east-1:123456789012:schedule/gavel/x"}'


def _s3(request: Any) -> tuple[int, dict[str, str], bytes]:
    path, _, query = request.url.partition("?")
    if path.endswith(DATASET) and request.method in {"HEAD", "GET"} and query in {"", "versionId=v1"}:
        headers = {"x-amz-version-id": "v1", "etag": '"e"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        return 200, headers, b"" if request.method == "HEAD" else _LINE
    if request.method in {"PUT", "POST"}:
        return 200, {"etag": '"e"', "x-amz-version-id": "v1"}, b""
    if request.method == "GET" and ("list-type" in query or "versions" in query):
        kind = "ListBucketResult" if "list-type" in query else "ListVersionsResult"
        return 200, {"content-type": "application/xml"}, f"<{kind}><IsTruncated>false</IsTruncated></{kind}>".encode()
    missing = b"" if request.method == "HEAD" else b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
    return 404, {"content-type": "application/xml"}, missing
