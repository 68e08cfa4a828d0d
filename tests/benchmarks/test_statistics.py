"""The benchmarks of the statistics run, and tell a promise that is broken."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from benchmarks import coverage_of_intervals, statistics_speed
from benchmarks.interval_scenarios import SCENARIOS


def test_a_paired_comparison_is_that_of_complete_pairs_and_one_by_position_is_not() -> None:
    found = coverage_of_intervals.misalignment()

    assert found["paired_difference"] == pytest.approx(found["complete_difference"], abs=1e-12)
    assert found["paired_spearman"] == pytest.approx(found["complete_spearman"], abs=1e-12)
    assert found["paired_p"] == pytest.approx(found["complete_p"], abs=1e-12)
    assert abs(found["naive_spearman"]) < 0.2 < found["paired_spearman"]


def test_every_population_is_one_and_has_the_truth_that_large_samples_show() -> None:
    for scenario in SCENARIOS:
        assert scenario.joint.sum() == pytest.approx(1)
        pairs = scenario.sample(200_000, np.random.default_rng(1))
        values, counts = pairs.differences
        assert (values @ counts) / counts.sum() == pytest.approx(scenario.truth, abs=0.005)


@pytest.mark.slow
def test_intervals_keep_their_level_from_thirty_records_on() -> None:
    report = coverage_of_intervals.measure(rounds=1500, families=100, gates=150, sizes=(30, 100))

    assert list(coverage_of_intervals.broken(report)) == []
    report["coverage"][0]["coverage"] = 0.92
    report["false_verdicts"][0]["share"] = 0.2
    report["gates"][0]["fails"] = 0.2
    assert len(list(coverage_of_intervals.broken(report))) == 3


@pytest.mark.slow
def test_the_tables_say_what_scipy_says() -> None:
    report = {
        "spearman": statistics_speed.measure_spearman(models=4, metrics=2, records=20_000),
        "bootstrap": statistics_speed.measure_bootstrap(2_000),
    }
    # Fewer records and a busy machine say nothing about speed.
    report["spearman"]["ratio"] = report["bootstrap"]["ratio"] = 1000
    worse = copy.deepcopy(report)
    worse["spearman"].update(ratio=9, largest_gap=float("nan"))
    worse["bootstrap"].update(ratio=49, same_distribution_p=1e-6, interval=[-1, 1])

    assert list(statistics_speed.broken(report)) == []
    assert len(list(statistics_speed.broken(worse))) == 4  # Spearman's speed is not promised of so few records
    worse["spearman"]["records"] = statistics_speed.SPEARMAN_RECORDS
    assert len(list(statistics_speed.broken(worse))) == 5
