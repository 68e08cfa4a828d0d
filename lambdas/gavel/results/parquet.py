"""Scores as Parquet files, written and read through DuckDB in bounded memory.

A file holds one row per record, generator, judge and metric, sorted by these four. The texts that all metrics of an
answer share (`prompt`, `reference`, `response`, `stop_reason`) stand in the first row of each answer only, and are NULL
in the others: a file with 11 metrics would else hold each answer 11 times.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from gavel.results.scores import ScoreRow
from gavel.score_columns import SCORE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

SCHEMA: Final = {column.name: column.type.value for column in SCORE_COLUMNS}
_READ: Final = """SELECT * FROM scores
    ORDER BY record, generator, judge, metric, value, label, missing, reason, explanation"""
_SHARED: Final = ("response", "stop_reason", "prompt", "reference")
_WRITE: Final = """COPY (
    SELECT * EXCLUDE (place) REPLACE (
        CASE WHEN place = 1 THEN response END AS response, CASE WHEN place = 1 THEN stop_reason END AS stop_reason,
        CASE WHEN place = 1 THEN prompt END AS prompt, CASE WHEN place = 1 THEN reference END AS reference)
    FROM (SELECT * REPLACE (
              max(response) OVER answer AS response, max(stop_reason) OVER answer AS stop_reason,
              max(prompt) OVER answer AS prompt, max(reference) OVER answer AS reference),
          row_number() OVER (answer ORDER BY metric, value, label, missing, reason, explanation) AS place
          FROM scores WINDOW answer AS (PARTITION BY record, generator, judge))
    ORDER BY record, generator, judge, metric, value, label, missing, reason, explanation
) TO $path (FORMAT parquet, COMPRESSION zstd)"""
_LONGEST_ROW: Final = 256 << 20
_FETCH: Final = 2048


@dataclass(frozen=True)
class ScoreColumns:
    """Scores as columns of equal length.

    `record` holds record numbers and `value` numbers with NaN where there is none; the others hold texts, None where
    there is none. A row with neither value nor label is a missing score.
    """

    record: npt.NDArray[np.int64]
    category: npt.NDArray[np.object_]
    generator: npt.NDArray[np.object_]
    judge: npt.NDArray[np.object_]
    metric: npt.NDArray[np.object_]
    value: npt.NDArray[np.float64]
    label: npt.NDArray[np.object_]


def connect(folder: str) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills to `folder`, reaches no network and works in one thread, for equal bytes."""
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": "768MB",
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def no_pattern(path: Path) -> str:
    """The path with `*`, `?` and `[` escaped, which DuckDB would read as a pattern."""
    return re.sub(r"[\[*?]", r"[\g<0>]", str(path))


def write_scores(path: Path, rows: Iterable[ScoreRow]) -> int:
    """Write the rows, and answer how many; the same rows in any order give the same bytes.

    Every row must hold the texts that its answer's metrics share; the file keeps them once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".scores-") as folder:
        lines, written = Path(folder) / "rows.jsonl", Path(folder) / "scores.parquet"
        count = _write_lines(lines, rows)
        with connect(folder) as connection:
            connection.read_json(
                no_pattern(lines), format="newline_delimited", columns=SCHEMA, maximum_object_size=_LONGEST_ROW
            ).create_view("scores")
            connection.execute(_WRITE, {"path": str(written)})
        written.replace(path)
    return count


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
        shared: dict[str, Any] = {}
        for row in _fetch(connection):
            if answer != (row.record, row.generator, row.judge):
                answer = (row.record, row.generator, row.judge)
                shared = {name: getattr(row, name) for name in _SHARED}
            yield replace(row, **shared)


def read_answers(paths: Sequence[Path]) -> Iterator[tuple[int, str, str]]:
    """Record, generator and text of every answer, in no particular order; one of several judges comes again."""
    if not paths:
        return
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        connection.execute("SELECT record, generator, response FROM scores WHERE response IS NOT NULL")
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
    """The scores of one file as columns, without any text of prompts, answers and explanations."""
    import numpy as np  # noqa: PLC0415 - whoever only writes scores needs no NumPy

    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path)]).create_view("scores")
        columns = connection.execute(
            "SELECT record, category, generator, judge, metric, value, label FROM scores"
        ).fetchnumpy()
    texts = {name: _texts(columns[name]) for name in ("category", "generator", "judge", "metric", "label")}
    value = np.ma.filled(np.ma.asarray(columns["value"], dtype=np.float64), np.nan)
    return ScoreColumns(record=np.asarray(columns["record"], dtype=np.int64), value=value, **texts)


def _texts(column: Any) -> npt.NDArray[np.object_]:
    import numpy as np  # noqa: PLC0415 - as above

    masked = np.ma.asarray(column, dtype=object)
    texts = np.array(masked.data, dtype=object)
    texts[np.ma.getmaskarray(masked)] = None
    return texts


def _write_lines(path: Path, rows: Iterable[ScoreRow]) -> int:
    """Write the rows as JSON Lines, the texts of an answer once: its other metrics would repeat them on the disk."""
    count = 0
    written: set[tuple[int, str, str]] = set()
    with path.open("wb") as file:
        for row in rows:
            fields = {name: getattr(row, name) for name in SCHEMA}
            answer = (row.record, row.generator, row.judge)
            if answer in written:
                fields.update(dict.fromkeys(_SHARED))
            written.add(answer)
            line = json.dumps(fields, ensure_ascii=False, allow_nan=False)
            file.write(line.encode("utf-8", "replace") + b"\n")
            count += 1
    return count


def _fetch(result: duckdb.DuckDBPyConnection) -> Iterator[ScoreRow]:
    while rows := result.fetchmany(_FETCH):
        for row in rows:
            yield ScoreRow(*row)
