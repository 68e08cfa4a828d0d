"""The statistics of count tables are those of SciPy and statsmodels over the lists of records."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from gavel.statistics.correlation import kendall, pearson, spearman
from gavel.statistics.intervals import share_interval
from gavel.statistics.power import detectable_difference, more_records
from gavel.statistics.rank_tests import holm, mcnemar, wilcoxon

if TYPE_CHECKING:
    from collections.abc import Iterator

type Numbers = np.ndarray[Any, Any]

CASES = 1500


def cells(a: Numbers, b: Numbers) -> tuple[Any, Any, Any]:
    """The count table of two lists."""
    distinct, counts = np.unique(np.stack([a, b]), axis=1, return_counts=True)
    return distinct[0], distinct[1], counts


def random_pairs() -> Iterator[tuple[Numbers, Numbers]]:
    """Lists of 2 to 80 values, with many ties, with few, and with none."""
    random = np.random.default_rng(20)
    for _ in range(CASES):
        n, levels = int(random.integers(2, 80)), int(random.choice([2, 3, 5, 7, 0]))
        if levels:
            a = random.integers(0, levels, n) / 1.0
            other = random.integers(0, levels, n) / 1.0
            yield a, np.where(random.random(n) < random.random(), a, other)
        else:
            a = random.normal(size=n)
            yield a, a * random.choice([0, 0.5, 1, -1]) + random.normal(size=n) * random.choice([1, 1e-4])


def reference(function: Any, *arguments: Any) -> Any:
    """What SciPy says; it warns where a figure does not exist."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


@pytest.mark.parametrize(("own", "scipys"), [(spearman, stats.spearmanr), (kendall, stats.kendalltau)])
def test_rank_correlations_and_their_p_values_are_scipys(own: Any, scipys: Any) -> None:
    for a, b in random_pairs():
        expected, found = reference(scipys, a, b), own(*cells(a, b))

        if found is None:
            assert math.isnan(expected.statistic) or len(a) < 3
        else:
            assert found == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9, abs=1e-12)


def test_pearsons_correlation_is_scipys() -> None:
    for a, b in random_pairs():
        expected, found = reference(stats.pearsonr, a, b).statistic, pearson(*cells(a, b))

        assert math.isnan(expected) if found is None else found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [300, 4000])
def test_kendalls_tau_of_many_distinct_values_is_scipys(n: int) -> None:
    random = np.random.default_rng(4)
    a = random.normal(size=n).round(2)
    b = (a + random.normal(size=n)).round(3)
    expected = stats.kendalltau(a, b)

    assert kendall(*cells(a, b)) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [169, 170, 171, 180, 181, 182, 183])
@pytest.mark.parametrize("swapped", [0, 1])
def test_kendalls_p_of_values_that_go_together_is_the_doubled_share_of_all_orders(n: int, swapped: int) -> None:
    a = np.arange(n, dtype=float)
    b = a.copy()
    if swapped:
        b[[0, 1]] = b[[1, 0]]

    result = kendall(*cells(a, b))

    # Of n! orders one has no inversion, and n - 1 have one.
    orders = 1 if not swapped else n
    assert result is not None
    assert result[1] == float(Fraction(2 * orders, math.factorial(n)))


def test_wilcoxons_p_value_is_scipys_by_all_three_ways() -> None:
    ways = set()
    for a, b in random_pairs():
        differences, counts = np.unique(a - b, return_counts=True)
        found = wilcoxon(differences, counts)
        if found is None:
            assert not (a - b).any()
            continue
        ways.add((len(a) <= 13, len(a) <= 50, len(np.unique(np.abs(differences))) == len(a)))
        assert found[0] == pytest.approx(reference(stats.wilcoxon, a, b).pvalue, rel=1e-9, abs=1e-12)
    assert len(ways) >= 5


def test_the_effect_size_is_the_share_of_ranks_for_less_the_share_against() -> None:
    differences, counts = np.array([-1.0, 0.0, 1.0, 2.0]), np.array([1, 5, 2, 1])

    # Ranks of 1, 1, 1, 2 are 2, 2, 2, 4: eight for, two against.
    found = wilcoxon(differences, counts)

    assert found is not None
    assert found[1] == pytest.approx(0.6)
    mirrored = wilcoxon(-differences[::-1], counts[::-1])
    assert mirrored is not None
    assert mirrored[1] == pytest.approx(-0.6)
    assert mirrored[0] == found[0]


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemars_p_value_is_that_of_statsmodels(above: int, below: int) -> None:
    expected = reference_mcnemar([[5, above], [below, 5]], exact=True).pvalue if above + below else 1.0

    assert mcnemar(above, below) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holms_correction_is_that_of_statsmodels(p_values: list[float]) -> None:
    expected = multipletests(p_values, method="holm")[1]

    assert holm(p_values) == pytest.approx(expected.tolist(), rel=1e-12)


def test_what_was_not_tested_is_no_part_of_the_family() -> None:
    assert holm([0.01, None, 0.04]) == [pytest.approx(0.02), None, pytest.approx(0.04)]


@pytest.mark.parametrize("n", [10, 30, 120, 900])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_the_detectable_difference_is_that_of_statsmodels(n: int, alpha: float) -> None:
    expected = TTestPower().solve_power(nobs=n, alpha=alpha, power=0.8)

    assert detectable_difference(stdev=2.0, n=n, alpha=alpha) == pytest.approx(2 * expected, rel=1e-4)


def test_the_records_to_add_would_be_enough_and_hardly_more() -> None:
    whole = TTestPower().solve_power(effect_size=0.05 / 0.3, alpha=0.05, power=0.8)

    assert more_records(difference=-0.05, stdev=0.3, n=30, alpha=0.05) == pytest.approx(whole - 30, rel=0.1)
    assert more_records(difference=0.0, stdev=0.3, n=30, alpha=0.05) is None
    assert more_records(difference=1e-9, stdev=0.3, n=30, alpha=0.05) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_is_wilsons(counts: tuple[int, int]) -> None:
    expected = proportion_confint(*counts, method="wilson")

    assert share_interval(*counts) == pytest.approx(expected, abs=1e-12)
