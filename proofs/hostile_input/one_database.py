"""One DuckDB database for many readings: to open one takes ten times as long as to read a file of some kilobytes.

A reading gets a cursor of it in place of a database of its own, so what the reader does with the connection is its own
code. A database that an input has made unusable, as DuckDB does after an internal error, is not used again: else every
further file would be refused, whatever it holds.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proofs.hostile_input.reader import Outcome

READINGS: Final = 2_000  # by one database, so that it does not grow
_OWN: Final = "temp_directory"  # the one setting that differs between readings: no small file is spilled
_connect: Final = duckdb.connect


class OneDatabase:
    """Runs a reader's readings on one database for each set of settings that it asks for."""

    def __init__(self, read: Callable[[bytes], Outcome]) -> None:
        self._read = read
        self._kept: dict[tuple[tuple[str, Any], ...], duckdb.DuckDBPyConnection] = {}
        self._readings = 0

    def __call__(self, data: bytes) -> Outcome:
        """The outcome of reading the bytes, with the databases that are there."""
        self._readings += 1
        with self._usable(), patch.object(duckdb, "connect", self._cursor):
            return self._read(data)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._forget_views()
            if self._readings % READINGS == 0 or not all(map(_answers, self._kept.values())):
                for one in self._kept.values():
                    one.close()
                self._kept.clear()

    def _forget_views(self) -> None:
        """Take away what a reading has left, so that the next one begins with an empty catalogue."""
        for one in self._kept.values():
            with suppress(duckdb.Error):  # a database that is broken is told by what follows
                for (name,) in one.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
                    one.execute(f'DROP VIEW "{name}"')

    def _cursor(self, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        settings = {name: value for name, value in config.items() if name != _OWN}
        key = tuple(sorted(settings.items()))
        if key not in self._kept:
            self._kept[key] = _connect(config=settings)
        return self._kept[key].cursor()


def _answers(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        return connection.execute("SELECT 1").fetchone() == (1,)
    except duckdb.Error:
        return False
