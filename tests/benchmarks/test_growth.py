"""Growth: every stage at every size, and a simulation that says what it is and where its limits are."""

from __future__ import annotations

from math import inf

import pytest

from benchmarks.__main__ import main
from benchmarks.growth import Line, Stage, simulate


@pytest.mark.slow
def test_growth_shows_every_stage_at_every_size_and_calls_its_simulation_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["growth", "--sizes", "1000,2000"]) == 0

    printed = capsys.readouterr().out
    for stage in ("validate", "plan", "collect", "summarise"):
        assert [line.split()[1] for line in printed.splitlines() if line.startswith(stage)] == ["1,000", "2,000"]
    assert "SIMULATED, not measured: 10,000,000 records × 10 models × 3 judges × 11 metrics" in printed
    limits = [line.strip() for line in printed.splitlines() if line.startswith(("  broken", "  kept"))]
    # Of so few records a summary is mostly its start, so which limit is the first one is not asked here.
    assert "broken jobs of one evaluation: 300,000 of 10,000 (30.0 times), reached at 333,333 records" in limits
    assert len(limits) == 7
    reached = [int(limit.split()[-2].replace(",", "")) for limit in limits if not limit.endswith("never reached")]
    assert reached == sorted(reached)


def stage(name: str, records: int, memory: float, cpu: float = 1.0) -> Stage:
    return Stage(name, records, megabytes=records / 1000, cpu=cpu, clock=cpu, memory=memory)


def test_a_limit_is_reached_where_the_line_of_what_is_needed_meets_it() -> None:
    measured = [
        stage("plan", 1_000, 40.0),
        stage("plan", 100_000, 50.0),
        stage("plan", 200_000, 60.0, cpu=2.0),
        stage("summarise", 100_000, 90.0),
        stage("summarise", 200_000, 80.0, cpu=4.0),
    ]

    limits = {limit["limit"]: limit for limit in simulate(measured)["limits"]}

    planning = limits["MB of memory of PlanEvaluation"]
    assert planning["needed"] == pytest.approx(40 + 10 * 100)
    assert planning["reached_at"] == pytest.approx((planning["allowed"] - 40) * 10_000, abs=1)
    assert limits["seconds of PlanEvaluation"]["reached_at"] == 90_000_000
    # Fifteen times the scores of two generators.
    assert limits["seconds of SummarizeEvaluation"]["reached_at"] == 3_000_000
    assert limits["MB of memory of SummarizeEvaluation"]["reached_at"] is None
    first, *_, last = limits
    assert (first, last) == ("jobs of one evaluation", "MB of memory of SummarizeEvaluation")


def test_a_limit_that_the_start_alone_breaks_is_reached_at_once() -> None:
    assert Line(5.0, 0.1).reached(4.0) == 0
    assert Line(5.0, 0.0).reached(4.0) == 0
    assert Line(5.0, 0.0).reached(6.0) == inf
    assert Line(5.0, 0.1).reached(6.0) == pytest.approx(10)
