"""What a row of the table is, and what one measurement of it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.table.promises import Promise

GAVEL: Final = "Gavel"
SCRIPT: Final = "usual script"
FLOOR: Final = "floor"


@dataclass(frozen=True)
class Row:
    """One piece of work, done by several contenders over the same data.

    `prepare` and the values of `contenders` are `module:function`, run in fresh processes. `prepare(folder, size,
    seed)` writes the data and answers how many bytes (0 where megabytes mean nothing); a contender gets
    `(folder, size)` and answers its facts. Facts named in `same` have to be equal for every contender that tells them.
    Rows with the same `prepare` share the data. Promises are held at the largest size that was run. A row whose `unit`
    is None has no size: its only one is 1, and none is shown.
    """

    name: str
    about: str
    prepare: str
    contenders: Mapping[str, str]
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    promises: tuple[Promise, ...] = ()
    same: tuple[str, ...] = ()
    unit: str | None = "records"
    seed: int = 1
    rounds: int = 3


@dataclass(frozen=True)
class Run:
    """One fresh process: CPU and clock seconds of the work, and memory in bytes.

    `start_cpu` is the CPU from the process's start to the work's beginning: the interpreter and the imports. `peak` is
    the most memory that was resident, `growth` how much more that is than after the imports.
    """

    cpu: float
    clock: float
    start_cpu: float
    peak: int
    growth: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """All runs of one contender at one size, over `size_bytes` of data."""

    row: str
    contender: str
    size: int
    size_bytes: int
    runs: tuple[Run, ...]
