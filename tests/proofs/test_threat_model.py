"""Every test and page that `docs/threat-model.md` names exists; without them it would only be a promise."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"
TEXT = PAGE.read_text(encoding="utf-8")
GOALS = {"B": "Break in", "L": "Lose data", "P": "Make it pay twice, or too much", "M": "Make it lie"}
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\(([\w./-]+)\)")


@cache
def known_in(file: str) -> frozenset[str]:
    """The functions of a file that pytest collects; none where there is no such file."""
    path = ROOT / file
    if not path.is_file() or not path.name.startswith("test_"):
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def missing(text: str) -> list[str]:
    """The tests and files that a text names and that are not there."""
    tests = [f"{file}::{name}" for file, name in NODE.findall(text) if name not in known_in(file)]
    return tests + [target for target in LINK.findall(text) if not (PAGE.parent / target).exists()]


def attacks(text: str = TEXT) -> list[list[str]]:
    """The rows of all tables of attacks: number, attack, what stops it, shown by, what is left."""
    rows = [[cell.strip() for cell in line.strip("| \n").split(" | ")] for line in text.splitlines()]
    return [row for row in rows if re.fullmatch(r"[BLPM]\d+", row[0])]


def unfounded(rows: list[list[str]]) -> list[str]:
    """Attacks that something stops without a test that shows it, or that nothing stops without saying what is left."""
    return [
        number
        for number, _, stops, shown, left in rows
        if not (NODE.search(shown) or (stops.startswith("nothing") and left != "–"))
    ]


def test_every_test_and_page_that_is_named_exists() -> None:
    assert len(NODE.findall(TEXT)) > 100
    assert missing(TEXT) == []


def test_every_attack_has_a_test_or_says_what_is_left() -> None:
    assert unfounded(attacks()) == []


@pytest.mark.parametrize("letter", GOALS)
def test_every_goal_has_at_least_twelve_attacks_which_are_numbered_in_order(letter: str) -> None:
    section = TEXT.split(f"\n## {GOALS[letter]}\n")[1].split("\n## ")[0]
    numbers = [row[0] for row in attacks(section)]
    assert numbers == [f"{letter}{number}" for number in range(1, len(numbers) + 1)]
    assert len(numbers) >= 12


def test_every_row_has_all_its_cells() -> None:
    assert [row[0] for row in attacks() if len(row) != 5] == []


def test_a_test_a_file_and_a_page_that_are_not_there_are_found() -> None:
    here = "tests/proofs/test_threat_model.py"
    tests = f"`{here}::test_nobody_wrote_this`, `tests/nowhere/test_x.py::test_y`, `{here}::attacks`"
    assert missing(f"{tests} and [a page](proofs/no.md)") == [
        f"{here}::test_nobody_wrote_this",
        "tests/nowhere/test_x.py::test_y",
        f"{here}::attacks",
        "proofs/no.md",
    ]


def test_an_attack_that_nothing_shows_is_found() -> None:
    rows = [["B1", "a", "a lock", "–", "a lot"], ["B2", "a", "nothing", "–", "all"], ["B3", "a", "nothing", "–", "–"]]
    assert unfounded(rows) == ["B1", "B3"]
