"""The records that a report shows one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gavel.results.scores import ScoreRow


@dataclass(frozen=True)
class Answer:
    """What one generator answered; `response` is None when there is no answer."""

    generator: str
    response: str | None
    stop_reason: str | None


@dataclass(frozen=True)
class Line:
    """One metric by one judge: the scores in the order of the answers (None where none was asked for)."""

    metric: str
    judge: str
    scores: Sequence[ScoreRow | None]

    @property
    def differs(self) -> bool:
        """Whether two answers got different scores."""
        return len({(one.value, one.label) for one in self.scores if one and not one.missing}) > 1


@dataclass(frozen=True)
class RecordView:
    """One record with its answers side by side and every score of theirs."""

    number: int
    category: str | None
    prompt: str
    reference: str | None
    answers: Sequence[Answer]
    lines: Sequence[Line]
    differing: int = field(default=0)
    missing: int = field(default=0)


def record_views(
    scores: Iterable[ScoreRow], *, generators: Sequence[str], metrics: Sequence[str]
) -> Iterator[RecordView]:
    """Views of all records, in the order of `scores`, which is sorted by record."""
    places = {metric: place for place, metric in enumerate(metrics)}
    for number, group in groupby(scores, key=lambda row: row.record):
        yield _view(number, list(group), generators, places)


def _view(number: int, rows: list[ScoreRow], generators: Sequence[str], places: dict[str, int]) -> RecordView:
    cells = {(row.metric, row.judge, row.generator): row for row in rows}
    names = [name for name in generators if any(row.generator == name for row in rows)]
    keys = sorted({(row.metric, row.judge) for row in rows}, key=lambda key: (places.get(key[0], len(places)), key))
    lines = [Line(metric, judge, [cells.get((metric, judge, name)) for name in names]) for metric, judge in keys]
    answers = []
    for name in names:
        own = [row for row in rows if row.generator == name]
        # Jobs of a panel score answers that are brought, whose rows do not say why the model stopped; the lead's do.
        answers.append(
            Answer(
                name,
                response=next((row.response for row in own if row.response is not None), None),
                stop_reason=next((row.stop_reason for row in own if row.stop_reason is not None), None),
            )
        )
    return RecordView(
        number=number,
        category=rows[0].category,
        prompt=next((row.prompt for row in rows if row.prompt is not None), ""),
        reference=next((row.reference for row in rows if row.reference is not None), None),
        answers=answers,
        lines=lines,
        differing=sum(line.differs for line in lines),
        missing=sum(row.missing for row in rows),
    )
