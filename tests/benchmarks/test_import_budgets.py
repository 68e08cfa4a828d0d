"""The gate tells a Lambda that loads what it does not need, and one that makes other clients than it says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks import import_budgets
from benchmarks.import_budgets import BUDGETS, LAMBDAS, Budget, broken, loaded
from infra.handler_table import HANDLERS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CHECK_JOB = next(budget for budget in BUDGETS if budget.handler == "check_job")


def changed(folder: Path, file: str, before: str, after: str) -> Path:
    """The Lambdas' sources with one thing changed."""
    copy = folder / "lambdas"
    shutil.copytree(LAMBDAS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    source = (copy / file).read_text(encoding="utf-8")
    assert source.count(before) == 1
    (copy / file).write_text(source.replace(before, after), encoding="utf-8")
    return copy


def test_every_lambda_has_a_budget() -> None:
    budgets = [budget.handler for budget in BUDGETS]

    assert sorted(budgets) == sorted(handler.name for handler in HANDLERS)


def importing(folder: Path, file: str, library: str) -> Path:
    """The Lambdas' sources with one more import in a file."""
    first = "from typing import "
    return changed(folder, file, first, f"import {library}\n{first}")


def test_a_handler_that_imports_numpy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lambdas = importing(tmp_path, "handlers/check_job.py", "numpy")

    assert import_budgets.report(lambdas, [CHECK_JOB]) == 1

    told = capsys.readouterr().out
    assert "BROKEN: check_job loads numpy, which its budget does not name" in told
    assert "BROKEN: check_job loads 1." in told  # and its many modules are more than it may load


def test_an_engine_that_imports_a_reader_of_suites_early_is_told(tmp_path: Path) -> None:
    lambdas = importing(tmp_path, "gavel/planning/manifest.py", "gavel.suites.reader")
    start_job = next(budget for budget in BUDGETS if budget.handler == "start_job")

    (libraries, *_) = broken(start_job, loaded(start_job, lambdas))

    assert "pydantic" in libraries
    assert "yaml" in libraries


def test_a_client_that_is_made_early_and_not_in_the_budget_is_told(tmp_path: Path) -> None:
    lambdas = changed(tmp_path, "handlers/check_job.py", "(clients.bedrock,)", "(clients.bedrock, clients.s3)")

    (*_, told) = broken(CHECK_JOB, loaded(CHECK_JOB, lambdas))

    assert told.startswith("check_job makes the clients s3, bedrock before its first event")


def test_a_library_that_a_budget_names_for_nothing_is_told() -> None:
    budget = Budget(CHECK_JOB.handler, CHECK_JOB.clients, CHECK_JOB.modules, frozenset({"numpy"}))

    assert broken(budget, loaded(budget)) == ["check_job does not load numpy; take it out of its budget"]
