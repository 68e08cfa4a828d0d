"""What the readers of all formats share: the rules, the place for problems, and what has been counted so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from gavel.datasets.record import RecordRules
from gavel.problems import Problem

if TYPE_CHECKING:
    from gavel.dataset_fields import Add
    from gavel.datasets.rules import DatasetRules
    from gavel.problems import Problems


@dataclass
class Reading:
    """One reading of one file. Readers raise `records` by one for each record met, valid or not.

    `by_line` says whether places are lines or numbers of records. `lines` is the number of lines met, None in a format
    without lines.
    """

    file: str
    rules: DatasetRules
    problems: Problems
    by_line: bool
    records: int = 0
    lines: int | None = None
    record_rules: RecordRules = field(init=False)

    def __post_init__(self) -> None:
        """Begin with rules that remember no record."""
        self.record_rules = RecordRules(self.rules, by_line=self.by_line)

    def add(self, place: int | None, field_: str | None, reason: str, remedy: str) -> None:
        """Report a problem at a line or record, or of the whole file."""
        line, record = (place, None) if self.by_line else (None, place)
        self.problems.add(Problem(self.file, line, field_, reason, remedy, record))

    def at(self, place: int | None) -> Add:
        """A function that reports problems of fields at one place."""
        return partial(self.add, place)
