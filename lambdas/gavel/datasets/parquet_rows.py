"""Parquet through DuckDB: the file on disk, since its index is at its end, and its rows a few at a time."""

from __future__ import annotations

import glob
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from gavel.dataset_fields import utf8_size
from gavel.datasets.byte_source import CHUNK_BYTES, BrokenDatasetError, TooLargeError
from gavel.datasets.columns import Columns
from gavel.datasets.formats import PARQUET_MAGIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gavel.datasets.byte_source import ByteSource
    from gavel.datasets.reading import Reading
    from gavel.datasets.record import Record

_BLOCK: Final = 2048  # rows that DuckDB has in memory at once, whatever they hold
_MAX_BLOCK_BYTES: Final = 256 * 1024 * 1024
_FETCH: Final = 256
_TEXTS: Final = ("varchar", "blob")
_EXPORT: Final = "write the file anew, or export it as JSON Lines"


def parquet_rows(source: ByteSource, reading: Reading, *, max_bytes: int) -> Iterator[Record]:
    """The valid records. `max_bytes` also limits what the rows unpack to, for a value repeated takes no room in a file.

    Raises BrokenDatasetError for a file that is not Parquet, is damaged, or does not fit into memory by blocks.
    """
    if source.head and not source.head.startswith(PARQUET_MAGIC):
        raise BrokenDatasetError("is no Parquet file, though its name says so", _EXPORT)
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        path = Path(folder) / "dataset.parquet"
        with path.open("wb") as file:
            while chunk := source.read(CHUNK_BYTES):
                file.write(chunk)
        # DuckDB's own messages may quote values, so they stay out of the problem.
        try:
            with _connect(path.parent) as connection:
                yield from _records(connection, path, reading, max_bytes)
        except duckdb.Error as error:
            reason = f"cannot be read as Parquet behind record {reading.records:,} ({type(error).__name__})"
            raise BrokenDatasetError(reason, _EXPORT) from None


def _records(connection: duckdb.DuckDBPyConnection, path: Path, reading: Reading, max_bytes: int) -> Iterator[Record]:
    with _names_in_utf8():
        table = connection.read_parquet([glob.escape(str(path))])
        found, types = table.columns, table.types
    table.create_view("dataset")
    columns = Columns.of(found, reading.at(None))
    if columns is None:
        return
    with _names_in_utf8():
        sizes = [_size_expression(_quoted(name), types[place]) for name, place in columns.places.items()]
    _check_sizes(connection, list(filter(None, sizes)), max_bytes)
    names = list(columns.places)
    columns = Columns({name: place for place, name in enumerate(names)})
    result = connection.execute(f"SELECT {', '.join(map(_quoted, names))} FROM dataset")  # noqa: S608 - names are quoted
    most = reading.rules.max_line_bytes
    while rows := _fetched(result, reading):
        for cells in rows:
            reading.records += 1
            number = reading.records
            add = columns.adding(reading.at(number))
            if sum(map(_size, cells)) > most:
                add(None, f"is longer than {most:,} bytes", "shorten the record")
                continue
            value = columns.record(cells, add)
            # A row of nothing but NULL is a record without a prompt.
            record = None if value is None else reading.record_rules.check(value, number=number, line=None, add=add)
            if record is not None:
                yield record


@contextmanager
def _names_in_utf8() -> Iterator[None]:
    """Raises BrokenDatasetError for names, also of fields inside a column, that are no UTF-8, as Parquet wants them."""
    try:
        yield
    except (RuntimeError, UnicodeError) as error:  # DuckDB's errors are neither
        reason = f"has names of columns that cannot be read ({type(error).__name__})"
        raise BrokenDatasetError(
            reason, "write the names of columns in UTF-8, or export the file as JSON Lines"
        ) from None


def _fetched(result: duckdb.DuckDBPyConnection, reading: Reading) -> list[tuple[Any, ...]]:
    """The next rows. Raises BrokenDatasetError for a value that Python has no room for, say a long INTERVAL."""
    try:
        return result.fetchmany(_FETCH)
    except (OverflowError, ValueError) as error:
        reason = f"holds a value that cannot be read behind record {reading.records:,} ({type(error).__name__})"
        raise BrokenDatasetError(reason, "write `prompt` and the other columns as text") from None


def _check_sizes(connection: duckdb.DuckDBPyConnection, sizes: Sequence[str], max_bytes: int) -> None:
    """Raise BrokenDatasetError when the texts are too large together, or those of the rows that are read at once.

    `sizes` are the bytes of all texts in a value of each column, in SQL.
    """
    row = connection.execute(
        f"""SELECT coalesce(sum(size), 0), coalesce(max(size), 0) FROM (
            SELECT row // {_BLOCK} AS block, sum(size) AS size
            FROM (SELECT row_number() OVER () AS row, {" + ".join(sizes) or "0"} AS size FROM dataset)
            GROUP BY block)"""  # noqa: S608 - as above
    ).fetchone()
    total, largest = row or (0, 0)
    if total > max_bytes:
        raise TooLargeError(max_bytes)
    if largest > _MAX_BLOCK_BYTES:
        reason = f"holds {_BLOCK:,} rows of {largest:,} bytes together, and {_MAX_BLOCK_BYTES:,} are read at once"
        raise BrokenDatasetError(reason, "shorten the records, or export the file as JSON Lines")


def _size_expression(value: str, kind: Any) -> str | None:
    """SQL for the bytes of all texts in a value of that type; None for a type that has none."""
    if kind.id in _TEXTS:
        return f"coalesce({'strlen' if kind.id == 'varchar' else 'octet_length'}({value}), 0)"
    children = dict(kind.children) if kind.id in ("list", "struct") else {}
    if kind.id == "list":
        inner = _size_expression("x", children["child"])
        return inner and f"coalesce(list_sum(list_transform({value}, lambda x: {inner})), 0)"
    parts = [part for name, child in children.items() if (part := _size_expression(f"{value}.{_quoted(name)}", child))]
    return f"({' + '.join(parts)})" if parts else None


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory that reaches no network and keeps its own files in `folder`."""
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": "768MB",
            "temp_directory": str(folder),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def _size(value: Any) -> int:
    """Bytes of all texts in a cell."""
    if isinstance(value, str):
        return utf8_size(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list):
        return sum(map(_size, value))
    return len(value) if isinstance(value, bytes) else 0
