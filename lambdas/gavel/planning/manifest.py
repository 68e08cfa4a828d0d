"""The manifest of an evaluation: what was evaluated, exactly enough to run it again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gavel.suites.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Mapping


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
class Manifest:
    """One evaluation as planned. `suite` holds the generators really used, after `responses: auto` was decided."""

    evaluation_id: str
    created_at: str
    gavel_version: str
    suite: Suite
    suite_sha256: str
    dataset: DatasetIdentity
    shard_sizes: tuple[int, ...]

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
            "shard_sizes": list(self.shard_sizes),
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
            shard_sizes=tuple(document["shard_sizes"]),
        )
