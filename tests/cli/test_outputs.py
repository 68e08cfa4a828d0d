"""`gavel init` and files that are named by their ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gavel_cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_what_init_writes_is_valid_and_its_suite_explains_itself(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = run("init", folder, "--name", "mine", "--json")
    written = json.loads(done.stdout)

    assert done.exit_code == 0
    assert run("validate", written["dataset"], "--suite", written["suite"]).exit_code == 0
    assert run("estimate", written["dataset"], "--suite", written["suite"]).exit_code == 0
    text = (folder / "mine.yaml").read_text()
    assert sum(line.lstrip().startswith("#") for line in text.splitlines()) >= 8


def test_init_replaces_nothing_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("mine")

    refused = run("init", tmp_path)
    assert (refused.exit_code, (tmp_path / "questions.jsonl").read_text()) == (2, "mine")
    assert not (tmp_path / "my-suite.yaml").exists()
    assert run("init", tmp_path, "--force").exit_code == 0


@pytest.mark.parametrize("name", ["../x", "No", "a b", "-a", "x" * 41])
def test_init_takes_no_name_that_no_suite_can_have(tmp_path: Path, name: str) -> None:
    assert run("init", tmp_path, f"--name={name}").exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["out.txt", "out", "nowhere/out.html"])
@pytest.mark.parametrize("command", ["results", "watch"])
def test_a_file_whose_end_says_nothing_or_without_a_folder_is_a_usage_error(
    tmp_path: Path, command: str, file: str
) -> None:
    done = run(command, "mine-0123456789abcdef", "-o", tmp_path / file)

    assert done.exit_code == 2
    assert "out" in done.output


@pytest.mark.parametrize("command", ["status", "watch", "results", "records", "report", "stop"])
def test_what_is_no_id_is_refused_before_aws_is_asked(command: str) -> None:
    done = run(command, "nonsense")

    assert done.exit_code == 2
    assert "gavel list" in done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("schedule", "--set", "rate(1 day)"),
        ("schedule", "mine", "--clear", "--off"),
        ("schedule", "mine", "--set", "rate(1 minute)"),
        ("suites", "--delete"),
        ("suites", "mine", "--delete", "--versions"),
        ("history", "No Suite"),
        ("list", "--status", "DONE"),
    ],
)
def test_wrong_usage_is_told_before_aws_is_asked(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_every_command_has_help_and_stands_in_the_list_in_one_line() -> None:
    listed = run("--help").output
    from gavel_cli.main import COMMANDS  # noqa: PLC0415 - beside the question that it answers

    for name in COMMANDS:
        assert f"  {name} " in listed
        helped = run(name, "--help")
        assert helped.exit_code == 0
        assert "Exit codes" in helped.output or name == "judges"
