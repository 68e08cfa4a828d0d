"""The benchmark runs, and a small part of its jobs stays within the limits too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
@pytest.mark.parametrize("baseline", [False, True])
def test_summarising_many_jobs_keeps_the_limits_of_the_lambda(*, baseline: bool) -> None:
    command = [sys.executable, "-m", "benchmarks.summarize_million", "--records", "20000", "--json"]
    done = subprocess.run(
        [*command, "--baseline"] if baseline else command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["broken"] == []
    assert [(one["records"], one["jobs"]) for one in answer["measurements"]] == [(2_000, 4), (20_000, 40)]
    assert [one["baseline_jobs"] for one in answer["measurements"]] == ([4, 40] if baseline else [0, 0])
    assert all(0 < one["files"] <= one["disk"] * 1.1 for one in answer["measurements"])
