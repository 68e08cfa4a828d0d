"""Pages of an evaluation's records, read from its score files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.dataset_check import TooLargeError
from gavel.aws.score_copies import copy_scores, listed_scores
from gavel.aws.storage import PART
from gavel.problems import GavelError
from gavel.results.record_pages import Wanted, matching_records, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gavel.aws.storage import Bucket

# What one call can copy and read in its time; larger evaluations have Athena and `gavel compare`.
MOST_BYTES: Final = 600 * 1024**2


class NoScoresError(GavelError):
    """The evaluation has no scores, or not yet."""


def records_page(
    head: Mapping[str, Any],
    wanted: Wanted,
    *,
    bucket: Bucket,
    limit: int,
    after: int = 0,
    in_time: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    """`records` behind the record `after`, and `next_token`, None at the end.

    Raises NoScoresError, TooLargeError where the score files are more than a call can read, and StillCopyingError when
    `in_time` says that there is no time for another file; what was copied until then serves the next call.
    """
    paths = _copies(head, bucket, in_time)
    numbers = matching_records(paths, wanted, after=after, limit=limit + 1)
    page = page_of(paths, wanted, numbers[:limit])
    more = len(page) < len(numbers)
    return {"records": page, "next_token": str(page[-1]["record"]) if more and page else None}


def _copies(head: Mapping[str, Any], bucket: Bucket, in_time: Callable[[], bool]) -> list[Path]:
    """Local copies of an evaluation's scores; those of the evaluation that was asked for last are kept for the next."""
    evaluation = head["evaluation_id"]
    listed = listed_scores(evaluation, bucket=bucket) if "ended_at" in head and head.get("coverage") else {}
    if not listed:
        raise NoScoresError(f"The evaluation has no scores: it is {head['status']}.")
    size = sum(listed.values())
    if size > MOST_BYTES:
        raise TooLargeError(
            f"The scores of this evaluation are {size // 2**20} MiB, and a call reads {MOST_BYTES // 2**20} at most; "
            "read them with Athena (docs/athena.md), or in the report."
        )
    return sorted(copy_scores(listed, _only_folder(evaluation), bucket=bucket, in_time=in_time))


def _only_folder(evaluation: str) -> Path:
    """The folder of an evaluation's copies, the only one on the disk, without what a broken-off call left in it."""
    place = Path(tempfile.gettempdir()) / "gavel-records"
    folder = place / evaluation
    folder.mkdir(parents=True, exist_ok=True)
    for other in place.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    for part in folder.glob(f"*{PART}"):
        part.unlink(missing_ok=True)
    return folder
