"""The records of one evaluation between reading and planning: chosen as they go by, cut into shards at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from gavel.names.object_keys import suite_key
from gavel.planning.allocation import AllocationError
from gavel.planning.limits import most_records, too_many_jobs
from gavel.planning.manifest import LISTED_CATEGORIES, CategoryShare, Sampling
from gavel.planning.plan import SHARD_RECORDS
from gavel.planning.sampling import MAX_CANDIDATES, Sampler, WholeDataset
from gavel.planning.sharding import TOLD_APART, CategoryCodes, Selection, Shard, cut, shard_of_each
from gavel.planning.spool import Spool
from gavel.problems import Problem
from gavel.suites.sample import SampleMethod

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    import numpy.typing as npt

    from gavel.datasets.reader import PlainRecords, Record
    from gavel.planning.sampling import Chooser
    from gavel.problems import Problems
    from gavel.suites.suite import Suite


@dataclass(frozen=True)
class Draft:
    """What is evaluated, and in which shards; `shards` reads them from the pool, which has to be open."""

    sampling: Sampling
    shard_sizes: tuple[int, ...]
    selection: Selection
    shard_of: npt.NDArray[np.uint32]
    spool: Spool

    def shards(self) -> Iterator[Shard]:
        """The shards one by one."""
        return cut(self.selection, self.shard_of, self.spool)


class RecordPool:
    """Takes records in the order of the dataset and holds what may be evaluated on disk: memory holds an index alone.

    Use it as a context, so that the disk is given back.
    """

    def __init__(self, suite: Suite, *, folder: Path | None = None) -> None:
        """Open the pool of an evaluation of that suite, whose generators must be the ones really used."""
        self._suite = suite
        self._generators, self._judges = len(suite.generators), len(suite.judges)
        self._most = most_records(generators=self._generators, judges=self._judges)
        self._categories = CategoryCodes()
        self._records = 0
        self._chooser: Chooser = WholeDataset(self._most) if suite.sample is None else Sampler(suite.sample)
        self._spool = Spool(suite.generators, folder=folder)

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the disk back."""
        self._spool.close()

    @property
    def spooled_bytes(self) -> int:
        """What the pool takes on disk."""
        return self._spool.size

    def add(self, record: Record) -> None:
        """Take the next record; `record.number` counts from 1 without a gap."""
        self._records += 1
        category = self._categories.add(record.category)
        if self._chooser.wants(record.number, category):
            offset = self._spool.size
            self._chooser.keep(record.number, category, offset, self._spool.add(record))

    def add_all(self, records: PlainRecords) -> None:
        """Take the next records, as `add` would take each, as the bytes that they are where the spool takes those."""
        lines = records.lines
        if not self._spool.takes(lines):
            for record in records:
                self.add(record)
            return
        self._records += len(lines)
        codes = self._categories.add_all(lines.every_category)
        numbers = range(records.number, records.number + len(lines))
        frames = lines.tidy()
        lengths = list(map(len, frames))
        if self._chooser.keep_all(numbers, codes, self._spool.size, lengths):
            self._spool.write(b"".join(frames))
            return
        for number, code, frame in zip(numbers, codes, frames, strict=True):
            if self._chooser.wants(number, code):
                self._chooser.keep(number, code, self._spool.size, len(frame))
                self._spool.write(frame)

    def draft(self, problems: Problems) -> Draft | None:
        """Choose and cut; None after telling `problems` why there can be no such plan."""
        problem = self._refusal()
        if problem is None:
            try:
                selection = self._chooser.selection(self._categories)
            except AllocationError as error:
                problem = self._problem("sample.minimum_per_category", error.reason, error.remedy)
            else:
                shard_of = shard_of_each(selection)
                sizes = np.bincount(shard_of).tolist()
                problem = self._too_many(len(sizes))
        if problem is not None:
            problems.add(problem)
            return None
        return Draft(self._sampling(selection), tuple(sizes), selection, shard_of, self._spool)

    def _refusal(self) -> Problem | None:
        sample = self._suite.sample
        wanted = self._records if sample is None else min(sample.size, self._records)
        stratified = sample is not None and sample.method is SampleMethod.STRATIFIED
        if wanted > self._most:
            return self._too_many(-(-wanted // SHARD_RECORDS))
        if stratified and self._categories.pooled:
            reason = f"is stratified, while the dataset has more than {TOLD_APART:,} categories"
            return self._problem("sample.method", reason, "use `random`, or group the categories")
        if self._chooser.overfull:
            reason = f"needs more than {MAX_CANDIDATES:,} candidates over {len(self._categories.records):,} categories"
            return self._problem("sample.size", reason, "lower it, or use `method: random`")
        return None

    def _too_many(self, shards: int) -> Problem | None:
        return too_many_jobs(self._suite.name, shards=shards, generators=self._generators, judges=self._judges)

    def _problem(self, field: str, reason: str, remedy: str) -> Problem:
        return Problem(suite_key(self._suite.name), None, field, reason, remedy)

    def _sampling(self, selection: Selection) -> Sampling:
        taken = np.bincount(selection.categories, minlength=len(self._categories.records)).tolist()
        shares = zip(self._categories.names, self._categories.records, taken, strict=False)
        listed = sorted(
            (CategoryShare(*share) for share in shares),
            key=lambda share: (share.category is None, share.category or ""),
        )
        return Sampling(
            sample=self._suite.sample,
            records=self._records,
            taken=len(selection),
            categories=tuple(listed[:LISTED_CATEGORIES]),
        )
