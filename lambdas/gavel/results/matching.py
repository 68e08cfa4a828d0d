"""Joins result rows to the records they belong to: by what they say, never by where they stand.

Bedrock gives records no id and may drop or reorder rows. What identifies a record is therefore its own text: prompt,
reference and category, and where the dataset brings the answers, the answer too. Records with the same text are told
apart by occurrence: the k-th row of a text belongs to the k-th record of that text. As such records are
interchangeable, nothing is lost when some of their rows are missing: then the last of them count as missing.

That results echo a reference and a category is seen in real files and documented nowhere. So a row without them is
given, once all others have found their records, to a waiting record that agrees with it in everything it does say.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gavel.results.row_scores import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gavel.results.rows import ResultRow


@dataclass(frozen=True)
class ShardRecord:
    """A record that results are expected for; `response` only where the dataset brings the answers to judge."""

    number: int
    prompt: str
    reference: str | None = None
    category: str | None = None
    response: str | None = None


@dataclass(frozen=True)
class Matching:
    """Rows with the numbers of their records, the records without a row in ascending order, and rows of no record."""

    rows: tuple[tuple[int, ResultRow], ...]
    missing: tuple[int, ...]
    foreign: int


class Matcher:
    """Gives each result row the number of its record, one row at a time; holds a hash per record and no text.

    Either every record has a `response` or none has; raises ValueError otherwise.
    """

    def __init__(self, records: Iterable[ShardRecord]) -> None:
        """Take in the records that rows are expected for."""
        self._waiting: dict[bytes, deque[int]] = {}
        self._supplied: bool | None = None
        self.foreign = 0
        for record in records:
            supplied = record.response is not None
            if self._supplied not in (None, supplied):
                raise ValueError("either every record of a shard has a response or none has")
            self._supplied = supplied
            self._waiting.setdefault(_record_key(record), deque()).append(record.number)

    def match(self, row: ResultRow) -> int | None:
        """Number of the row's record; None, and counted in `foreign`, when no record is left for it."""
        numbers = self._waiting.get(self._row_key(row))
        if not numbers:
            self.foreign += 1
            return None
        return numbers.popleft()

    def match_less_said(
        self, rows: Iterable[ResultRow], records: Iterable[ShardRecord]
    ) -> Iterator[tuple[int, ResultRow]]:
        """Rows that `match` knew no record for, each with the number of a record still waiting that it may mean.

        For rows that do not echo a reference or a category. To be asked when every row has been matched; `records` are
        those that were taken in.
        """
        waiting: dict[bytes, dict[bytes, None]] = {}
        for record in records:
            key = _record_key(record)
            if self._waiting[key]:
                for less in _less_said(record):
                    waiting.setdefault(less, {})[key] = None
        for row in rows:
            for key in waiting.get(self._row_key(row), ()):
                if self._waiting[key]:
                    self.foreign -= 1
                    yield self._waiting[key].popleft(), row
                    break

    def missing(self) -> Iterator[int]:
        """Numbers of the records that no row has come for, in no particular order."""
        for numbers in self._waiting.values():
            yield from numbers

    def _row_key(self, row: ResultRow) -> bytes:
        response = None
        if self._supplied:
            response = row.response if row.supplied_response is None else row.supplied_response
        return identity_of(row.prompt, row.reference, row.category, response)


def match_rows(records: Iterable[ShardRecord], rows: Iterable[ResultRow]) -> Matching:
    """Join the rows of one job, in whatever order, to the records of its shard."""
    records = list(records)
    matcher = Matcher(records)
    matched, left = [], []
    for row in rows:
        number = matcher.match(row)
        if number is None:
            left.append(row)
        else:
            matched.append((number, row))
    if left:
        left.sort(key=lambda row: (not row.reference) + (not row.category))  # who says more chooses first
        matched += matcher.match_less_said(left, records)
    return Matching(rows=tuple(matched), missing=tuple(sorted(matcher.missing())), foreign=matcher.foreign)


def _record_key(record: ShardRecord) -> bytes:
    return identity_of(record.prompt, record.reference, record.category, record.response)


def _less_said(record: ShardRecord) -> set[bytes]:
    """The identities of a record without its reference, its category, or both, as far as it has them."""
    return {
        identity_of(record.prompt, reference, category, record.response)
        for reference in (record.reference, None)
        for category in (record.category, None)
    } - {_record_key(record)}


def identity_of(prompt: str | None, reference: str | None, category: str | None, response: str | None = None) -> bytes:
    """SHA-256 over the parts; an empty reference or category is the same as none, as Bedrock may echo either."""
    parts: list[bytes] = []
    for part in (prompt, reference or None, category or None, response):
        data = b"-" if part is None else b"+" + clean_text(part).encode()
        parts += (len(data).to_bytes(8, "big"), data)
    return hashlib.sha256(b"".join(parts)).digest()
