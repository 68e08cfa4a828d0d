"""Pages of an evaluation's records, read from its score files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.dataset_check import TooLargeError
from gavel.names import EvaluationKeys
from gavel.problems import GavelError
from gavel.results.record_pages import Wanted, matching_records, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.aws.storage import Bucket

# What one call can copy and read in its time; larger evaluations have Athena and `gavel compare`.
MOST_BYTES: Final = 600 * 1024**2
_PARQUET: Final = ".parquet"


class NoScoresError(GavelError):
    """The evaluation has no scores, or not yet."""


def records_page(
    head: Mapping[str, Any], wanted: Wanted, *, bucket: Bucket, limit: int, after: int = 0
) -> dict[str, Any]:
    """`records` behind the record `after`, and `next_token`, None at the end.

    Raises NoScoresError, and TooLargeError where the score files are more than a call can read.
    """
    paths = _copies(head, bucket)
    numbers = matching_records(paths, wanted, after=after, limit=limit + 1)
    page = page_of(paths, wanted, numbers[:limit])
    more = len(page) < len(numbers)
    return {"records": page, "next_token": str(page[-1]["record"]) if more and page else None}


def _copies(head: Mapping[str, Any], bucket: Bucket) -> list[Path]:
    """Local copies of an evaluation's scores; those of the evaluation that was asked for last are kept for the next."""
    if "ended_at" not in head or not head.get("coverage"):
        raise NoScoresError(f"The evaluation has no scores: it is {head['status']}.")
    keys = EvaluationKeys(head["evaluation_id"])
    place = Path(tempfile.gettempdir()) / "gavel-records"
    folder = place / head["evaluation_id"]
    if not (folder / "complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        folder.mkdir(parents=True)
        copied = 0
        for key in bucket.keys(keys.scores_folder):
            if key.endswith(_PARQUET):
                copied += bucket.size(key) or 0
                if copied > MOST_BYTES:
                    raise TooLargeError(
                        f"The scores of this evaluation are more than {MOST_BYTES // 2**20} MiB; "
                        "read them with Athena (docs/athena.md), or in the report."
                    )
                bucket.get_file(key, folder / key.rpartition("/")[2])
        (folder / "complete").touch()
    paths = sorted(folder.glob(f"*{_PARQUET}"))
    if not paths:
        raise NoScoresError(f"The evaluation has no scores: it is {head['status']}.")
    return paths
