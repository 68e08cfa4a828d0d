"""Metrics of a suite's own on the deployed system: numbers, labels, and a judge of their own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.twin.test_main_job import SHOPPING, records

if TYPE_CHECKING:
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

SUITE = Path(__file__).parents[2] / "examples" / "suites" / "custom-metrics.yaml"


def test_the_example_s_own_metrics_are_scored_by_their_own_judge(gavel: Gavel) -> None:
    key, _ = gavel.upload(*records(SHOPPING), suite=gavel.put_suite(SUITE.read_text()))

    view = gavel.ended(key)

    assert (view["status"], view["jobs"]["collected"], view["failed_jobs"]) == ("COMPLETED", 2, [])
    cells = {(item["model"], item["judge"], item["metric"]): item for item in view["summaries"]}
    assert Counter((judge, metric) for _, judge, metric in cells) == {
        ("pro", "Builtin.Correctness"): 2,
        ("sonnet", "shown-work"): 2,
        ("sonnet", "one-number"): 2,
    }
    for (_, _, metric), item in cells.items():
        assert item["n"] + item["missing"] == 30
        assert item["n"] > 20
        if metric == "shown-work":
            assert set(item["values"]) <= {"0.0", "0.5", "1.0"}
        if metric == "one-number":
            assert set(item["values"]) <= {"Pass", "Fail"}
            assert item["mean"] is None
