"""Rows and scores that name no model or judge: every way of counting gives them to the same one."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.results.file_summary import summarize_rows
from gavel.results.joining import JoinedScores, scored_row
from gavel.results.row_scores import UNKNOWN, MetricResult
from gavel.results.rows import ResultRow, _without_repeats

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

scores = st.builds(
    MetricResult,
    st.sampled_from(["Correct", "Short"]),
    st.sampled_from(["j", "k", UNKNOWN]),
    st.sampled_from([None, 0.0, 0.5, "good"]),
    st.just("because"),
    st.just(""),
)


def row(number: int, model: str, of: Sequence[MetricResult], *, text: str = "") -> ResultRow:
    kept, repeats = _without_repeats(list(of))
    return ResultRow(number, f"question {number}{text}", None, None, model, f"answer{text}", None, None, kept, repeats)


@given(st.lists(st.lists(scores, max_size=4), min_size=1, max_size=6))
def test_a_comparison_and_a_summary_know_the_same_judges_and_scores(rows: list[list[MetricResult]]) -> None:
    read = [row(number, "m", of) for number, of in enumerate(rows)]
    joined = JoinedScores()
    for one in read:
        joined.add("m", scored_row(one))

    counted: Counter[tuple[str, str]] = Counter()
    for _, _, _, given_scores in joined.answers():
        counted.update(key for key, value in given_scores.items() if value is not None)

    found = summarize_rows(read).summaries
    assert {(one.judge, one.metric): one.n for one in found if one.category is None} == {
        key: counted[key] for key in joined.expected("m")
    }


@given(
    st.lists(st.tuples(st.sampled_from(["m", "n", UNKNOWN]), st.lists(scores, max_size=3)), max_size=8), st.randoms()
)
def test_rows_without_a_model_are_counted_alike_in_any_order_and_whether_held_back_or_not(
    rows: list[tuple[str, list[MetricResult]]], dice: random.Random
) -> None:
    read = [row(number, model, of) for number, (model, of) in enumerate(rows)]
    shuffled = list(read)
    dice.shuffle(shuffled)

    # With somebody who sees each row, those without a model wait for the end.
    assert summarize_rows(read) == summarize_rows(shuffled) == summarize_rows(read, seen=lambda *_: None)


@pytest.mark.parametrize("model", ["m", UNKNOWN])
def test_memory_does_not_grow_with_rows_that_name_no_model(model: str) -> None:
    def rows(count: int) -> Iterator[ResultRow]:
        result = MetricResult("Correct", "j", 1.0, "because", "")
        for number in range(count):
            yield row(number, model, [result], text="x" * 1000)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            summarize_rows(rows(count))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(2_000) < peak(200) + 100_000
