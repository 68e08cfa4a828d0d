"""Local copies of an evaluation's score files, fetched several at once: all of them, or one after the other."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from gavel.names.object_keys import EvaluationKeys
from gavel.problems import TryLaterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from gavel.aws.storage import Bucket
    from gavel.planning.plan import Job

# A small file waits for S3 nearly all of its time; the SDK keeps ten connections.
WORKERS: Final = 8
_AHEAD: Final = 2 * WORKERS  # files that are on their way or wait to be read
_PARQUET: Final = ".parquet"


class StillCopyingError(TryLaterError):
    """There was no time for all files; those that were copied stay where they are."""


def listed_scores(evaluation: str, *, bucket: Bucket) -> dict[str, int]:
    """The keys of an evaluation's score files, with their bytes."""
    folder = EvaluationKeys(evaluation).scores_folder
    return {key: size for key, size in bucket.listed(folder) if key.endswith(_PARQUET)}


def copy_scores(
    listed: Mapping[str, int], folder: Path, *, bucket: Bucket, in_time: Callable[[], bool] = lambda: True
) -> list[Path]:
    """Copies of those files in `folder`, in the order of keys; a file that is there already is not fetched again.

    Raises StillCopyingError when `in_time` says that there is no time for another file.
    """
    paths = {key: folder / key.rpartition("/")[2] for key in listed}
    wanted = {key: path for key, path in paths.items() if not _is_there(path, listed[key])}
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="scores") as pool:
        fetches = [pool.submit(partial(_fetch, key, path, bucket, in_time)) for key, path in wanted.items()]
        try:
            for done in fetches:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return list(paths.values())


def copies_of(jobs: Iterable[Job], keys: EvaluationKeys, folder: Path, *, bucket: Bucket) -> Iterator[tuple[Job, Path]]:
    """Each of these jobs, which were collected, with a copy of its scores in `folder`, in their order.

    Whoever takes one may delete it: a few are fetched ahead, and no more. Raises TryLaterError where one is gone.
    """
    rest = iter(jobs)
    ahead: deque[tuple[Job, Path, Future[None]]] = deque()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="scores") as pool:

        def fetch(job: Job) -> None:
            path = folder / f"{job.job_id}{_PARQUET}"
            ahead.append((job, path, pool.submit(bucket.fetch, keys.scores(job.job_id), path)))

        for job in islice(rest, _AHEAD):
            fetch(job)
        try:
            while ahead:
                job, path, done = ahead.popleft()
                done.result()
                yield job, path
                for following in islice(rest, 1):
                    fetch(following)
        finally:
            pool.shutdown(cancel_futures=True)


def are_there(jobs: Iterable[Job], keys: EvaluationKeys, *, bucket: Bucket) -> bool:
    """Whether the scores of all these jobs are still there."""
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="scores") as pool:
        return None not in pool.map(bucket.version, [keys.scores(job.job_id) for job in jobs])


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _fetch(key: str, path: Path, bucket: Bucket, in_time: Callable[[], bool]) -> None:
    if not in_time():
        raise StillCopyingError("The scores of this evaluation are still being copied; ask again in a moment.")
    bucket.fetch(key, path)
