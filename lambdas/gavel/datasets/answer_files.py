"""Answers that a source brings in a file of its own, beside the dataset: joined to its records by what they say.

Such a file is a dataset of its own, in any format, whose records have one answer each. An answer belongs to the record
with the same prompt, reference and category, or, where the file's row has neither of the last two, with the same
prompt. Of records with equal texts the k-th gets the k-th such answer.
"""

from __future__ import annotations

import hashlib
import tempfile
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import msgspec
import numpy as np

from gavel.dataset_responses import Response
from gavel.datasets.keys import RESPONSES
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES, DEFAULT_MAX_PROMPT_BYTES
from gavel.datasets.reader import DatasetReader
from gavel.datasets.rules import DatasetRules, Responses
from gavel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from gavel.datasets.byte_source import Readable
    from gavel.datasets.reader import Record
    from gavel.problems import Problems

_BUFFER: Final = 1 << 20


@dataclass(frozen=True)
class AnswerFileFacts:
    """What one file held: its hash, and how many answers."""

    sha256: str
    records: int


class AnswerFile:
    """The answers of one source. They wait on disk; memory holds 36 bytes for each."""

    def __init__(self, source: str, *, file: str, folder: Path | None = None) -> None:
        """Make room in `folder`, or where temporary files go; `file` is what problems call the file."""
        self.source = source
        self.file = file
        self._texts = tempfile.TemporaryFile(dir=folder, buffering=_BUFFER)  # noqa: SIM115 - lives as long as this
        self._columns = [array("Q") for _ in range(4)]  # two halves of the identity, offset, length
        self._high = self._low = self._offsets = self._lengths = np.zeros(0, dtype=np.uint64)
        self._given = np.zeros(0, dtype=np.uint32)

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the disk back."""
        self._texts.close()

    def read(
        self,
        stream: Readable,
        problems: Problems,
        *,
        max_prompt_bytes: int = DEFAULT_MAX_PROMPT_BYTES,
        max_bytes: int = DEFAULT_MAX_DATASET_BYTES,
        limit_is_mine: bool = False,
    ) -> AnswerFileFacts:
        """Take in the whole file, once; everything wrong with it goes to `problems` (the limits: see DatasetReader)."""
        rules = DatasetRules(
            responses=Responses.DECLARED, sources=frozenset({self.source}), max_prompt_bytes=max_prompt_bytes
        )
        reader = DatasetReader(
            stream,
            file=self.file,
            rules=rules,
            problems=problems,
            max_bytes=max_bytes,
            limit_is_mine=limit_is_mine,
            hashed=True,
        )
        offset = 0
        for record in reader:
            text = record.responses[0].text.encode()
            self._texts.write(text)
            row = (*_identity(record.prompt, record.reference, record.category), offset, len(text))
            for column, value in zip(self._columns, row, strict=True):
                column.append(value)
            offset += len(text)
        self._texts.flush()
        high, low, offsets, lengths = (np.frombuffer(column, dtype=np.uint64) for column in self._columns)
        order = np.lexsort((offsets, low, high))
        self._high, self._low, self._offsets, self._lengths = (
            column[order] for column in (high, low, offsets, lengths)
        )
        self._columns = []
        self._given = np.zeros(len(order), dtype=np.uint32)
        return AnswerFileFacts(reader.sha256, reader.facts.records)

    def answer(self, record: Record) -> str | None:
        """The next answer for that record, or None when there is none (left)."""
        for reference, category in dict.fromkeys(((record.reference, record.category), (None, None))):
            place = self._next(*_identity(record.prompt, reference, category))
            if place is not None:
                self._texts.seek(int(self._offsets[place]))
                text: bytes = self._texts.read(int(self._lengths[place]))
                return text.decode()
        return None

    def _next(self, high: int, low: int) -> int | None:
        place = int(np.searchsorted(self._high, np.uint64(high)))
        while place < len(self._high) and self._high[place] == high and self._low[place] < low:
            place += 1
        first = place
        if not self._is(first, high, low):
            return None
        place = first + int(self._given[first])
        if not self._is(place, high, low):
            return None
        self._given[first] += 1
        return place

    def _is(self, place: int, high: int, low: int) -> bool:
        return place < len(self._high) and bool(self._high[place] == high and self._low[place] == low)


def with_answers(
    records: Iterable[Record], files: Sequence[AnswerFile], *, file: str, problems: Problems
) -> Iterator[Record]:
    """The records with the answers of those files; one without an answer of each is left out and told of."""
    for record in records:
        answers = [(one.source, one.answer(record), one.file) for one in files]
        for source, text, brought_by in answers:
            if text is None:
                place = (record.line, None) if record.line is not None else (None, record.number)
                reason = f"has no answer of the source `{source}` in {brought_by}"
                remedy = "add it there with the same prompt, reference and category, or leave the record out"
                problems.add(Problem(file, place[0], RESPONSES, reason, remedy, place[1]))
        brought = tuple(Response(source, text) for source, text, _ in answers if text is not None)
        if len(brought) == len(files):
            yield msgspec.structs.replace(record, responses=record.responses + brought)


def _identity(prompt: str, reference: str | None, category: str | None) -> tuple[int, int]:
    """128 bits that no two different texts share in practice, in halves."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (prompt, reference, category):
        data = b"-" if part is None else b"+" + part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    value = digest.digest()
    return int.from_bytes(value[:8], "big"), int.from_bytes(value[8:], "big")
