"""Values of a scale are found without sorting all scores, and are those that sorting finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gavel.statistics.scale import coded

# A few values nearly everywhere, and others that only come late.
SCORES = st.builds(
    lambda often, times, late: often * times + late,
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0, 1e100]), max_size=6),
    st.integers(0, 600),
    st.lists(st.floats(-1e100, 1e100), max_size=50),
)


@given(SCORES)
def test_values_and_their_places_are_those_of_sorting(scores: list[float]) -> None:
    values = np.array(scores, dtype=np.float64)

    distinct, place = coded(values)

    expected, expected_place = np.unique(values, return_inverse=True)
    assert distinct.tolist() == expected.tolist()
    assert place.tolist() == expected_place.tolist()
