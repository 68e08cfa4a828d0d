"""asl-validator, which knows the Amazon States Language's schema, passes the definition and bites on mistakes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.statemachine import definition
from tests.statemachine.definition import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NODE = ROOT / ".venv" / "bin" / "node"
LINTER = ROOT / "node_modules" / ".bin" / "asl-validator"


def lint(folder: Path, text: str) -> tuple[int, str]:
    file = folder / "machine.asl.json"
    file.write_text(text, encoding="utf-8")
    finished = subprocess.run([NODE, LINTER, "--json-path", file], capture_output=True, text=True, check=False)
    return finished.returncode, finished.stdout + finished.stderr


def test_the_linter_passes_the_definition(tmp_path: Path) -> None:
    assert lint(tmp_path, definition.plausible()) == (
        0,
        f'✓ State machine definition "{tmp_path}/machine.asl.json" is valid\n',
    )


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ('"Next": "CheckJob"', '"Next": "ChekJob"', "ChekJob"),
        ("$looks + 1 %}", "$looks + %}", "/States/WaitForJob/Assign/looks"),
        ('"Seconds": "{%', '"SecondsPath": "{%', "/States/WaitForJob"),
        ('"Assign": { "looks": "{%', '"Asign": { "looks": "{%', "/States/WaitForJob"),
    ],
    ids=["dangling Next", "broken JSONata", "a field of JSONPath", "a misspelt field"],
)
def test_the_linter_finds_a_seeded_mistake(tmp_path: Path, right: str, wrong: str, finding: str) -> None:
    assert definition.TEXT.count(right) >= 1
    code, said = lint(tmp_path, definition.plausible(definition.TEXT.replace(right, wrong, 1)))
    assert code == 1, said
    assert finding in said
