"""Links that read one object without further credentials, for a few minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gavel.aws import clients
from gavel.aws.failures import translated

if TYPE_CHECKING:
    from gavel.aws.storage import Bucket

# Long enough to be opened by hand, and short enough that one in a chat or a log is soon worth nothing. (A link dies
# earlier when the signing role's session does: Lambda renews those hours before.)
SECONDS: Final = 300


def link_to(key: str, *, bucket: Bucket, now: str) -> dict[str, str] | None:
    """A link to an object; None when there is no such object."""
    if bucket.size(key) is None:
        return None
    with translated():
        url = clients.s3_for_links().generate_presigned_url(
            "get_object", Params={"Bucket": bucket.name, "Key": key}, ExpiresIn=SECONDS
        )
    return {"url": url, "key": key, "expires_at": later(now, SECONDS)}


def later(now: str, seconds: int) -> str:
    """The time so many seconds after `now`, both as ISO 8601 in UTC with milliseconds."""
    moment = datetime.fromisoformat(now) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
