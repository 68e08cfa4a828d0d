"""Bootstrap intervals from count tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gavel.statistics.bootstrap import bootstrap_interval, resampled_means

VALUES = np.array([-0.5, -0.25, 0.0, 0.25, 1.0])
COUNTS = np.array([10, 20, 200, 60, 30])


def interval(*strata: Any) -> tuple[float, float]:
    found = bootstrap_interval(strata)
    assert found is not None
    return found


def test_resampling_counts_has_the_distribution_of_resampling_records() -> None:
    own = resampled_means(VALUES, COUNTS, resamples=20_000, chance=np.random.default_rng(1))
    records = np.repeat(VALUES, COUNTS)
    scipys = stats.bootstrap((records,), np.mean, n_resamples=20_000, rng=2, method="percentile")

    assert stats.ks_2samp(own, scipys.bootstrap_distribution).pvalue > 0.01
    assert own.mean() == pytest.approx(records.mean(), abs=1e-3)
    assert own.std() == pytest.approx(records.std() / len(records) ** 0.5, rel=0.03)


def test_with_many_records_the_interval_is_students() -> None:
    records = np.repeat(VALUES, COUNTS * 20)
    expected = stats.ttest_1samp(records, 0).confidence_interval()

    assert interval((VALUES, COUNTS * 20)) == pytest.approx((expected.low, expected.high), abs=5e-4)


def test_the_same_table_gives_the_same_interval_and_the_mirrored_one_the_mirrored_interval() -> None:
    low, high = interval((VALUES, COUNTS))

    assert interval((VALUES.copy(), COUNTS.copy())) == (low, high)
    assert interval((-VALUES[::-1], COUNTS[::-1])) == (-high, -low)


def test_a_symmetric_table_has_a_symmetric_interval() -> None:
    low, high = interval((np.array([-1.0, 0.0, 1.0]), np.array([3, 30, 3])))

    assert low == -high


def test_records_that_all_differ_alike_still_leave_a_doubt_that_shrinks_with_their_number() -> None:
    few, many = (interval((np.array([0.5]), np.array([n]))) for n in (5, 500))

    assert few[0] < many[0] <= 0.5 == few[1] == many[1]
    assert many[0] > 0.49


def test_records_that_are_all_equal_have_a_point() -> None:
    assert interval((np.array([0.0]), np.array([30]))) == (0.0, 0.0)


def test_one_record_has_no_interval() -> None:
    assert bootstrap_interval([(np.array([0.5]), np.array([1]))]) is None
    assert bootstrap_interval([]) is None


def test_a_stratified_sample_is_as_narrow_as_its_strata_are_alike_inside() -> None:
    alike = interval((np.array([-1.0, -0.9]), np.array([50, 50])), (np.array([0.9, 1.0]), np.array([50, 50])))
    pooled = interval((np.array([-1.0, -0.9, 0.9, 1.0]), np.array([50] * 4)))

    assert alike[1] - alike[0] < (pooled[1] - pooled[0]) / 5


def test_strata_of_one_record_are_resampled_together_and_not_taken_for_certain() -> None:
    values = np.linspace(-1, 1, 40)
    single = interval(*((values[place : place + 1], np.array([1])) for place in range(40)))
    pooled = interval((values, np.ones(40, dtype=np.int64)))

    assert single == pooled


def test_thousands_of_distinct_values_are_grouped_without_losing_spread() -> None:
    records = np.random.default_rng(3).gamma(1, 1, 20_000)
    values, counts = np.unique(records, return_counts=True)
    expected = stats.ttest_1samp(records, 0).confidence_interval()

    low, high = interval((values, counts))

    assert high - low == pytest.approx(expected.high - expected.low, rel=0.05)
    assert (low + high) / 2 == pytest.approx(records.mean(), abs=1e-3)


def test_an_interval_grows_with_its_level_beyond_what_the_resamples_reach() -> None:
    stratum = (np.array([-1.0, 0.0, 1.0]), np.array([60, 200, 40]))

    levels = [1 - 0.05 / checks for checks in (1, 100, 400, 1000, 5000)]
    widths = [high - low for low, high in (bootstrap_interval([stratum], level=level) or (0, 0) for level in levels)]

    assert widths == sorted(widths)
    mean, deviation = -20 / 300, math.sqrt(100 / 300 - (20 / 300) ** 2)
    low, high = bootstrap_interval([stratum], level=levels[-1]) or (0, 0)
    students = stats.t.interval(levels[-1], 299, mean, deviation / math.sqrt(299))
    assert low <= students[0] + 0.005
    assert high >= students[1] - 0.005
