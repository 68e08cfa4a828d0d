"""Comparing generators record by record."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from gavel.metrics import Direction
from gavel.results.parquet import ScoreColumns
from gavel.statistics.comparison import NO_CLEAR_DIFFERENCE, Comparison, compare
from gavel.statistics.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Sequence

type Values = list[float | str | None]


def table_of(*, metric: str = "m", categories: Sequence[str | None] = (), **generators: Values) -> ScoreTable:
    table = ScoreTable()
    for generator, values in generators.items():
        for record, value in enumerate(values):
            category = categories[record] if categories else None
            table.add(record=record, category=category, generator=generator, judge="j", metric=metric, value=value)
    return table


def only(*, metric: str = "m", **generators: Values) -> Comparison:
    (comparison,) = compare(table_of(metric=metric, categories=(), **generators))
    return comparison


def test_the_figures_are_scipys() -> None:
    random = np.random.default_rng(11)
    a = (random.integers(0, 7, 200) / 6).round(4)
    b = np.clip(a + random.choice([-1 / 6, 0, 0, 1 / 6], 200), 0, 1).round(4)
    paired = stats.ttest_1samp(a - b, 0).confidence_interval()
    rank = stats.spearmanr(a, b)

    found = only(a=a.tolist(), b=b.tolist())

    assert found.difference == pytest.approx((a - b).mean(), abs=1e-14)
    assert found.interval == pytest.approx((paired.low, paired.high), rel=1e-10, abs=1e-12)
    assert found.rho == pytest.approx(rank.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(rank.pvalue, rel=1e-9)
    assert (found.wins, found.ties, found.losses) == ((a > b).sum(), (a == b).sum(), (a < b).sum())
    assert (found.mean_a, found.mean_b) == pytest.approx((a.mean(), b.mean()))


def test_a_missing_score_drops_its_record_and_shifts_no_other() -> None:
    # Dropping the missing scores from each list by itself would pair a's 1.0 with b's 0.0 and see them disagree.
    found = only(a=[None, 0.0, 1.0, 0.0, 1.0], b=[1.0, 0.0, 1.0, 0.0, None])

    assert (found.n, found.missing_a, found.missing_b, found.dropped) == (3, 1, 1, 2)
    assert (found.difference, found.agreement) == (0.0, 1.0)
    assert found.rho == pytest.approx(1.0)


def test_a_record_that_both_lack_counts_once_as_dropped() -> None:
    found = only(a=[None, 0.5], b=[None, 1.0])

    assert (found.n, found.missing_a, found.missing_b, found.dropped) == (1, 1, 1, 1)


def test_records_that_only_one_was_asked_for_are_missing_for_the_other() -> None:
    found = only(a=[0.5, 0.5, 1.0], b=[0.5])

    assert (found.n, found.missing_a, found.missing_b) == (1, 0, 2)


def test_the_better_model_is_named_when_the_interval_excludes_zero() -> None:
    found = only(a=[1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0], b=[0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0])

    assert (found.better, found.wording) == ("a", "a is better")


def test_where_lower_is_better_the_lower_model_wins() -> None:
    a: Values = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    b: Values = [0.0] * 8
    found = only(metric="Builtin.Harmfulness", a=a, b=b)

    assert (found.direction, found.better, found.wins, found.losses) == (Direction.LOWER, "b", 0, 7)
    assert found.difference == 0.875


def test_an_interval_around_zero_names_nobody() -> None:
    found = only(a=[1.0, 0.0, 0.5, 1.0], b=[0.0, 1.0, 0.5, 0.5])

    assert found.interval is not None
    assert found.interval[0] < 0 < found.interval[1]
    assert (found.better, found.wording) == (None, NO_CLEAR_DIFFERENCE)


def test_a_constant_difference_has_a_word_and_needs_enough_records_to_count() -> None:
    few = only(a=[1.0, 0.5, 1.0], b=[0.5, 0.0, 0.5])
    many = only(a=[1.0, 0.5] * 3, b=[0.5, 0.0] * 3)

    assert few.interval == many.interval == (0.5, 0.5)
    assert (few.better, many.better) == (None, "a")
    assert any("exactly +0.5" in why for why in few.why)


def test_equal_scores_on_every_record_are_said_to_be_equal() -> None:
    found = only(a=[0.0, 0.5, 1.0], b=[0.0, 0.5, 1.0])

    assert (found.interval, found.better, found.ties, found.rho, found.p_value) == ((0.0, 0.0), None, 3, 1.0, 0.0)
    assert "both have the same value on every record" in found.why


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ([0.5, 0.5, 0.5, 0.5], [0.0, 0.5, 1.0, 0.0], "no rank correlation: a has the same value on every record"),
        ([0.5] * 3, [1.0] * 3, "no rank correlation: a and b has the same value on every record"),
        ([0.5, 1.0], [0.0, 0.5], "a rank correlation needs three records in common"),
        ([0.5], [0.0], "one record in common gives no interval"),
        ([None], [0.0], "no record has a score of both"),
        (["yes", "no"], ["yes", "yes"], "labels can agree, but none is more than another"),
    ],
)
def test_what_cannot_be_computed_is_none_with_a_reason_and_never_nan(a: Values, b: Values, why: str) -> None:
    found = only(a=a, b=b)

    assert why in found.why
    json.dumps(found.to_json(), allow_nan=False)


def test_labels_have_an_agreement_and_no_difference() -> None:
    found = only(a=["yes", "no", "yes", None], b=["yes", "yes", "yes", "no"])

    assert (found.n, found.difference, found.better) == (3, None, None)
    assert found.agreement == pytest.approx(2 / 3)


def test_categories_are_compared_by_themselves_when_asked() -> None:
    table = table_of(categories=["x", "y", "x", None], a=[1.0, 1.0, 0.5, 0.0], b=[0.0, 1.0, 0.5, None])

    found = compare(table, by_category=True)

    assert [(one.category, one.n, one.missing_b) for one in found] == [(None, 3, 1), ("x", 2, 0), ("y", 1, 0)]


def test_every_pair_is_compared_in_the_order_given() -> None:
    found = compare(table_of(a=[1.0], b=[1.0], c=[1.0]), generators=("c", "a", "b"))

    assert [(one.a, one.b) for one in found] == [("c", "a"), ("c", "b"), ("a", "b")]


def test_columns_and_single_scores_give_the_same_table() -> None:
    values = [0.5, math.nan, math.nan]
    columns = ScoreColumns(
        record=np.array([2, 0, 1]),
        category=np.array(["x", None, None], dtype=object),
        generator=np.array(["a", "a", "b"], dtype=object),
        judge=np.array(["j"] * 3, dtype=object),
        metric=np.array(["m"] * 3, dtype=object),
        value=np.array(values),
        label=np.array([None, None, "yes"], dtype=object),
    )
    one, other = ScoreTable(), ScoreTable()
    one.add_columns(columns)
    one.add_columns(columns)
    other.add(record=2, category="x", generator="a", judge="j", metric="m", value=0.5)
    other.add(record=0, category=None, generator="a", judge="j", metric="m", value=None)
    other.add(record=1, category=None, generator="b", judge="j", metric="m", value="yes")

    assert compare(one, by_category=True) == compare(other, by_category=True)
    assert compare(one)[0].missing_a == 2


def test_many_distinct_values_take_the_long_way_to_the_same_figures() -> None:
    random = np.random.default_rng(5)
    a, b = random.normal(size=3000), random.normal(size=3000)
    rank = stats.spearmanr(a, b)

    found = only(a=a.tolist(), b=b.tolist())

    assert (found.rho, found.p_value) == pytest.approx((rank.statistic, rank.pvalue), rel=1e-9)
    assert found.difference == pytest.approx((a - b).mean())


@pytest.mark.slow
def test_ten_models_on_a_hundred_thousand_records_take_seconds() -> None:
    random = np.random.default_rng(3)
    size = 100_000
    table = ScoreTable()
    text = {name: np.array([name] * size, dtype=object) for name in ["j", *(f"g{n}" for n in range(10))]}
    nothing = np.array([None] * size, dtype=object)
    for generator in range(10):
        table.add_columns(
            ScoreColumns(
                record=np.arange(size),
                category=nothing,
                generator=text[f"g{generator}"],
                judge=text["j"],
                metric=text["j"],
                value=random.integers(0, 5, size) / 4,
                label=nothing,
            )
        )
    started = time.process_time()

    assert len(compare(table)) == 45
    assert time.process_time() - started < 10
