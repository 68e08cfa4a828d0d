"""Small Parquet files to begin a search with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb


def parquet_files(*selects: str) -> list[bytes]:
    """A file for what each of the statements selects, uncompressed, so that a changed byte is a changed value."""
    found = []
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as connection:
        for number, select in enumerate(selects):
            path = Path(folder) / f"{number}.parquet"
            connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")
            found.append(path.read_bytes())
    return found
