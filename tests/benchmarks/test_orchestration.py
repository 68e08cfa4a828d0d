"""The counts of an orchestration keep their promises, in the table and in the JSON alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_the_counts_of_five_jobs_are_in_the_json_and_keep_their_promises() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.orchestration", "--jobs", "5", "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambdas'}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["broken"] == []
    (five,) = answer["compared"]
    own, polled = (five[side]["items"]["state transitions"]["count"] for side in ("gavel", "polling"))
    assert five["jobs"] == 5
    assert polled >= 75 * own > 0
    beside = answer["beside_bedrock"]
    assert beside["usd"] == pytest.approx(sum(item["usd"] for item in beside["items"].values()))
    assert beside["share"] == pytest.approx(beside["usd"] / beside["bedrock_usd"])
