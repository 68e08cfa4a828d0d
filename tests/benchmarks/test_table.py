"""The one command of the benchmarks: it measures in fresh processes, and its exit code says what is broken."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import main
from benchmarks.rows import all_rows
from benchmarks.table.promises import Faster, FlatMemory, LessMemory, MemoryWithin
from benchmarks.table.row import GAVEL, SCRIPT, Row

if TYPE_CHECKING:
    from benchmarks.table.promises import Promise

_HERE = "tests.benchmarks.contenders"


def row(*promises: Promise, gavel: str = "quick", script: str = "slow", same: tuple[str, ...] = ("bytes",)) -> Row:
    return Row(
        name="sample",
        about="a row of the tests",
        prepare=f"{_HERE}:prepare",
        contenders={GAVEL: f"{_HERE}:{gavel}", SCRIPT: f"{_HERE}:{script}"},
        sizes=(2_000, 4_000),
        quick_sizes=(1_000,),
        promises=promises,
        same=same,
    )


@pytest.mark.slow
def test_a_promise_that_is_kept_ends_with_exit_code_0() -> None:
    assert main(["--quick"], [row(Faster(2), MemoryWithin(30))]) == 0


@pytest.mark.slow
def test_a_promise_of_speed_that_is_broken_ends_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    broken = row(Faster(2), gavel="slow", script="quick")

    assert main(["--quick"], [broken]) == 1
    assert "BROKEN\n  sample: 0.0" in capsys.readouterr().out


@pytest.mark.slow
def test_a_promise_of_memory_that_is_broken_ends_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick"], [row(MemoryWithin(30), LessMemory(2), gavel="large", script="quick")]) == 1
    assert "promised: 30 or less" in capsys.readouterr().out


@pytest.mark.slow
def test_contenders_that_disagree_end_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick"], [row(same=("odd",))]) == 1
    assert "odd of 1,000 records: Gavel ['1'], usual script ['0']" in capsys.readouterr().out


@pytest.mark.slow
def test_every_size_and_contender_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "2", "--json"], [row()]) == 0

    answer = json.loads(capsys.readouterr().out)
    (shown,) = answer["rows"]
    assert [(one["contender"], one["size"], one["bytes"]) for one in shown["figures"]] == [
        (contender, size, size) for size in (2_000, 4_000) for contender in (GAVEL, SCRIPT)
    ]
    assert shown["rounds"] == 2
    assert {"python", "msgspec", "processor"} <= answer["machine"].keys()


@pytest.mark.slow
def test_a_promise_from_a_size_on_is_not_held_below_it() -> None:
    never = Faster(1e9, from_size=3_000)

    assert main(["--quick"], [row(never)]) == 0
    assert main(["--sizes", "3000"], [row(never)]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("each", all_rows(), ids=lambda each: each.name)
def test_every_row_runs_and_its_contenders_agree(each: Row) -> None:
    # Small sizes say nothing about speed and memory.
    assert main(["--quick"], [replace(each, promises=())]) == 0


@pytest.mark.slow
def test_a_promise_about_growth_is_not_held_with_one_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick"], [row(FlatMemory())]) == 0
    assert "kept" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_row_without_a_size_keeps_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    plain = replace(row(), unit=None, sizes=(2_000,))

    assert main(["--sizes", "3000", "--rounds", "1", "--json"], [plain]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["rows"]
    assert {one["size"] for one in shown["figures"]} == {2_000}

    assert main(["--rounds", "1"], [plain]) == 0
    printed = capsys.readouterr().out
    assert "a row of the tests (1 round)\n" in printed
    assert "2,000" not in printed


def test_names_of_rows_are_unique() -> None:
    names = [each.name for each in all_rows()]

    assert len(names) == len(set(names))
