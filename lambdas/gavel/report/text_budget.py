"""How many records a report can show, and how much of each text."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

from gavel.report.selection import MOST_RECORDS
from gavel.report.text import LONGEST_TEXT
from gavel.results.parquet import connect, no_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUDGET: Final = 60_000_000  # characters of all texts together: a file that browsers still open at once
ENOUGH_RECORDS: Final = 2000
_CAPS: Final = (LONGEST_TEXT, 10_000, 5_000, 2_000, 1_000, 500)


def room(paths: Sequence[Path], *, records: int) -> tuple[int, int]:
    """How many of an evaluation's `records` a report has room for, and after how many characters texts are cut.

    Whole texts of fewer records are worth more than beginnings of many, but 2,000 records should find a place; those
    that are shown are taken to be as long as the others of the files.
    """
    if not paths or not records:
        return MOST_RECORDS, LONGEST_TEXT
    sums = ", ".join(
        f"sum(least(length(explanation), {cap}) + least(length(coalesce(response, '')), {cap})"
        f" + least(length(coalesce(prompt, '')), {cap}) + least(length(coalesce(reference, '')), {cap}))"
        for cap in _CAPS
    )
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        volumes = connection.execute(f"SELECT {sums} FROM scores").fetchone() or ()  # noqa: S608 - our own numbers
    fitting = [int(BUDGET * records / max(1, volume or 0)) for volume in volumes]
    enough = min(records, ENOUGH_RECORDS)
    most, cap = next(
        ((most, cap) for most, cap in zip(fitting, _CAPS, strict=True) if most >= enough), (fitting[-1], _CAPS[-1])
    )
    return max(1, min(MOST_RECORDS, most)), cap
