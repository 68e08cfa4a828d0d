"""Benchmarks as commands: each in a process of its own, and what it says in JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def answer_of(name: str, *arguments: str, codes: frozenset[int] = frozenset({0})) -> dict[str, Any]:
    """The answer of `python -m benchmarks.NAME --json`, which has to end with one of those exit codes."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments, "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in codes, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
