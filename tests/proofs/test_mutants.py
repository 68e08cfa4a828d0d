"""Seeded mutants still fit the code, and a check that notices nothing is found out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from proofs import mutants
from proofs.mutants.mutant import Mutant, seeded
from proofs.mutants.trial import ROOT, Fate, Trial

if TYPE_CHECKING:
    from pathlib import Path

MUTANTS = seeded()
BRAVE = "pytest tests/test_sum.py"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_still_fits_the_code(mutant: Mutant) -> None:
    before = (ROOT / mutant.file).read_text(encoding="utf-8")

    assert mutant.applied(before) != before


def test_mutants_are_told_apart_by_their_names_and_each_has_a_place_on_the_page() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.group for mutant in MUTANTS} == set(mutants.GROUPS)


@pytest.mark.parametrize(
    "mutant", [one for one in MUTANTS if one.check.startswith("pytest ")], ids=lambda one: one.name
)
def test_a_named_check_is_one_test_that_there_is(mutant: Mutant) -> None:
    file, _, name = mutant.check.removeprefix("pytest ").partition("::")

    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A repository with one function and one test of it."""
    root = tmp_path / "root"
    (root / "tests").mkdir(parents=True)
    (root / "total.py").write_text("def total(a, b):\n    return a + b  # plain\n")
    (root / "tests" / "test_sum.py").write_text(
        "from total import total\n\ndef test_it():\n    assert total(1, 2) == 3\n"
    )
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


def mutant(new: str, *, old: str = "a + b", check: str = BRAVE) -> Mutant:
    return Mutant(group="figures", name="m", breaks="sums", file="total.py", old=old, new=new, check=check)


@pytest.mark.slow  # each starts pytest twice
@pytest.mark.parametrize(
    ("one", "fate"),
    [
        (mutant("a - b"), Fate.CAUGHT),
        (mutant("b + a"), Fate.SURVIVED),
        (mutant("a +"), Fate.NO_VERDICT),  # code that cannot be read proves nothing about the test
        (mutant("a - b", check="pytest tests/test_missing.py"), Fate.NO_VERDICT),
    ],
    ids=["broken", "same", "unreadable", "without a check"],
)
def test_a_mutant_is_caught_by_a_failing_test_only_and_leaves_no_trace(
    one: Mutant, fate: Fate, sources: Path, tmp_path: Path
) -> None:
    trial = Trial.copied(tmp_path / "copy", sources)
    before = (trial.folder / "total.py").read_text()

    assert trial.of(one)[0] is fate
    assert (trial.folder / "total.py").read_text() == before == (sources / "total.py").read_text()


@pytest.mark.parametrize("old", ["a * b", "a"])
def test_a_patch_that_fits_nowhere_or_in_two_places_is_refused(old: str) -> None:
    with pytest.raises(ValueError, match="not once"):
        mutant("x", old=old).applied("def total(a, b):\n    return a + b\n")


@pytest.mark.slow
def test_a_survivor_breaks_the_proof_and_names_its_check(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "seeded", lambda: (mutant("a - b"), mutant("b + a")))
    original = Trial.copied
    monkeypatch.setattr(Trial, "copied", lambda folder: original(folder, sources))

    result = mutants.prove(lambda text: None)

    (sentence,) = result.broken
    assert "gets survived" in sentence
    assert BRAVE in sentence
    assert result.figures[0] == "2 mutants, 1 caught"
