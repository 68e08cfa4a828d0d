"""What a person and a program are told by `gavel doctor`, and the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from gavel.aws.diagnosis import checks
from gavel.diagnosis.finding import Finding, ok, problem, skipped, warning
from gavel.diagnosis.suite_models import SuiteChoice
from gavel_cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FINE = [ok("Region", "eu-west-1"), warning("version", "old", "`make deploy`"), skipped("API", "no", "allow it")]
BAD = problem("model x", "unknown \x1b[2J\u202e", "write y")


def doctor(monkeypatch: pytest.MonkeyPatch, findings: list[Finding], *arguments: str) -> tuple[Result, Any]:
    asked: list[Any] = []

    def diagnose(stack: str, choice: SuiteChoice, *, operations: bool) -> Iterator[Finding]:
        asked.append((stack, choice, operations))
        yield from findings

    monkeypatch.setattr(checks, "diagnose", diagnose)
    return CliRunner().invoke(main, ["doctor", *arguments]), asked


def test_every_finding_is_a_line_with_its_sign_its_word_and_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = doctor(monkeypatch, FINE)

    assert result.output.splitlines() == [
        "✓ ok      Region: eu-west-1",
        "! warning version: old",
        "          → `make deploy`",
        "– skipped API: no",
        "          → allow it",
        "",
        "1 ok, 1 warning, 0 problem, 1 skipped",
    ]


@pytest.mark.parametrize(("findings", "code"), [(FINE, 0), ([*FINE, BAD], 1)])
@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_only_a_problem_is_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, findings: list[Finding], code: int, arguments: tuple[str, ...]
) -> None:
    assert doctor(monkeypatch, findings, *arguments)[0].exit_code == code


def test_texts_of_strangers_cannot_act_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = doctor(monkeypatch, [BAD])

    assert "✗ problem model x: unknown \\x1b[2J\\u202e" in result.output


def test_a_program_gets_one_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = doctor(monkeypatch, [*FINE, BAD], "--json", "--stack", "mine")

    assert json.loads(result.output) == {
        "healthy": False,
        "stack": "mine",
        "suite": "default",
        "counts": {"ok": 1, "warning": 1, "problem": 1, "skipped": 1},
        "findings": [
            {"name": "Region", "level": "ok", "text": "eu-west-1", "remedy": None},
            {"name": "version", "level": "warning", "text": "old", "remedy": "`make deploy`"},
            {"name": "API", "level": "skipped", "text": "no", "remedy": "allow it"},
            {"name": "model x", "level": "problem", "text": "unknown \x1b[2J\u202e", "remedy": "write y"},
        ],
    }


def test_a_suite_is_a_name_in_the_bucket_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"version: 1\n")

    assert doctor(monkeypatch, FINE)[1] == [("gavel-production", SuiteChoice("default"), False)]
    assert doctor(monkeypatch, FINE, "--suite", "other")[1] == [("gavel-production", SuiteChoice("other"), False)]
    assert doctor(monkeypatch, FINE, "--suite", str(file))[1] == [
        ("gavel-production", SuiteChoice("mine", b"version: 1\n", str(file)), False)
    ]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("--stack",), ("gavel-production", True)),
        (("--stack", "--json"), ("gavel-production", True)),
        (("--stack", "mine"), ("mine", True)),
        (("--stack=mine",), ("mine", True)),
        ((), ("gavel-production", False)),
    ],
)
def test_a_stack_with_or_without_its_name_is_looked_at_as_it_runs(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], asked: tuple[str, bool]
) -> None:
    ((stack, _, operations),) = doctor(monkeypatch, FINE, *arguments)[1]

    assert (stack, operations) == asked


@pytest.mark.parametrize("suite", ["nowhere.yaml", "No Suite"])
def test_a_suite_that_cannot_be_one_is_wrong_usage_and_asks_nothing(
    monkeypatch: pytest.MonkeyPatch, suite: str
) -> None:
    result, asked = doctor(monkeypatch, FINE, "--suite", suite)

    assert (result.exit_code, asked) == (2, [])
