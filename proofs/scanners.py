"""Runs the scanners of `.venv-proofs` as programs: they stay out of the developer's environment, and offline."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).parent.parent
ENVIRONMENT: Final = ROOT / ".venv-proofs"


class ScannerError(RuntimeError):
    """A scanner is not there, or ended in a way that says nothing about what it looked at."""


def scan(
    name: str, arguments: Sequence[str], *, answers: frozenset[int], extra: Mapping[str, str] | None = None
) -> str:
    """What the scanner prints, run in the repository's root.

    `answers` are the exit codes with which it answers ("found nothing", "found something"); any other raises
    ScannerError, for a scanner that broke has found nothing either.
    """
    program = ENVIRONMENT / "bin" / name
    if not program.is_file():
        raise ScannerError(f"{name} is not installed; run `tools/setup.sh proofs`")
    # The scanner's own environment first, since some start programs that lie beside them.
    path = f"{program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    known = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**known, "PATH": path, **(extra or {})},
    )
    if done.returncode not in answers:
        raise ScannerError(f"{name} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
