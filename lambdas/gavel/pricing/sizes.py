"""How much text a dataset holds: all that its cost depends on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gavel.pricing.tokens import TextSize

if TYPE_CHECKING:
    from gavel.datasets.reader import PlainRecords, Record


@dataclass
class DatasetSizes:
    """Sizes over the records that are evaluated; `answers` by the source whose answers the dataset brings.

    Everything is a sum, so memory does not grow with the dataset: what a judge reads is linear in these texts.
    """

    records: int = 0
    with_reference: int = 0
    prompts: TextSize = field(default_factory=TextSize)
    references: TextSize = field(default_factory=TextSize)
    answers: dict[str, TextSize] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Take in one record."""
        self.records += 1
        self.prompts.add(record.prompt)
        if record.reference is not None:
            self.with_reference += 1
            self.references.add(record.reference)
        for answer in record.responses:
            self.answers.setdefault(answer.model, TextSize()).add(answer.text)

    def add_all(self, records: PlainRecords) -> None:
        """Take in the next records, as `add` would take each: joined texts are as long as their parts."""
        lines = records.lines
        self.records += len(lines)
        self.with_reference += len(lines.references)
        self.prompts.add(lines.prompt_text)
        self.references.add("".join(lines.references))
        for answers in lines.responses:
            for answer in answers:
                self.answers.setdefault(answer.model, TextSize()).add(answer.text)

    def share(self, records: int) -> DatasetSizes:
        """The sizes of a sample of so many records, taken for as long as the others on average."""
        if records == self.records or not self.records:
            return self
        part = records / self.records
        return DatasetSizes(
            records=records,
            with_reference=round(self.with_reference * part),
            prompts=self.prompts.times(part),
            references=self.references.times(part),
            answers={source: size.times(part) for source, size in self.answers.items()},
        )
