"""Checks a dataset that lies in the bucket, and estimates its evaluation; nothing starts and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.plan_dataset import PlannedDataset
from gavel.aws.start_evaluation import answer_versions, suite_content
from gavel.datasets import byte_source
from gavel.datasets.limits import MAX_SUITE_BYTES
from gavel.names import object_keys
from gavel.planning.plan import SHARD_RECORDS
from gavel.pricing.budget import over_budget
from gavel.pricing.estimate import estimate
from gavel.pricing.prices import prices_with
from gavel.problems import GavelError, InvalidInputError, Problems
from gavel.suites.suite import load_suite

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.storage import Bucket
    from gavel.datasets.reader import DatasetFacts
    from gavel.pricing.sizes import DatasetSizes
    from gavel.suites.suite import Suite

# What one call can read in its half minute: about 30 MB a second of JSON.
MOST_BYTES: Final = 128 * 1024**2
MOST_UNCOMPRESSED: Final = 384 * 1024**2
_ELSEWHERE: Final = (
    "use `gavel validate` or `gavel estimate` on your machine, or start its evaluation, which takes more and checks it "
    "all first."
)


class TooLargeError(GavelError):
    """More data than one call of the API can work on; the text says what can."""


@dataclass(frozen=True)
class DatasetCheck:
    """What was found; `estimate` is None where problems forbid one."""

    suite: str
    problems: Problems
    records: int
    estimate: dict[str, Any] | None


def check_dataset(
    key: str,
    version: str,
    suite_name: str,
    *,
    bucket: Bucket,
    settings: Settings,
    budget: bool,
) -> DatasetCheck | None:
    """Every problem of suite and dataset, and the estimate; None when there is no such suite.

    With `budget` the suite's budget is held against the estimate too. Raises TooLargeError.
    """
    content = suite_content(bucket, suite_name)
    if content is None:
        return None
    problems = Problems(limit=100)
    suite = _read_suite(content, suite_name, settings, problems)
    _refuse_large(key, version, suite_name, suite, bucket)
    head = {"dataset_key": key, "dataset_version": version, "answers": answer_versions(bucket, suite_name)}
    limit = settings.dataset_limit
    dataset = PlannedDataset(
        bucket, head, problems, max_bytes=min(limit, MOST_UNCOMPRESSED), limit_is_mine=limit > MOST_UNCOMPRESSED
    )
    measured = _measured(dataset, suite)
    if measured is None or problems:
        records = measured[1].records if measured else 0
        return DatasetCheck(suite_name, problems, records, None)
    suite, facts, sizes = measured
    if suite.sample is not None:
        sizes = sizes.share(min(suite.sample.size, sizes.records))
    full, rest = divmod(sizes.records, SHARD_RECORDS)
    try:
        prices = prices_with(bucket.read(object_keys.PRICES_KEY, most=MAX_SUITE_BYTES), file=object_keys.PRICES_KEY)
    except InvalidInputError as error:
        problems.extend(error.problems)
        return DatasetCheck(suite_name, problems, facts.records, None)
    shard_sizes = [SHARD_RECORDS] * full + [rest] * bool(rest)
    result = estimate(suite, sizes, prices, shard_sizes=shard_sizes, limits=settings.slot_limits)
    if budget:
        # What other evaluations have spent this month is known when this one starts; the limits themselves are held.
        limits = replace(suite.budget, ceiling=settings.ceiling)
        problems.extend(over_budget(result, limits, file=object_keys.suite_key(suite_name)))
    return DatasetCheck(suite_name, problems, facts.records, result.to_json())


def _refuse_large(key: str, version: str, suite_name: str, suite: Suite | None, bucket: Bucket) -> None:
    """Raise TooLargeError where the objects alone say that they are more than a call can read."""
    size = bucket.size(key, None if version == "null" else version) or 0
    if size > MOST_BYTES:
        raise TooLargeError(
            f"The dataset is {size // 2**20} MiB, and a call reads {MOST_BYTES // 2**20} at most; {_ELSEWHERE}"
        )
    files = suite.answer_files.values() if suite else ()
    size += sum(bucket.size(object_keys.answers_key(suite_name, file)) or 0 for file in files)
    if size > MOST_UNCOMPRESSED:
        raise TooLargeError(
            f"The dataset and the files of its answers are {size // 2**20} MiB, and a call reads "
            f"{MOST_UNCOMPRESSED // 2**20} at most; {_ELSEWHERE}"
        )


def _measured(dataset: PlannedDataset, suite: Suite | None) -> tuple[Suite, DatasetFacts, DatasetSizes] | None:
    """What the dataset holds; without a usable suite only its problems are told. Raises TooLargeError."""
    try:
        if suite is not None:
            return dataset.measured(suite)
        dataset.validate_alone()
    except byte_source.TooLargeError as error:
        raise TooLargeError(
            f"The dataset or a file of its answers is more than {MOST_UNCOMPRESSED // 2**20} MiB uncompressed, and a "
            f"call checks no more; {_ELSEWHERE}"
        ) from error
    return None


def _read_suite(content: bytes, name: str, settings: Settings, problems: Problems) -> Suite | None:
    try:
        return load_suite(content, name=name, file=object_keys.suite_key(name), reach=settings.reach)
    except InvalidInputError as error:
        problems.extend(error.problems)
        return None
