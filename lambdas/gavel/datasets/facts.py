"""What a reading of a dataset found out, in numbers and names only."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from gavel.dataset_fields import utf8_size
from gavel.datasets.repeated_prompts import RepeatedPrompts

if TYPE_CHECKING:
    from gavel.datasets.plain_line import PlainLines
    from gavel.datasets.record import Record

LISTED_CATEGORIES: Final = 1000
LISTED_SOURCES: Final = 100
COMPARED_PROMPTS: Final = 250_000


@dataclass(frozen=True)
class DatasetFacts:
    """Counts over one dataset.

    `records` counts every record, `valid` those without a problem; the other counts are over the valid ones. `lines` is
    None in a format without lines. `size_bytes` is that of the file as it is stored, compressed or not, up to where its
    reading was broken off when it is too large. `categories` holds the first 1,000 names met; records
    of any further category are in `other_categories`. `duplicate_prompts` counts records whose prompt stood in an
    earlier one, among the first 250,000 distinct prompts (`prompts_compared`); prompts are compared by
    a hash of 64 bits.
    """

    size_bytes: int
    lines: int | None
    records: int
    valid: int
    prompt_bytes: int
    with_reference: int
    with_responses: int
    without_category: int
    other_categories: int
    categories: dict[str, int]
    sources: tuple[str, ...]
    duplicate_prompts: int
    prompts_compared: int

    def to_json(self) -> dict[str, Any]:
        """The facts as a JSON object."""
        return {**asdict(self), "sources": list(self.sources)}


class FactsCounter:
    """Counts valid records as they go by, in bounded memory."""

    def __init__(self) -> None:
        self._valid = 0
        self._prompt_bytes = 0
        self._with_reference = 0
        self._with_responses = 0
        self._without_category = 0
        self._other_categories = 0
        self._categories: Counter[str] = Counter()
        self._sources: dict[str, None] = {}
        self._prompts = RepeatedPrompts(COMPARED_PROMPTS)

    def add(self, record: Record) -> None:
        """Count one valid record."""
        self._valid += 1
        self._prompt_bytes += utf8_size(record.prompt)
        self._with_reference += record.reference is not None
        self._with_responses += bool(record.responses)
        for response in record.responses:
            if len(self._sources) < LISTED_SOURCES:
                self._sources[response.model] = None
        self._add_category(record.category)
        self._prompts.add((record.prompt,))

    def add_plain(self, lines: PlainLines) -> None:
        """Count valid records of plain lines, as `add` would count each."""
        self._valid += len(lines)
        self._prompt_bytes += utf8_size(lines.prompt_text)
        self._with_reference += len(lines.references)
        for responses in lines.responses:
            self._with_responses += bool(responses)
            for response in responses:
                if len(self._sources) < LISTED_SOURCES:
                    self._sources[response.model] = None
        self._without_category += len(lines) - len(lines.categories)
        distinct = lines.distinct_categories
        if distinct <= self._categories.keys() or len(self._categories) + len(distinct) <= LISTED_CATEGORIES:
            self._categories.update(lines.categories)
        else:
            for category in lines.categories:
                self._add_category(category)
        self._prompts.add(lines.prompts)

    def _add_category(self, category: str | None) -> None:
        if category is None:
            self._without_category += 1
        elif category in self._categories or len(self._categories) < LISTED_CATEGORIES:
            self._categories[category] += 1
        else:
            self._other_categories += 1

    def facts(self, *, size_bytes: int, lines: int | None, records: int) -> DatasetFacts:
        """The facts, with what only the reader of the file knows."""
        duplicates, compared = self._prompts.counted()
        return DatasetFacts(
            size_bytes=size_bytes,
            lines=lines,
            records=records,
            valid=self._valid,
            prompt_bytes=self._prompt_bytes,
            with_reference=self._with_reference,
            with_responses=self._with_responses,
            without_category=self._without_category,
            other_categories=self._other_categories,
            categories=dict(sorted(self._categories.items())),
            sources=tuple(self._sources),
            duplicate_prompts=duplicates,
            prompts_compared=compared,
        )
