"""Scores as Parquet files, written and read through DuckDB in bounded memory.

A file holds one row per record, generator, judge and metric, sorted by these four. The texts that all metrics of an
answer share (`prompt`, `reference`, `response`, `stop_reason`) stand in the first row of each answer only, and are NULL
in the others: a file with 11 metrics would else hold each answer 11 times.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import duckdb
import numpy as np

from gavel.results.file_columns import score_columns
from gavel.results.scores import ScoreRow
from gavel.score_columns import SCORE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

SCHEMA: Final = {column.name: column.type.value for column in SCORE_COLUMNS}
_READ: Final = """SELECT * FROM scores
    ORDER BY record, generator, judge, metric, value, label, missing, reason, explanation"""
_GROUP: Final = "generator, judge, metric, category"
# A number for each group of a file. Hashes of two groups may be the same one, and then ranks take three times as long.
_HASH: Final = f"hash({_GROUP})"
_RANK: Final = f"dense_rank() OVER (ORDER BY {_GROUP})"
_BY_NAME: Final = f"ORDER BY {_GROUP}"
_OWN: Final = len(SCHEMA) - 4  # the last four columns are shared
_COLUMNS: Final = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in SCHEMA.items())
_FETCH: Final = 2048


class ScoreGroup(NamedTuple):
    """What many scores of a file share; `category` is None where their records have none."""

    generator: str
    judge: str
    metric: str
    category: str | None


@dataclass(frozen=True)
class ScoreColumns:
    """Scores as columns of equal length.

    `record` holds record numbers, `value` numbers with NaN where there is none, `label` texts with None where there is
    none; a row with neither value nor label is a missing score. `group` says where in `groups` the row's group stands:
    texts are compared once a group and not once a row.
    """

    record: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    label: npt.NDArray[np.object_]
    group: npt.NDArray[np.int64]
    groups: Sequence[ScoreGroup]


def connect(folder: str) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills to `folder`, reaches no network and works in one thread, for equal bytes."""
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": "768MB",
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "pandas_analyze_sample": 0,  # columns of objects hold texts; no look at some of them is needed
        }
    )


def no_pattern(path: Path) -> str:
    """The path with `*`, `?` and `[` escaped, which DuckDB would read as a pattern."""
    return re.sub(r"[\[*?]", r"[\g<0>]", str(path))


def write_scores(path: Path, rows: Iterable[ScoreRow]) -> int:
    """Write the rows, and answer how many; the same rows in any order give the same bytes.

    Every row must hold the texts that its answer's metrics share; the file keeps them once.
    """
    columns = score_columns(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".scores-") as folder:
        written = Path(folder) / "scores.parquet"
        with database().cursor() as connection:
            connection.register("scores", columns)
            connection.view("scores").project(_COLUMNS).write_parquet(str(written), compression="zstd")
        written.replace(path)
    return len(columns["record"])


def read_scores(paths: Sequence[Path], *, first: int | None = None, records: Sequence[int] = ()) -> Iterator[ScoreRow]:
    """Stream the rows of all files, sorted by record, generator, judge and metric, with their shared texts.

    `first` keeps only the records with the `first` lowest numbers, `records` only those named.
    """
    if not paths:
        return
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        scores = connection.read_parquet([no_pattern(path) for path in paths])
        if first is not None:
            numbers = scores.project("record").distinct().order("record").limit(first).fetchall()
            records = [number for (number,) in numbers]
        if records or first is not None:
            scores = scores.filter(f"record IN ({', '.join(str(int(number)) for number in records) or 'NULL'})")
        scores.project(", ".join(_selected(scores))).create_view("scores")
        connection.execute(_READ)
        answer: tuple[int, str, str] | None = None
        shared: tuple[str | None, ...] = ()
        while rows := connection.fetchmany(_FETCH):
            for fields in rows:
                if answer != (identity := (fields[0], *fields[2:4])):
                    answer, shared = identity, fields[_OWN:]
                yield ScoreRow(*fields[:_OWN], *shared)


def read_answers(paths: Sequence[Path]) -> Iterator[tuple[int, str, str]]:
    """Record, generator and text of every answer, in no particular order; one of several judges comes again."""
    if not paths:
        return
    with database().cursor() as connection:
        connection.execute(
            "SELECT record, generator, response FROM read_parquet($files) WHERE response IS NOT NULL",
            {"files": [no_pattern(path) for path in paths]},
        )
        while rows := connection.fetchmany(_FETCH):
            yield from rows


def column_types(path: Path) -> dict[str, str]:
    """Names and types of a Parquet file's columns. Raises duckdb.Error when it is none."""
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        table = connection.read_parquet([no_pattern(path)])
        return {name: str(kind) for name, kind in zip(table.columns, table.types, strict=True)}


def _selected(scores: duckdb.DuckDBPyRelation) -> Iterator[str]:
    """Every column of the schema in its type; one that a file of another program lacks is empty."""
    for name, kind in SCHEMA.items():
        yield f"CAST({name if name in scores.columns else 'NULL'} AS {kind}) AS {name}"


def read_columns(path: Path) -> ScoreColumns:
    """The scores of one file as columns, without any text of prompts, answers and explanations; groups go by name."""
    with database().cursor() as connection:

        def read(columns: str, then: str = "") -> duckdb.DuckDBPyConnection:
            query = f"SELECT {columns} FROM read_parquet($file) {then}"  # noqa: S608 - the caller's constants
            return connection.execute(query, {"file": no_pattern(path)})

        number = _HASH
        groups = read(f"DISTINCT {_GROUP}, {number}", _BY_NAME).fetchall()
        if len({one[-1] for one in groups}) < len(groups):
            number = _RANK
            groups = read(f"DISTINCT {_GROUP}, {number}", _BY_NAME).fetchall()
        columns = read(f"record, value, label, {number} AS number").fetchnumpy()
    numbers = np.array([one[-1] for one in groups], dtype=np.uint64)
    order = np.argsort(numbers)
    places = np.searchsorted(numbers, np.asarray(columns["number"], dtype=np.uint64), sorter=order)
    value = np.ma.filled(np.ma.asarray(columns["value"], dtype=np.float64), np.nan)
    return ScoreColumns(
        record=np.asarray(columns["record"], dtype=np.int64),
        value=value,
        label=_texts(columns["label"]),
        group=order[places],
        groups=[ScoreGroup(*one[:-1]) for one in groups],
    )


def record_numbers(path: Path) -> npt.NDArray[np.int64]:
    """The numbers of a file's records, ascending, in less time than all columns take."""
    with database().cursor() as connection:
        found = connection.execute("SELECT record FROM read_parquet($file)", {"file": no_pattern(path)}).fetchnumpy()
    return np.unique(np.asarray(found["record"], dtype=np.int64))


@cache
def database() -> duckdb.DuckDBPyConnection:
    """One database for all files that are read or written column by column: to open one takes longer than a file.

    It keeps nothing. What is streamed into or out of a file needs no room on the disk.
    """
    return connect("")


def _texts(column: Any) -> npt.NDArray[np.object_]:
    masked = np.ma.asarray(column, dtype=object)
    texts = np.array(masked.data, dtype=object)
    texts[np.ma.getmaskarray(masked)] = None
    return texts
