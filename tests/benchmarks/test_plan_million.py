"""The benchmark runs, and a fifth of its records stay within the limits too."""

from __future__ import annotations

import pytest

from tests.benchmarks.json_answers import answer_of


@pytest.mark.slow
def test_planning_many_records_keeps_the_limits_of_the_lambda() -> None:
    answer = answer_of("plan_million", "--records", "200000", codes=frozenset({0, 1}))

    # How memory grows with the records shows in a million of them; in fewer the allocator's own steps are larger.
    assert [line for line in answer["broken"] if not line.startswith("memory grows")] == []
    assert {one["jobs"] for one in answer["measurements"]} == {0, 400, 40, 20}
