"""Means of resamples are distributed as those of records that are really drawn one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from gavel.statistics.resampling import resampled_means

MANY = 20_000
TABLES = [
    pytest.param([-1.0, 0.0, 0.25, 1.0], [3, 20, 9, 8], id="quarters"),
    pytest.param([0.0, 1.0], [9_997, 3], id="few that are not zero"),
    pytest.param([-1.0, 0.0, 1.0], [0.1, 50, 0.1], id="parts of records"),
    pytest.param([0.0, 1 / 3, 1.0], [500, 300, 200], id="thirds"),
    pytest.param([0.0, 0.1667, 0.3333, 0.5], [5, 9, 4, 2], id="no coarse grid"),
    pytest.param([-0.25, 0.0, 0.25], [20_000, 60_000, 20_000], id="many records"),
]


@pytest.mark.parametrize(("values", "counts"), TABLES)
def test_means_are_those_of_records_drawn_with_replacement(values: list[float], counts: list[float]) -> None:
    table, weights = np.array(values), np.array(counts, dtype=np.float64)
    share, n = weights / weights.sum(), round(weights.sum())

    means = resampled_means(table, weights, resamples=MANY, chance=np.random.default_rng(5))
    drawn = np.random.default_rng(6).multinomial(n, share, size=MANY) @ table / n

    # Sums of one table come in steps, and rounding may part equal ones.
    assert stats.ks_2samp(np.round(means, 9), np.round(drawn, 9)).pvalue > 0.001
    variance = float((table - table @ share) ** 2 @ share) / n
    assert abs(means.mean() - table @ share) < 4 * math.sqrt(variance / MANY)


def test_two_records_have_the_chances_that_can_be_told_by_hand() -> None:
    means = resampled_means(np.array([0.0, 1.0]), np.array([1, 1]), resamples=MANY, chance=np.random.default_rng(7))

    shares = [float((means == value).mean()) for value in (0.0, 0.5, 1.0)]
    assert sum(shares) == 1
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.015)


def test_one_value_alone_is_every_mean() -> None:
    means = resampled_means(np.array([0.5]), np.array([12]), resamples=10, chance=np.random.default_rng(8))

    assert means.tolist() == [0.5] * 10
