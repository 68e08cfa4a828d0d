"""Summaries from exact counts."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gavel.metrics import Direction
from gavel.statistics.summary import MetricSummary, SummaryBuilder, moments

if TYPE_CHECKING:
    from random import Random

type Row = tuple[str, str | None, float | str | None]

levels = st.sampled_from([0.0, 0.1667, 0.3333, 0.5, 0.6667, 0.8333, 1.0])
scores = st.tuples(st.sampled_from(["m1", "m2"]), st.sampled_from([None, "easy", "hard"]), st.none() | levels)


def built(rows: list[Row]) -> SummaryBuilder:
    builder = SummaryBuilder()
    for metric, category, value in rows:
        builder.add(model="model", judge="judge", metric=metric, category=category, value=value)
    return builder


def as_bytes(builder: SummaryBuilder) -> bytes:
    return json.dumps([summary.to_json() for summary in builder.summaries()]).encode()


def only(*values: float | str | None) -> MetricSummary:
    (summary,) = built([("m", None, value) for value in values]).summaries()
    return summary


@given(st.lists(st.lists(scores, max_size=8), max_size=5), st.randoms())
def test_shards_merged_in_any_order_give_the_same_bytes(shards: list[list[Row]], random: Random) -> None:
    whole = built([row for shard in shards for row in shard])
    shuffled = list(shards)
    random.shuffle(shuffled)
    merged = SummaryBuilder()
    for shard in shuffled:
        merged.merge(SummaryBuilder.from_json(json.loads(json.dumps(built(shard).to_json()))))

    assert as_bytes(merged) == as_bytes(whole)


@given(st.lists(levels, min_size=2, max_size=50))
def test_mean_and_deviation_are_those_of_the_values(values: list[float]) -> None:
    summary = only(*values)

    assert summary.mean == pytest.approx(statistics.fmean(values), abs=1e-15)
    assert summary.stdev == pytest.approx(statistics.stdev(values), rel=1e-12, abs=1e-15)
    assert summary.n == len(values)


def test_a_missing_score_counts_as_missing_and_leaves_the_mean_alone() -> None:
    summary = only(1.0, None, 0.5, None)

    assert (summary.n, summary.missing, summary.mean, summary.expected, summary.coverage) == (2, 2, 0.75, 4, 0.5)
    assert summary.values == {"0.5": 1, "1.0": 1}


def test_too_few_scores_have_no_mean_or_no_deviation() -> None:
    assert (only(None).mean, only(None).stdev, only(None).interval) == (None, None, None)
    assert (only(0.5).mean, only(0.5).stdev, only(0.5).interval) == (0.5, None, None)


def test_labels_are_counted_by_name_and_have_no_mean() -> None:
    summary = only("Pass", "Fail", "Pass", None)

    assert summary.values == {"Fail": 1, "Pass": 2}
    assert (summary.n, summary.missing, summary.mean, summary.stdev) == (3, 1, None, None)


def test_values_are_keyed_by_their_shortest_exact_form() -> None:
    assert list(only(1.0, 0.6667, 0.5, 1.0).values.items()) == [("0.5", 1), ("0.6667", 1), ("1.0", 2)]


def test_every_category_has_a_summary_beside_the_one_of_all_records() -> None:
    summaries = built([("m", "b", 1.0), ("m", "a", 0.0), ("m", None, 0.5), ("m", "b", None)]).summaries()

    assert [(one.category, one.n, one.missing) for one in summaries] == [(None, 3, 1), ("a", 1, 0), ("b", 1, 1)]


def test_beyond_zero_to_one_the_interval_is_students() -> None:
    values = [0.0, 2.0, 2.0, 4.0, 4.0]
    expected = stats.ttest_1samp(values, 0).confidence_interval()

    assert only(*values).interval == pytest.approx((expected.low, expected.high), rel=1e-12)


def test_on_two_values_the_interval_is_wilsons_with_students_quantile() -> None:
    values = [1.0] * 24 + [0.0] * 6
    low, high = only(*values).interval or (0.0, 0.0)
    z2 = stats.t.ppf(0.975, 29) ** 2

    # The ends are where the score test's statistic is exactly at its quantile.
    for end in (low, high):
        assert (0.8 - end) ** 2 * 30 / (end * (1 - end)) == pytest.approx(z2)


@pytest.mark.parametrize("values", [[1.0] * 30, [0.0] * 5, [1.0] * 29 + [0.75], [0.5, 0.5, 0.5]])
def test_the_interval_of_a_mean_stays_on_the_scale_and_is_never_certain(values: list[float]) -> None:
    low, high = only(*values).interval or (-1.0, 2.0)

    assert 0 <= low < high <= 1
    assert low <= sum(values) / len(values) <= high


def test_a_higher_level_gives_a_wider_interval() -> None:
    summary = only(0.0, 0.5, 0.5, 1.0, 1.0)
    narrow, wide = summary.interval_at(0.9), summary.interval_at(0.99)

    assert narrow is not None
    assert wide is not None
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_a_metrics_direction_is_bedrocks_own_unless_one_is_given() -> None:
    builder = built([("Builtin.Harmfulness", None, 0.0), ("custom", None, 0.0)])

    assert [one.direction for one in builder.summaries()] == [Direction.LOWER, Direction.HIGHER]
    assert builder.summaries({"custom": Direction.LOWER})[1].direction is Direction.LOWER


def test_many_distinct_values_have_the_same_moments_in_any_order() -> None:
    counts = [(number / 7, 1 + number % 3) for number in range(5000)]
    values = [value for value, count in counts for _ in range(count)]

    mean, stdev = moments(counts)

    assert (mean, stdev) == moments(counts[::-1])
    assert mean == pytest.approx(statistics.fmean(values))
    assert stdev == pytest.approx(statistics.stdev(values))
