"""The benchmark runs, and a fifth of its records stay within the limits too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_planning_many_records_keeps_the_limits_of_the_lambda() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plan_million", "--records", "200000", "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)
