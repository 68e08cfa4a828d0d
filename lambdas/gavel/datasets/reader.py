"""Reading a dataset: JSON Lines, one record a line, streamed, with every problem of every line.

Memory depends on the longest line and on the caps in `gavel.datasets.facts`, never on the length of the file. Blank
lines are skipped, a byte order mark at the start is skipped, and lines may end in CRLF. No text of a prompt or an
answer ever enters a problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.dataset_responses import Response
from gavel.datasets.facts import DatasetFacts, FactsCounter
from gavel.datasets.line_reader import LineReader, Readable
from gavel.datasets.record import Record, RecordRules
from gavel.datasets.rules import LENIENT_RULES, DatasetRules, Responses, rules_for
from gavel.datasets.strict_json import JsonError, decode
from gavel.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gavel.datasets.line_reader import Line

__all__ = [
    "LENIENT_RULES",
    "DatasetFacts",
    "DatasetReader",
    "DatasetRules",
    "Record",
    "Response",
    "Responses",
    "read_dataset",
    "rules_for",
]

_BLANK: Final = b" \t\r\f\v"
_BOM: Final = b"\xef\xbb\xbf"
_CONTAINERS: Final = (
    (b"\x1f\x8b", "a gzip file", "decompress it (gunzip)"),
    (b"PK\x03\x04", "a zip file (or an Excel workbook)", "unpack it; save a workbook as JSON Lines"),
    (b"BZh", "a bzip2 file", "decompress it (bunzip2)"),
    (b"\xfd7zXZ", "an xz file", "decompress it (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "decompress it (unzstd)"),
    (b"PAR1", "a Parquet file", "export it as JSON Lines"),
)


class DatasetReader:
    """Iterates over the valid records of a stream, once; `facts` is there when the last one has been read."""

    def __init__(self, stream: Readable, *, file: str, rules: DatasetRules, problems: Problems) -> None:
        self._stream = stream
        self._file = file
        self._rules = rules
        self._problems = problems
        self._counter = FactsCounter()
        self._facts: DatasetFacts | None = None
        self._records = self._read()

    def __iter__(self) -> Iterator[Record]:
        """The reader itself: records can be read only once."""
        return self

    def __next__(self) -> Record:
        """The next valid record."""
        return next(self._records)

    @property
    def facts(self) -> DatasetFacts:
        """What the whole file holds. Raises RuntimeError before its end has been reached."""
        if self._facts is None:
            raise RuntimeError("the dataset has not been read to its end")
        return self._facts

    def _add(self, line: int | None, field: str | None, reason: str, remedy: str) -> None:
        self._problems.add(Problem(self._file, line, field, reason, remedy))

    def _read(self) -> Iterator[Record]:
        reader = LineReader(self._stream, max_line_bytes=self._rules.max_line_bytes)
        record_rules = RecordRules(self._rules)
        records = 0
        found = _foreign_file(reader.head)
        if found:
            self._add(None, None, *found)
            reader.drain()
        else:
            for line in reader:
                data = line.data.removeprefix(_BOM) if line.number == 1 and line.data else line.data
                if data is not None and not data.strip(_BLANK):
                    continue
                records += 1
                found = _foreign_layout(data) if records == 1 and data is not None else None
                if found:
                    self._add(line.number, None, *found)
                    reader.drain()
                    break
                record = self._record(data, line, records, record_rules)
                if record is not None:
                    self._counter.add(record)
                    yield record
            if records == 0:
                self._add(None, None, "holds no record", 'write one object a line, such as {"prompt": "…"}')
        self._facts = self._counter.facts(
            sha256=reader.sha256, size_bytes=reader.bytes_read, lines=reader.lines_read, records=records
        )

    def _record(self, data: bytes | None, line: Line, number: int, record_rules: RecordRules) -> Record | None:
        def add(field: str | None, reason: str, remedy: str) -> None:
            self._add(line.number, field, reason, remedy)

        if data is None:
            add(None, f"is longer than {self._rules.max_line_bytes:,} bytes", "shorten the record")
            return None
        try:
            value = decode(data)
        except JsonError as error:
            add(None, error.reason, error.remedy)
            return None
        return record_rules.check(value, number=number, line=line.number, add=add)


def read_dataset(stream: Readable, *, file: str, rules: DatasetRules, problems: Problems) -> DatasetReader:
    """The valid records of a stream, one by one; every problem of every other line goes to `problems`.

    Whoever starts something on the records must wait for the end and look at `problems` first.
    """
    return DatasetReader(stream, file=file, rules=rules, problems=problems)


def _foreign_file(head: bytes) -> tuple[str, str] | None:
    """Reason and remedy for a file that is no UTF-8 text at all."""
    for magic, what, remedy in _CONTAINERS:
        if head.startswith(magic):
            return f"is {what}, not JSON Lines", f"{remedy}, and use the plain text"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head[:4]:
        return "is UTF-16 or UTF-32 text, or no text at all", "save the file as UTF-8"
    return None


def _foreign_layout(first: bytes) -> tuple[str, str] | None:
    """Reason and remedy for JSON that is not laid out in lines, told from the first line that is not blank."""
    text = first.strip(_BLANK)
    if text.startswith(b"["):
        return (
            "starts a JSON array, while a dataset is JSON Lines",
            "write each of its objects on a line of its own",
        )
    if text == b"{":
        return "starts an object over several lines", "write each record on one line (jq -c . does that)"
    return None
