"""The contenders of the rows about results and statistics find the same in the same data."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest

from benchmarks.contenders import gavel_statistics, script_statistics
from benchmarks.rows import results, statistics
from benchmarks.table.row import FLOOR, GAVEL, SCRIPT, Row

if TYPE_CHECKING:
    from pathlib import Path


def call(name: str, *given: Any) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)(*given)


def facts(row: Row, folder: Path, size: int) -> dict[str, dict[str, Any]]:
    assert call(row.prepare, folder, size, row.seed) > 0
    return {name: call(contender, folder, size) for name, contender in row.contenders.items()}


@pytest.mark.parametrize(
    "row", [row for row in (*results.ROWS, *statistics.ROWS) if SCRIPT in row.contenders], ids=lambda row: row.name
)
def test_gavel_and_the_script_find_the_same(row: Row, tmp_path: Path) -> None:
    found = facts(row, tmp_path, 150)

    assert row.same
    for fact in row.same:
        assert found[GAVEL][fact] == found[SCRIPT][fact], fact
    assert FLOOR not in found or found[FLOOR]


def test_both_write_every_score_and_every_explanation_as_parquet(tmp_path: Path) -> None:
    (row,) = (row for row in results.ROWS if row.name == "collect")
    facts(row, tmp_path, 40)

    read = "SELECT record, metric, value, explanation FROM read_parquet(?) ORDER BY record, metric"
    own = duckdb.execute(read, [str(tmp_path / "job-*" / "gavel.parquet")]).fetchall()
    scripts = [
        (record, metric, None if value is None or np.isnan(value) else value, explanation)
        for record, metric, value, explanation in duckdb.execute(read, [str(tmp_path / "script.parquet")]).fetchall()
    ]
    assert own == scripts
    assert len(own) == 440


def test_bootstrap_intervals_end_where_scipys_do_but_for_chance(tmp_path: Path) -> None:
    (row,) = (row for row in statistics.ROWS if row.name == "bootstrap")
    call(row.prepare, tmp_path, 2000, row.seed)

    own = gavel_statistics.bootstrap(tmp_path, 2000)["all"]
    scipys = script_statistics.bootstrap(tmp_path, 2000)["all"]

    for one, other in zip(own, scipys, strict=True):
        error = (other[1] - other[0]) / 3.92
        assert np.abs(np.subtract(one, other)).max() < 0.2 * error


def test_the_report_has_room_for_records_with_their_texts(tmp_path: Path) -> None:
    (row,) = (row for row in results.ROWS if row.name == "report")

    found = facts(row, tmp_path, 60)[GAVEL]

    assert found["records"] == 60
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert found["megabytes"] == pytest.approx(len(page.encode()) / 1e6)
    assert "The phrase" in page
