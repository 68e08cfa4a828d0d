"""What a row promises: ratios between contenders of the same run, and bounds of memory; never a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from benchmarks.table.row import FLOOR, GAVEL, SCRIPT

if TYPE_CHECKING:
    from benchmarks.table.figures import Grid


class Promise(Protocol):
    """One promise about a row."""

    @property
    def from_size(self) -> int:
        """The size below which it says nothing: there a ratio is one of fixed costs."""

    def told(self, grid: Grid) -> tuple[bool, str] | None:
        """Whether it is kept, and a sentence with the figure and the bound; None where the sizes say nothing of it."""


@dataclass(frozen=True)
class Faster:
    """Gavel takes at most 1/`times` of another contender's CPU time."""

    times: float
    than: str = SCRIPT
    from_size: int = 0

    def told(self, grid: Grid) -> tuple[bool, str]:
        """Whether it is kept, and the figure."""
        times = grid.faster(GAVEL, self.than)
        promised = f"promised: {self.times:.3g} or more"
        return (
            times >= self.times,
            f"{times:{'.3f' if self.times < 1 else '.2f'}} times the speed of the {self.than}; {promised}",
        )


@dataclass(frozen=True)
class NearFloor(Faster):
    """Gavel reaches at least this share of the floor's speed."""

    than: str = FLOOR


@dataclass(frozen=True)
class LessMemory:
    """Gavel's memory grows by at most 1/`times` of what another contender's does."""

    times: float
    than: str = SCRIPT
    from_size: int = 0

    def told(self, grid: Grid) -> tuple[bool, str]:
        """Whether it is kept, and the figure."""
        times = grid(self.than).growth / max(grid(GAVEL).growth, 0.001)
        return times >= self.times, f"1/{times:.1f} of the {self.than}'s memory; promised: 1/{self.times:g} or less"


@dataclass(frozen=True)
class MemoryWithin:
    """Gavel's memory grows by at most so many MB (10⁶ bytes) over its bare imports, at any size."""

    megabytes: float
    from_size: int = 0

    def told(self, grid: Grid) -> tuple[bool, str]:
        """Whether it is kept, and the figure."""
        most = max(grid(GAVEL, size).growth for size in grid.sizes)
        return most <= self.megabytes, f"{most:.1f} MB of memory at most; promised: {self.megabytes:g} or less"


@dataclass(frozen=True)
class FlatMemory:
    """Gavel's memory grows by at most `share` of itself, or `megabytes`, from the last size but one to the last."""

    share: float = 0.1
    megabytes: float = 2.0
    from_size: int = 0

    def told(self, grid: Grid) -> tuple[bool, str] | None:
        """Whether it is kept, and the figures; None of one size alone."""
        if len(grid.sizes) < 2:
            return None
        before, after = (grid(GAVEL, size).growth for size in grid.sizes[-2:])
        sentence = f"{before:.1f} MB for {grid.sizes[-2]:,}, {after:.1f} MB for {grid.sizes[-1]:,}; promised: flat"
        return after - before <= max(self.megabytes, self.share * before), sentence


@dataclass(frozen=True)
class FactWithin:
    """A fact that Gavel tells is at most so much."""

    fact: str
    most: float
    from_size: int = 0

    def told(self, grid: Grid) -> tuple[bool, str]:
        """Whether it is kept, and the figure."""
        value = grid(GAVEL).facts[self.fact]
        return value <= self.most, f"{value:.2f} {self.fact}; promised: {self.most:g} or less"
