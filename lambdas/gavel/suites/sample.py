"""What a suite says about sampling: how many records of a dataset are evaluated, and how they are chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class SampleMethod(StrEnum):
    """How records are chosen."""

    RANDOM = "random"
    STRATIFIED = "stratified"


class Allocation(StrEnum):
    """How a stratified sample is shared out: by the categories' sizes in the dataset, or evenly."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"


@dataclass(frozen=True)
class Sample:
    """A sample of `size` records (all of them where the dataset has no more), reproducible by its seed.

    `allocation` and `minimum_per_category` matter for the method `stratified` only. A category with fewer records than
    its share or the minimum is taken whole; records without a category are a category of their own.
    """

    size: int
    method: SampleMethod = SampleMethod.RANDOM
    allocation: Allocation = Allocation.PROPORTIONAL
    minimum_per_category: int = 0
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The sample that `to_json` wrote."""
        return cls(
            size=data["size"],
            method=SampleMethod(data["method"]),
            allocation=Allocation(data["allocation"]),
            minimum_per_category=data["minimum_per_category"],
            seed=data["seed"],
        )
