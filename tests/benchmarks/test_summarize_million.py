"""The benchmark runs, and a small part of its jobs stays within the limits too."""

from __future__ import annotations

import pytest

from tests.benchmarks.json_answers import answer_of


@pytest.mark.slow
@pytest.mark.parametrize("baseline", [False, True])
def test_summarising_many_jobs_keeps_the_limits_of_the_lambda(*, baseline: bool) -> None:
    answer = answer_of("summarize_million", "--records", "20000", *(["--baseline"] if baseline else []))

    assert answer["broken"] == []
    assert [(one["records"], one["jobs"]) for one in answer["measurements"]] == [(2_000, 4), (20_000, 40)]
    assert [one["baseline_jobs"] for one in answer["measurements"]] == ([4, 40] if baseline else [0, 0])
    assert all(0 < one["files"] <= one["disk"] * 1.1 for one in answer["measurements"])
