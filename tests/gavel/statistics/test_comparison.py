"""Comparing generators record by record."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from gavel.metrics import Direction
from gavel.results.parquet import ScoreColumns, ScoreGroup
from gavel.results.scores import ScoreRow
from gavel.statistics.compared import NO_CLEAR_DIFFERENCE, NOT_TWO_VALUED
from gavel.statistics.comparison import Comparison, Verdict, compare
from gavel.statistics.score_table import ScoreTable
from tests.gavel.result_builders import score_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

type Values = Sequence[float | str | None]


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


def test_every_figure_is_that_of_the_reference_libraries() -> None:
    random = np.random.default_rng(11)
    a = (random.integers(0, 7, 200) / 6).round(4)
    b = np.clip(a + random.choice([-1 / 6, 0, 0, 1 / 6], 200), 0, 1).round(4)
    rank, tau = stats.spearmanr(a, b), stats.kendalltau(a, b)
    # Rounded, so that 0.5 - 0.3333 and 0.6667 - 0.5 are the one difference that they are.
    signed = stats.wilcoxon((a - b).round(9))
    student = stats.ttest_1samp(a - b, 0).confidence_interval()

    found = only(a=a.tolist(), b=b.tolist())

    assert found.mean_difference == pytest.approx((a - b).mean(), abs=1e-14)
    assert found.interval == pytest.approx((student.low, student.high), abs=2e-3)
    assert (found.spearman, found.spearman_p) == pytest.approx((rank.statistic, rank.pvalue), rel=1e-9)
    assert (found.kendall, found.kendall_p) == pytest.approx((tau.statistic, tau.pvalue), rel=1e-9)
    assert found.wilcoxon_p == pytest.approx(signed.pvalue, rel=1e-9)
    assert found.holm_p == found.wilcoxon_p
    assert (found.wins, found.ties, found.losses) == ((a > b).sum(), (a == b).sum(), (a < b).sum())
    assert (found.mean_a, found.mean_b) == pytest.approx((a.mean(), b.mean()))


def test_two_values_are_tested_by_mcnemars_exact_test() -> None:
    found = only(a=[1.0] * 9 + [0.0] * 3, b=[0.0] * 8 + [1.0] * 4)

    assert found.mcnemar_p == pytest.approx(stats.binomtest(8, 11).pvalue)
    assert found.holm_p == found.mcnemar_p
    assert found.effect_size == pytest.approx((8 - 3) / 11)


def test_more_than_two_values_are_not() -> None:
    found = only(a=[1.0, 0.5, 0.0], b=[0.0, 0.5, 0.5])

    assert found.mcnemar_p is None
    assert found.wilcoxon_p == pytest.approx(stats.wilcoxon([1, 0, -0.5]).pvalue)
    assert NOT_TWO_VALUED in found.why


def test_swapping_the_models_mirrors_every_figure() -> None:
    random = np.random.default_rng(7)
    values: list[Values] = [(random.integers(0, 5, 40) / 4).tolist() for _ in range(2)]

    one, other = only(a=values[0], b=values[1]), only(a=values[1], b=values[0])

    assert one.mean_difference is not None
    assert one.interval is not None
    assert other.mean_difference == -one.mean_difference
    assert other.interval == (-one.interval[1], -one.interval[0])
    assert (other.wilcoxon_p, other.spearman, other.kendall) == (one.wilcoxon_p, one.spearman, one.kendall)
    assert (other.wins, other.losses) == (one.losses, one.wins)


def test_numbers_that_rounding_told_apart_are_one_value() -> None:
    found = only(a=[0.1 + 0.2, 0.7 - 0.4, 0.3], b=[0.3, 0.3, 0.3])

    assert (found.ties, found.mean_difference) == (3, 0.0)


def test_a_missing_score_drops_its_record_and_shifts_no_other() -> None:
    # Dropping the missing scores from each list by itself would pair a's 1.0 with b's 0.0 and see them disagree.
    found = only(a=[None, 0.0, 1.0, 0.0, 1.0], b=[1.0, 0.0, 1.0, 0.0, None])

    assert (found.n, found.missing_a, found.missing_b, found.missing) == (3, 1, 1, 2)
    assert (found.mean_difference, found.ties, found.coverage) == (0.0, 3, 0.6)
    assert found.spearman == pytest.approx(1.0)


def test_missing_scores_of_different_records_leave_what_complete_pairs_say() -> None:
    random = np.random.default_rng(2)
    a: list[float | None] = (random.integers(0, 5, 60) / 4).tolist()
    b: list[float | None] = (random.integers(0, 5, 60) / 4).tolist()
    complete = [(x, y) for place, (x, y) in enumerate(zip(a, b, strict=True)) if place % 7 and place % 5]
    a[::7], b[::5] = [None] * len(a[::7]), [None] * len(b[::5])

    found = replace(only(a=a, b=b), missing=0, missing_a=0, missing_b=0)

    assert found == only(a=[x for x, _ in complete], b=[y for _, y in complete])


def test_a_record_that_both_lack_counts_once_as_missing() -> None:
    found = only(a=[None, 0.5], b=[None, 1.0])

    assert (found.n, found.missing_a, found.missing_b, found.missing) == (1, 1, 1, 1)


def test_records_that_only_one_was_asked_for_are_missing_for_the_other() -> None:
    found = only(a=[0.5, 0.5, 1.0], b=[0.5])

    assert (found.n, found.missing_a, found.missing_b) == (1, 0, 2)


def test_the_better_model_is_named_when_interval_and_test_agree() -> None:
    found = only(a=[1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0], b=[0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0])

    assert (found.verdict, found.better, found.wording) == (Verdict.BETTER, "a", "a is better")
    assert found.more_records is None


def test_where_lower_is_better_the_lower_model_wins() -> None:
    a: Values = [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]
    b: Values = [0.0] * 8
    found = only(metric="Builtin.Harmfulness", a=a, b=b)

    assert (found.direction, found.verdict, found.better) == (Direction.LOWER, Verdict.WORSE, "b")
    assert (found.wins, found.losses, found.mean_difference) == (0, 7, 0.875)


def test_an_interval_around_zero_names_nobody_and_says_how_many_records_might() -> None:
    found = only(a=[1.0, 0.0, 0.5, 1.0], b=[0.0, 1.0, 0.5, 0.5])

    assert found.interval is not None
    assert found.interval[0] < 0 < found.interval[1]
    assert (found.verdict, found.better, found.wording) == (Verdict.INCONCLUSIVE, None, NO_CLEAR_DIFFERENCE)
    assert found.detectable is not None
    assert found.detectable > 0.5
    assert found.more_records is not None
    assert found.more_records > 20


def test_a_family_of_many_comparisons_needs_a_smaller_p_value() -> None:
    a: Values = [1.0] * 7 + [0.0] * 5
    b: Values = [0.0] * 12
    many = ScoreTable()
    for metric in range(11):
        for generator, values in (("a", a), ("b", b if metric == 0 else a[::-1])):
            for record, value in enumerate(values):
                many.add(
                    record=record, category=None, generator=generator, judge="j", metric=f"m{metric:02}", value=value
                )

    alone, corrected = only(a=a, b=b), compare(many)[0]

    assert (alone.verdict, corrected.verdict) == (Verdict.BETTER, Verdict.INCONCLUSIVE)
    assert alone.mcnemar_p == corrected.mcnemar_p == pytest.approx(2 / 2**7)
    assert corrected.holm_p == pytest.approx(11 * 2 / 2**7)
    assert corrected.family == 11


def test_a_constant_difference_has_a_word_and_needs_enough_records_to_count() -> None:
    few = only(a=[1.0, 0.5, 1.0], b=[0.5, 0.0, 0.5])
    many = only(a=[1.0, 0.5] * 4, b=[0.5, 0.0] * 4)

    assert few.interval is not None
    assert few.interval[1] == 0.5
    assert (few.better, many.better) == (None, "a")
    assert any("exactly +0.5" in why for why in few.why)


def test_equal_scores_on_every_record_are_said_to_be_equal() -> None:
    found = only(a=[0.0, 0.5, 1.0], b=[0.0, 0.5, 1.0])

    assert (found.interval, found.better, found.ties, found.spearman) == ((0.0, 0.0), None, 3, 1.0)
    assert (found.wilcoxon_p, found.holm_p, found.effect_size) == (None, None, None)
    assert "both have the same value on every record" in found.why


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ([0.5, 0.5, 0.5, 0.5], [0.0, 0.5, 1.0, 0.0], "no rank correlation: a has the same value on every record"),
        ([0.5] * 3, [1.0] * 3, "no rank correlation: a and b have the same value on every record"),
        ([0.5, 1.0], [0.0, 0.5], "a rank correlation needs three records in common"),
        ([0.5, 1.0], [0.5, 1.0], "no record differs, so there is nothing to rank"),
        ([1.0, 0.0], [0.0, 1.0], "the difference seen is so small that no number of records would show it"),
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

    assert (found.n, found.mean_difference, found.better, found.wins) == (3, None, None, None)
    assert found.to_json()["tie_rate"] == pytest.approx(2 / 3)


def test_a_sample_drawn_by_category_is_resampled_by_category() -> None:
    categories = ["x", "y"] * 30
    a: Values = [1.0 if category == "x" else 0.0 for category in categories]
    table = table_of(categories=categories, a=a, b=[0.5, 0.5, 0.5, 0.25] * 15)

    (simple,), (stratified,) = compare(table), compare(table, stratified=True)

    assert simple.interval is not None
    assert stratified.interval is not None
    assert stratified.interval[1] - stratified.interval[0] < (simple.interval[1] - simple.interval[0]) / 2
    assert replace(stratified, interval=None, verdict=simple.verdict) == replace(simple, interval=None)


def test_each_category_is_a_family_of_its_own() -> None:
    table = table_of(categories=["x"] * 8 + ["y"] * 8, a=[1.0] * 16, b=[0.0] * 16)

    found = compare(table, by_category=True)

    assert [(one.category, one.family, one.holm_p == one.mcnemar_p) for one in found] == [
        (None, 1, True),
        ("x", 1, True),
        ("y", 1, True),
    ]


def test_categories_are_compared_by_themselves_when_asked() -> None:
    table = table_of(categories=["x", "y", "x", None], a=[1.0, 1.0, 0.5, 0.0], b=[0.0, 1.0, 0.5, None])

    found = compare(table, by_category=True)

    assert [(one.category, one.n, one.missing_b) for one in found] == [(None, 3, 1), ("x", 2, 0), ("y", 1, 0)]


def test_every_pair_is_compared_in_the_order_given() -> None:
    found = compare(table_of(a=[1.0], b=[1.0], c=[1.0]), generators=("c", "a", "b"))

    assert [(one.model_a, one.model_b) for one in found] == [("c", "a"), ("c", "b"), ("a", "b")]


def test_columns_and_single_scores_give_the_same_table() -> None:
    columns = score_columns(
        [
            ScoreRow(2, "x", "a", "j", "m", 0.5),
            ScoreRow(0, None, "a", "j", "m", None),
            ScoreRow(1, None, "b", "j", "m", None, label="yes"),
        ]
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

    assert (found.spearman, found.spearman_p) == pytest.approx((rank.statistic, rank.pvalue), rel=1e-9)
    assert found.mean_difference == pytest.approx((a - b).mean())


@pytest.mark.slow
def test_ten_models_on_a_hundred_thousand_records_take_seconds() -> None:
    random = np.random.default_rng(3)
    size = 100_000
    table = ScoreTable()
    nothing = np.array([None] * size, dtype=object)
    for generator in range(10):
        table.add_columns(
            ScoreColumns(
                record=np.arange(size),
                value=random.integers(0, 5, size) / 4,
                label=nothing,
                group=np.zeros(size, dtype=np.int64),
                groups=[ScoreGroup(f"g{generator}", "j", "j", None)],
            )
        )
    started = time.process_time()

    assert len(compare(table)) == 45
    assert time.process_time() - started < 10
