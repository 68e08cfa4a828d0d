"""Reading a dataset of any format: records come out as a stream, and every problem of every other one is told.

Memory depends on the longest record and on the caps in `gavel.datasets.facts`, never on the length of the file. No text
of a prompt or an answer ever enters a problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.dataset_responses import Response
from gavel.datasets import facts, formats
from gavel.datasets.byte_source import BrokenDatasetError, ByteSource, Readable, TooLargeError
from gavel.datasets.csv_rows import csv_rows
from gavel.datasets.facts import DatasetFacts, FactsCounter
from gavel.datasets.formats import Format
from gavel.datasets.gunzip import Gunzip
from gavel.datasets.json_array import json_array
from gavel.datasets.json_lines import PlainRecords, json_lines
from gavel.datasets.keys import CATEGORY
from gavel.datasets.limits import DEFAULT_MAX_DATASET_BYTES
from gavel.datasets.reading import Reading
from gavel.datasets.record import Record
from gavel.datasets.rules import LENIENT_RULES, DatasetRules, Responses, rules_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.problems import Problems

__all__ = [
    "LENIENT_RULES",
    "DatasetFacts",
    "DatasetReader",
    "DatasetRules",
    "PlainRecords",
    "Record",
    "Response",
    "Responses",
    "read_dataset",
    "rules_for",
]

_FIRST_RECORD: Final = {
    Format.JSONL: 'write one object a line, such as {"prompt": "…"}',
    Format.JSONL_GZ: 'write one object a line, such as {"prompt": "…"}',
    Format.JSON: 'write an array of objects, such as [{"prompt": "…"}]',
    Format.CSV: "write a row for each prompt below the header",
    Format.PARQUET: "write a row for each prompt",
}
_TEXT_READERS: Final = {
    Format.JSONL: json_lines,
    Format.JSONL_GZ: json_lines,
    Format.JSON: json_array,
    Format.CSV: csv_rows,
}


class DatasetReader:
    """Iterates over the valid records of a stream, once; `facts` is there when the last one has been read.

    `batches` gives the same records in larger pieces where they came that way, and `read_to_end` gives none.

    The format is that of the file's name unless `layout` says another. `max_bytes` limits the uncompressed data: what
    holds more is refused, and read no further. With `limit_is_mine` the limit is the caller's, and says nothing of the
    dataset: reading beyond it raises TooLargeError, and no problem is told. With `hashed` there is `sha256` besides,
    which takes a fifth of the time.
    """

    def __init__(  # noqa: PLR0913 - the file, its rules, and how far and how closely to read it
        self,
        stream: Readable,
        *,
        file: str,
        rules: DatasetRules,
        problems: Problems,
        layout: Format | None = None,
        max_bytes: int = DEFAULT_MAX_DATASET_BYTES,
        limit_is_mine: bool = False,
        hashed: bool = False,
    ) -> None:
        self._source = ByteSource(stream, max_bytes=max_bytes, hashed=hashed)
        self._max_bytes = max_bytes
        self._limit_is_mine = limit_is_mine
        self._layout = layout or formats.format_of(file)
        by_line = self._layout is None or self._layout.by_line
        self._reading = Reading(file, rules, problems, by_line=by_line)
        self._facts: DatasetFacts | None = None
        self._batches = self._read()
        self._records = self._one_by_one()

    def __iter__(self) -> Iterator[Record]:
        """The reader itself: records can be read only once."""
        return self

    def __next__(self) -> Record:
        """The next valid record."""
        return next(self._records)

    def batches(self) -> Iterator[Record | PlainRecords]:
        """The valid records in their order, single or many at once."""
        return self._batches

    def read_to_end(self) -> DatasetFacts:
        """Read what is left for its problems alone."""
        for _ in self._batches:
            pass
        return self.facts

    @property
    def facts(self) -> DatasetFacts:
        """What the whole file holds. Raises RuntimeError before its end has been reached."""
        if self._facts is None:
            raise RuntimeError("the dataset has not been read to its end")
        return self._facts

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the file as it is stored, up to where its reading was broken off when it is too large.

        Raises RuntimeError before its end has been reached, and for a reader that was not to hash it.
        """
        if self._facts is None:
            raise RuntimeError("the dataset has not been read to its end")
        return self._source.sha256

    def _one_by_one(self) -> Iterator[Record]:
        for batch in self._batches:
            if isinstance(batch, PlainRecords):
                yield from batch
            else:
                yield batch

    def _read(self) -> Iterator[Record | PlainRecords]:
        reading, source = self._reading, self._source
        counter = FactsCounter()
        earlier = reading.problems.count
        try:
            for batch in self._of_layout():
                if isinstance(batch, PlainRecords):
                    counter.add_plain(batch.lines)
                else:
                    counter.add(batch)
                yield batch
            if reading.records == 0 and reading.problems.count == earlier and self._layout is not None:
                reading.add(None, None, "holds no record", _FIRST_RECORD[self._layout])
        except BrokenDatasetError as error:
            if isinstance(error, TooLargeError) and self._limit_is_mine:
                raise
            reading.add(error.place, None, error.reason, error.remedy)
            if not isinstance(error, TooLargeError):
                self._read_rest()
        self._facts = counter.facts(size_bytes=source.bytes_read, lines=reading.lines, records=reading.records)
        if self._facts.other_categories:
            most = facts.LISTED_CATEGORIES
            reading.add(
                None,
                CATEGORY,
                f"has more than {most:,} different values: it is reported by category, not by record",
                "use broader categories; an id of the record may stand in a field of another name",
            )

    def _read_rest(self) -> None:
        """Read on for the size and the hash, which tell which file had the problems."""
        try:
            self._source.drain()
        except TooLargeError as error:
            if self._limit_is_mine:
                raise
            self._reading.add(None, None, error.reason, error.remedy)

    def _of_layout(self) -> Iterator[Record | PlainRecords]:
        source, reading = self._source, self._reading
        if self._layout is None:
            raise BrokenDatasetError(
                "has a name that says no known format", f"use a name that ends in one of {formats.SUFFIXES_SHOWN}"
            )
        if self._layout is Format.PARQUET:
            from gavel.datasets.parquet_rows import parquet_rows  # noqa: PLC0415 - brings DuckDB

            yield from parquet_rows(source, reading, max_bytes=self._max_bytes)
            return
        text = source
        if self._layout is Format.JSONL_GZ:
            text = ByteSource(Gunzip(source), max_bytes=self._max_bytes, hashed=False)
        found = formats.not_text(text.head)
        if found:
            raise BrokenDatasetError(*found)
        yield from _TEXT_READERS[self._layout](text, reading)


def read_dataset(
    stream: Readable,
    *,
    file: str,
    rules: DatasetRules,
    problems: Problems,
    layout: Format | None = None,
    max_bytes: int = DEFAULT_MAX_DATASET_BYTES,
    hashed: bool = False,
) -> DatasetReader:
    """The valid records of a stream, one by one; every problem of every other record goes to `problems`.

    Whoever starts something on the records must wait for the end and look at `problems` first.
    """
    return DatasetReader(
        stream, file=file, rules=rules, problems=problems, layout=layout, max_bytes=max_bytes, hashed=hashed
    )
