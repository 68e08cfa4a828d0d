"""Pages of records out of score files: which records fit a filter, and what stands on a page."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.results.flags import flags_of
from gavel.results.parquet import connect, no_pattern, read_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gavel.results.scores import ScoreRow

# An answer of a Lambda takes 6 MB, and JSON may write a character in six bytes.
PAGE_CHARACTERS: Final = 700_000
LONGEST_TEXT: Final = 100_000


@dataclass(frozen=True)
class Wanted:
    """What a record's scores must be like; None for anything."""

    category: str | None = None
    generator: str | None = None
    judge: str | None = None
    metric: str | None = None
    below: float | None = None
    missing: bool = False

    def shows(self, row: ScoreRow) -> bool:
        """Whether a score of a record on the page is shown."""
        return (
            self.generator in {None, row.generator}
            and self.judge in {None, row.judge}
            and self.metric in {None, row.metric}
        )


def matching_records(paths: Sequence[Path], wanted: Wanted, *, after: int, limit: int) -> list[int]:
    """Numbers of the first `limit` records behind `after` of which one score fits, in ascending order."""
    conditions, values = ["record > ?"], [after]
    parameters: list[Any] = list(values)
    for name in ("category", "generator", "judge", "metric"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(f"{name} = ?")
            parameters.append(value)
    if wanted.below is not None:
        conditions.append("value < ?")
        parameters.append(wanted.below)
    if wanted.missing:
        conditions.append("missing")
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        # Names of columns are ours; every value of a caller is a parameter.
        query = (
            f"SELECT DISTINCT record FROM scores WHERE {' AND '.join(conditions)} ORDER BY record LIMIT {int(limit)}"  # noqa: S608 - see above
        )
        return [int(number) for (number,) in connection.execute(query, parameters).fetchall()]


def page_of(paths: Sequence[Path], wanted: Wanted, records: Sequence[int]) -> list[dict[str, Any]]:
    """Those records with the scores that the filter shows, as JSON, until the page is full; one record at least."""
    page: list[dict[str, Any]] = []
    room = PAGE_CHARACTERS
    for number, rows in _by_record(read_scores(paths, records=records) if records else iter(())):
        shown, size = _record(number, [row for row in rows if wanted.shows(row)], rows[0])
        if page and size > room:
            break
        page.append(shown)
        room -= size
    return page


def _by_record(rows: Iterator[ScoreRow]) -> Iterator[tuple[int, list[ScoreRow]]]:
    held: list[ScoreRow] = []
    for row in rows:
        if held and held[0].record != row.record:
            yield held[0].record, held
            held = []
        held.append(row)
    if held:
        yield held[0].record, held


class _Cutter:
    """Cuts texts that are too long, and counts what is left of them all."""

    def __init__(self) -> None:
        self.cut = False
        self.size = 0

    def __call__(self, text: str | None) -> str | None:
        if text is None:
            return None
        # What one record may hold in all is bounded too, whatever the number of its answers and scores.
        longest = max(0, min(LONGEST_TEXT, PAGE_CHARACTERS - self.size))
        if len(text) > longest:
            self.cut = True
            text = text[:longest]
        self.size += len(text) + 100
        return text


def _record(number: int, rows: Sequence[ScoreRow], first: ScoreRow) -> tuple[dict[str, Any], int]:
    cutter = _Cutter()
    answers: dict[str, dict[str, Any]] = {}
    shown: dict[str, Any] = {
        "record": number,
        "category": cutter(first.category),
        "prompt": cutter(first.prompt),
        "reference": cutter(first.reference),
    }
    for row in rows:
        given = answers.get(row.generator)
        if given is None:
            answers[row.generator] = given = {
                "generator": row.generator,
                "response": cutter(row.response),
                "stop_reason": row.stop_reason,
                "flags": [flag.value for flag in flags_of(row.response)],
                "scores": [],
            }
        given["scores"].append(
            {
                "judge": row.judge,
                "metric": row.metric,
                "value": row.value,
                "label": row.label,
                "missing": row.missing,
                "reason": row.reason,
                "explanation": cutter(row.explanation) or "",
            }
        )
    return {**shown, "answers": list(answers.values()), "cut": cutter.cut}, cutter.size
