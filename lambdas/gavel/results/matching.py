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
        self._less_said: dict[bytes, list[bytes]] = {}
        self._supplied: bool | None = None
        self.foreign = 0
        for record in records:
            supplied = record.response is not None
            if self._supplied not in (None, supplied):
                raise ValueError("either every record of a shard has a response or none has")
            self._supplied = supplied
            key = identity_of(record.prompt, record.reference, record.category, record.response)
            if key not in self._waiting:
                for less in _less_said(record):
                    self._less_said.setdefault(less, []).append(key)
            self._waiting.setdefault(key, deque()).append(record.number)

    def match(self, row: ResultRow) -> int | None:
        """Number of the row's record; None, and counted in `foreign`, when no record is left for it."""
        numbers = self._waiting.get(self._row_key(row))
        if not numbers:
            self.foreign += 1
            return None
        return numbers.popleft()

    def match_less_said(self, row: ResultRow) -> int | None:
        """Number of a record still waiting that a row may mean which `match` knew none for; None when there is none.

        For rows that do not echo a reference or a category. To be asked when every row has been matched.
        """
        for key in self._less_said.get(self._row_key(row), ()):
            if self._waiting[key]:
                self.foreign -= 1
                return self._waiting[key].popleft()
        return None

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
    matcher = Matcher(records)
    matched, left = [], []
    for row in rows:
        number = matcher.match(row)
        if number is None:
            left.append(row)
        else:
            matched.append((number, row))
    left.sort(key=lambda row: (not row.reference) + (not row.category))  # who says more chooses first
    matched += [(number, row) for row in left if (number := matcher.match_less_said(row)) is not None]
    return Matching(rows=tuple(matched), missing=tuple(sorted(matcher.missing())), foreign=matcher.foreign)


def _less_said(record: ShardRecord) -> set[bytes]:
    """The identities of a record without its reference, its category, or both, as far as it has them."""
    whole = identity_of(record.prompt, record.reference, record.category, record.response)
    return {
        identity_of(record.prompt, reference, category, record.response)
        for reference in (record.reference, None)
        for category in (record.category, None)
    } - {whole}


def identity_of(prompt: str | None, reference: str | None, category: str | None, response: str | None = None) -> bytes:
    """SHA-256 over the parts; an empty reference or category is the same as none, as Bedrock may echo either."""
    digest = hashlib.sha256()
    for part in (prompt, reference or None, category or None, response):
        data = b"-" if part is None else b"+" + clean_text(part).encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()
