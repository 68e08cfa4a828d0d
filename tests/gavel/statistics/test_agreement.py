"""Coefficients of agreement are those of the reference libraries, or None with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as reference_fleiss

from gavel.statistics import agreement
from gavel.statistics.agreement import cohen_kappas, fleiss_kappa, krippendorff_alpha, majority, most_disputed, panel
from gavel.statistics.ratings import Ratings

if TYPE_CHECKING:
    from gavel.statistics.ratings import Rating


def ratings(rows: list[list[Any]]) -> Ratings:
    """Ratings of items (rows) by raters (columns); None is a hole."""
    return Ratings.of(
        {
            (f"i{item:03}", f"r{rater}"): value
            for item, row in enumerate(rows)
            for rater, value in enumerate(row)
            if value is not None
        }
    )


def random_rows(seed: int, *, holes: float, raters: int = 4, levels: int = 4) -> list[list[float | None]]:
    random = np.random.default_rng(seed)
    truth = random.integers(0, levels, 40)
    return [
        [
            None if random.random() < holes else float(value if random.random() < 0.6 else random.integers(0, levels))
            for _ in range(raters)
        ]
        for value in truth
    ]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("holes", [0, 0.3])
def test_krippendorffs_alpha_is_that_of_the_matrix_with_its_holes(seed: int, holes: float) -> None:
    rows = random_rows(seed, holes=holes)
    matrix = np.array([[np.nan if value is None else value for value in row] for row in rows]).T

    for level in agreement.LEVELS:
        expected = krippendorff.alpha(reliability_data=matrix, level_of_measurement=level)
        assert krippendorff_alpha(ratings(rows), level).value == pytest.approx(expected, rel=1e-9)


def test_krippendorffs_alpha_of_labels_is_nominal_alone() -> None:
    found = ratings([["a", "a"], ["b", "a"], ["b", "b"], ["c", "c"]])
    same = ratings([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [2.0, 2.0]])

    nominal = krippendorff_alpha(found, "nominal").value
    assert nominal == krippendorff_alpha(same, "nominal").value
    assert krippendorff_alpha(found, "ordinal").why == agreement.NO_ORDER


@pytest.mark.parametrize("seed", range(20))
def test_fleiss_kappa_is_that_of_statsmodels(seed: int) -> None:
    found = ratings(random_rows(seed, holes=0))

    assert fleiss_kappa(found).value == pytest.approx(reference_fleiss(found.counts()), rel=1e-9)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("holes", [0, 0.4])
def test_cohens_kappas_are_those_of_statsmodels_on_the_items_that_both_rated(seed: int, holes: float) -> None:
    found = ratings(random_rows(seed, holes=holes))

    for place, one in enumerate(cohen_kappas(found)):
        table = found.pair(*[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)][place])
        expected = [cohens_kappa(table, wt=weights, return_results=False) for weights in (None, "linear", "quadratic")]
        assert [one.kappa.value, one.linear.value, one.quadratic.value] == pytest.approx(expected, rel=1e-9)
        assert one.n == table.sum()


@pytest.mark.parametrize(
    ("rows", "alpha", "fleiss", "cohen"),
    [
        ([[1.0], [2.0]], agreement.ONE_RATER, agreement.ONE_RATER, None),
        ([[1.0, None], [None, 2.0]], agreement.NO_PAIR, agreement.NO_PAIR, agreement.NO_COMMON_ITEM),
        ([[1.0, 1.0], [1.0, 1.0]], agreement.ALL_ALIKE, agreement.ALL_ALIKE, agreement.ALL_ALIKE),
        ([[1.0, 1.0, 2.0], [2.0, 1.0, None]], None, agreement.UNEVEN, None),
    ],
)
def test_what_does_not_exist_has_a_reason(
    rows: list[list[Rating | None]], alpha: str | None, fleiss: str | None, cohen: str | None
) -> None:
    found = ratings(rows)

    assert krippendorff_alpha(found, "nominal").why == alpha
    assert fleiss_kappa(found).why == fleiss
    assert [one.kappa.why for one in cohen_kappas(found)[:1]] == ([] if len(rows[0]) < 2 else [cohen])


@given(st.permutations(range(12)))
def test_the_order_of_ratings_leaves_no_trace(order: list[int]) -> None:
    entries = list({(f"i{n // 3}", f"r{n % 3}"): float(n * n % 5) for n in range(12)}.items())
    one, other = Ratings.of(dict(entries)), Ratings.of({entries[n][0]: entries[n][1] for n in order})

    assert one.names == other.names
    assert (one.levels == other.levels).all()


def test_a_panel_has_a_majority_where_one_rating_leads_and_a_mean_of_numbers() -> None:
    assert panel(ratings([[1.0, 1.0, 2.0], [1.0, 2.0, None]])) == {
        "i000": (1.0, pytest.approx(4 / 3)),
        "i001": (None, 1.5),
    }
    assert panel(ratings([["a", "a", "b"]])) == {"i000": ("a", None)}
    assert majority(["x"]) == "x"


def test_the_items_that_are_most_disputed_come_first() -> None:
    found = most_disputed(ratings([[1.0, 1.0], [1.0, 5.0], [2.0, 3.0], [5.0, 1.0]]))

    assert [(one.item, one.spread) for one in found] == [("i001", 2.0), ("i003", 2.0), ("i002", 0.5)]
    assert found[0].ratings == {"r0": 1.0, "r1": 5.0}
    assert most_disputed(ratings([["a", "b", "b"]]))[0].spread == pytest.approx(1 / 3)
