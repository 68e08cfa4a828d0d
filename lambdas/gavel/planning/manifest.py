"""The manifest of an evaluation: what was evaluated, exactly enough to run it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gavel.planning.plan import SHARD_RECORDS
from gavel.suites.sample import Sample, SampleMethod
from gavel.suites.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Mapping


LISTED_CATEGORIES: Final = 1000
# How the manifest names the ways of `gavel.planning.sampling` and `gavel.planning.sharding`.
PRIORITY: Final = "lowest 64-bit BLAKE2b of the record's number (8 bytes, big-endian), keyed with the seed (the same)"
CUT: Final = "each category in the dataset's order, split into one run for each shard; sizes differ by at most one"


@dataclass(frozen=True)
class DatasetIdentity:
    """Which bytes were evaluated, and what was found in them."""

    key: str
    version: str
    sha256: str
    records: int
    with_reference: int
    duplicate_prompts: int
    categories: Mapping[str, int]


@dataclass(frozen=True)
class AnswersIdentity:
    """Which file brought a source's answers, and how many it held."""

    source: str
    key: str
    version: str
    sha256: str
    records: int


@dataclass(frozen=True)
class CategoryShare:
    """A category (None: records without one), how many records it has in the dataset, and how many are evaluated."""

    category: str | None
    records: int
    taken: int


@dataclass(frozen=True)
class Sampling:
    """Which part of the dataset is evaluated: all of it where `sample` is None.

    `categories` are the first LISTED_CATEGORIES by name; records without a category come last.
    """

    sample: Sample | None
    records: int
    taken: int
    categories: tuple[CategoryShare, ...]

    @property
    def stratified(self) -> bool:
        """Whether the records were drawn category by category."""
        return self.sample is not None and self.sample.method is SampleMethod.STRATIFIED

    def to_json(self) -> dict[str, Any]:
        """The sampling as a JSON object that says how to repeat it."""
        return {
            "method": "all" if self.sample is None else self.sample.method.value,
            "sample": None if self.sample is None else self.sample.to_json(),
            "priority": None if self.sample is None else PRIORITY,
            "records": self.records,
            "taken": self.taken,
            "categories": [asdict(share) for share in self.categories],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sampling:
        """The reverse of `to_json`."""
        return cls(
            sample=None if data["sample"] is None else Sample.from_json(data["sample"]),
            records=data["records"],
            taken=data["taken"],
            categories=tuple(CategoryShare(**share) for share in data["categories"]),
        )


@dataclass(frozen=True)
class Manifest:
    """One evaluation as planned.

    `suite` holds the generators really used, after `responses: auto` was decided, and the budget that counts;
    `estimate` is `Estimate.to_json`, with the prices that the evaluation is counted with.
    """

    evaluation_id: str
    created_at: str
    gavel_version: str
    suite: Suite
    suite_sha256: str
    dataset: DatasetIdentity
    sampling: Sampling
    shard_sizes: tuple[int, ...]
    answers: tuple[AnswersIdentity, ...] = ()
    estimate: Mapping[str, Any] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Number of records that are evaluated."""
        return self.sampling.taken

    @property
    def sampled_from(self) -> int | None:
        """Number of records in the dataset when only a sample of them is evaluated."""
        return self.sampling.records if self.sampling.taken < self.sampling.records else None

    @property
    def jobs(self) -> int:
        """Number of jobs: generators × judges × shards."""
        return len(self.suite.generators) * len(self.suite.judges) * len(self.shard_sizes)

    def to_json(self) -> dict[str, Any]:
        """The manifest as a JSON document."""
        return {
            "manifest_version": 1,
            "evaluation_id": self.evaluation_id,
            "created_at": self.created_at,
            "gavel_version": self.gavel_version,
            "suite": self.suite.to_json(),
            "suite_sha256": self.suite_sha256,
            "dataset": asdict(self.dataset),
            "answers": [asdict(one) for one in self.answers],
            "sampling": self.sampling.to_json(),
            "sharding": {"cut": CUT, "most_records": SHARD_RECORDS, "shards": len(self.shard_sizes)},
            "shard_sizes": list(self.shard_sizes),
            "estimate": dict(self.estimate),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """The reverse of `to_json`."""
        return cls(
            evaluation_id=document["evaluation_id"],
            created_at=document["created_at"],
            gavel_version=document["gavel_version"],
            suite=Suite.from_json(document["suite"]),
            suite_sha256=document["suite_sha256"],
            dataset=DatasetIdentity(**document["dataset"]),
            answers=tuple(AnswersIdentity(**one) for one in document.get("answers", ())),
            sampling=Sampling.from_json(document["sampling"]),
            shard_sizes=tuple(document["shard_sizes"]),
            estimate=document["estimate"],
        )
