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

BUDGET: Final = 9_000_000  # bytes of all records together: a page below 10 MB, which opens at once and can be sent
SCORE_BYTES: Final = 30  # what a score takes beside its texts
ENOUGH_RECORDS: Final = 500
# What a page says of a score, of an answer once for all its judges, and of a record once for all its answers too.
_OF_SCORE: Final = "CASE WHEN missing THEN reason ELSE explanation END"
_OF_ANSWER: Final = "response"
_OF_RECORD: Final = ("prompt", "reference")
# In how many files an answer and a record stand. Counted first: beside sums it would keep every row in memory.
_COPIES: Final = """SELECT greatest(count(DISTINCT judge), 1) AS of_answer, greatest(count(*), 1) AS of_record
    FROM (SELECT DISTINCT generator, judge FROM scores)"""
_CAPS: Final = (LONGEST_TEXT, 10_000, 5_000, 2_000, 1_000, 500)


def room(paths: Sequence[Path], *, records: int) -> tuple[int, int]:
    """How many of an evaluation's `records` a report has room for, and after how many characters texts are cut.

    Whole texts of fewer records are worth more than beginnings of many, but 500 records should find a place; those that
    are shown are taken to be as long as the others of the files.
    """
    if not paths or not records:
        return MOST_RECORDS, LONGEST_TEXT
    sums = ", ".join(map(_volume, _CAPS))
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        query = f"SELECT {sums} FROM scores, ({_COPIES})"  # noqa: S608 - our own numbers
        volumes = connection.execute(query).fetchone() or ()
    fitting = [int(BUDGET * records / max(1, volume or 0)) for volume in volumes]
    enough = min(records, ENOUGH_RECORDS)
    most, cap = next(
        ((most, cap) for most, cap in zip(fitting, _CAPS, strict=True) if most >= enough), (fitting[-1], _CAPS[-1])
    )
    return max(1, min(MOST_RECORDS, most)), cap


def _volume(cap: int) -> str:
    """The bytes of all records with texts cut after `cap` characters, in SQL; each job's file repeats a record's."""
    record = " + ".join(_bytes_of(text, cap) for text in _OF_RECORD)
    return (
        f"sum({SCORE_BYTES} + {_bytes_of(_OF_SCORE, cap)} + {_bytes_of(_OF_ANSWER, cap)} / of_answer"
        f" + ({record}) / of_record)"
    )


def _bytes_of(text: str, cap: int) -> str:
    """The bytes of a text cut after `cap` characters, each of them taken to need as many as the whole text's do."""
    return f"coalesce(strlen({text}) * least(1.0, {cap} / greatest(length({text}), 1)), 0)"
