"""How much of each text a report can hold."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

from gavel.report.text import LONGEST_TEXT
from gavel.results.parquet import connect, no_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUDGET: Final = 40_000_000  # characters of all texts together
_CAPS: Final = (LONGEST_TEXT, 10_000, 5_000, 2_000, 1_000, 500)


def longest_texts(paths: Sequence[Path], *, records: int, of: int) -> int:
    """The number of characters after which texts are cut, so that those of `records` of `of` records keep the budget.

    Told from all records of the files: those that are shown are taken to be as long as the others.
    """
    if not paths or not of:
        return LONGEST_TEXT
    sums = ", ".join(
        f"sum(least(length(explanation), {cap}) + least(length(coalesce(response, '')), {cap})"
        f" + least(length(coalesce(prompt, '')), {cap}) + least(length(coalesce(reference, '')), {cap}))"
        for cap in _CAPS
    )
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        volumes = connection.execute(f"SELECT {sums} FROM scores").fetchone() or ()  # noqa: S608 - our own numbers
    fitting = (cap for cap, volume in zip(_CAPS, volumes, strict=True) if (volume or 0) * records / of <= BUDGET)
    return next(fitting, _CAPS[-1])
