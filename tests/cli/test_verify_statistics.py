"""The published tables, recomputed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel_cli.main import main
from gavel_cli.published import tables
from gavel_cli.published.tables import Check, checks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FIGURES = list(checks())


@pytest.mark.parametrize("figure", FIGURES, ids=lambda one: f"{one.table}: {one.row}, {one.figure}")
def test_the_computed_figure_equals_the_published_digits(figure: Check) -> None:
    assert figure.equal, figure


def test_every_row_of_both_tables_is_there() -> None:
    assert len(FIGURES) == 4 * len(tables.MT_BENCH) + 3 * len(tables.UNIEVAL)
    exact = {(one.row, one.figure): one.computed for one in FIGURES}
    assert exact["turn 1, GPT-4 / people", "S1 %"] == pytest.approx(65.97, abs=0.005)
    assert exact["turn 2, people / people", "S2 %"] == pytest.approx(81.86, abs=0.005)


def test_the_command_prints_both_and_ends_well() -> None:
    outcome = CliRunner().invoke(main, ["verify-statistics"])

    assert outcome.exit_code == 0
    assert "40 of 40 figures equal the published digits." in outcome.stdout
    assert "0.513986" in outcome.stdout
    assert max(map(len, outcome.stdout.splitlines())) <= 100
    report: dict[str, Any] = json.loads(CliRunner().invoke(main, ["verify-statistics", "--json"]).stdout)
    assert report["equal"]


def test_one_figure_that_differs_ends_in_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def off(*_: object) -> Iterator[Check]:
        yield Check("table", "row", "figure", 0.5, 0.4999, 3)
        yield Check("table", "row", "figure", 0.5, 0.4994, 3)

    monkeypatch.setattr(tables, "checks", off)
    outcome = CliRunner().invoke(main, ["verify-statistics"])

    assert outcome.exit_code == 1
    assert outcome.stdout.count("DIFFERS") == 1


@pytest.mark.slow
def test_the_wheel_carries_the_data_with_their_licences(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("gavel_cli/published/")}
    assert {Path(name).name for name in names if "mt_bench" in name} == {
        "human.jsonl",
        "gpt4_pair.jsonl",
        "LICENSE",
        "PROVENANCE.json",
    }
    assert "gavel_cli/published/unieval/LICENSE" in names
