"""Cold starts in JSON hold what the table shows."""

from __future__ import annotations

import json
import statistics
import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks import cold_starts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_json_has_every_start_and_what_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cold_starts.PROMISED, "check_job", 0.01)

    assert cold_starts.main(["--only", "check_job", "--rounds", "2", "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    (start,) = found["starts"]
    assert start["handler"] == "check_job"
    assert len(start["bare"]) == len(start["gavel"]) == 2
    assert start["ratio"] == statistics.median(start["gavel"]) / statistics.median(start["bare"])
    assert 1 < start["modules_ratio"] < 1.25
    assert found["bundles"]["core"]["unzipped"] > found["bundles"]["core"]["zipped"] > 1_000_000
    (broken,) = found["broken"]
    assert broken.startswith("check_job takes ")
    assert broken.endswith("times bare boto3; promised: 0.01 at most")


def test_a_start_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        cold_starts.start(tmp_path, "import nothing_of_this_name")
