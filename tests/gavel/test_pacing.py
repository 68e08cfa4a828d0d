"""How long an evaluation waits between two looks at a job."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gavel.planning.pacing import expected_seconds, wait_seconds


def test_the_first_look_comes_when_most_of_the_expected_time_has_passed() -> None:
    assert wait_seconds(expected=400, looks=0) == 300


def test_later_looks_come_ever_more_seldom() -> None:
    waits = [wait_seconds(expected=1000, looks=looks) for looks in range(1, 6)]

    assert waits == [100, 125, 156, 195, 244]


@given(records=st.integers(1, 1000), metrics=st.integers(1, 40), looks=st.integers(0, 10_000))
def test_a_stop_is_noticed_within_a_quarter_of_an_hour_and_nobody_asks_more_than_twice_a_minute(
    records: int, metrics: int, looks: int
) -> None:
    assert 30 <= wait_seconds(expected=expected_seconds(records=records, metrics=metrics), looks=looks) <= 900
