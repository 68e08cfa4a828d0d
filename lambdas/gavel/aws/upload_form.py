"""A form with which a browser or a script uploads one dataset, and S3 itself refuses what is too large."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.failures import translated
from gavel.aws.links import later
from gavel.names import object_keys

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket

SECONDS: Final = 900
# What a single POST takes (Amazon S3 API Reference, "POST Object").
_MOST_BYTES: Final = 5 * 1024**3
TYPES: Final = {
    ".jsonl": "application/x-ndjson",
    ".jsonl.gz": "application/gzip",
    ".json": "application/json",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
}


def upload_form(
    suite: str, file_name: str, *, budget_usd: float | None, bucket: Bucket, max_bytes: int, now: str
) -> dict[str, Any]:
    """Address and fields of a form for one file.

    The key is unique, so nobody's dataset is overwritten by another's, and tells that a form was used: S3 takes a
    presigned form any number of times until it expires, and only the first upload starts an evaluation. (Amazon S3 user
    guide, "Browser-based uploads using POST": `content-length-range` bounds the file.)
    """
    suffix = max((end for end in object_keys.DATASET_SUFFIXES if file_name.endswith(end)), key=len)
    key = object_keys.form_dataset_key(suite, file_name, secrets.token_hex(6))
    most = min(max_bytes, _MOST_BYTES)
    fields = {"Content-Type": TYPES[suffix]}
    if budget_usd is not None:
        fields[f"x-amz-meta-{object_keys.BUDGET_METADATA}"] = f"{budget_usd:.6f}".rstrip("0").rstrip(".")
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    conditions.append(["content-length-range", 1, most])
    with translated():
        form = clients.s3_for_links().generate_presigned_post(
            bucket.name, key, Fields=fields, Conditions=conditions, ExpiresIn=SECONDS
        )
    return {
        "url": form["url"],
        "fields": form["fields"],
        "key": key,
        "max_bytes": most,
        "expires_at": later(now, SECONDS),
    }
