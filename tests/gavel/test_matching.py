"""Joining rows to records."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gavel.results.matching import Matcher, ShardRecord, match_rows
from gavel.results.rows import ResultRow


def row_of(record: ShardRecord, *, response: str = "answer") -> ResultRow:
    return ResultRow(
        line=1,
        prompt=record.prompt,
        reference=record.reference,
        category=record.category,
        model="model",
        response=response,
        stop_reason=None,
        supplied_response=record.response,
        scores=(),
    )


texts = st.sampled_from(["a", "b", "a\x00b", "", "é"])
identities = st.tuples(texts, st.none() | texts, st.none() | texts)
supplied_identities = st.tuples(texts, st.none() | texts, st.none() | texts, texts)


def identity(row: ResultRow | ShardRecord) -> tuple[str | None, ...]:
    return row.prompt, row.reference or None, row.category or None


@given(st.lists(identities, max_size=12), st.data())
def test_any_order_and_any_dropped_rows_leave_the_right_records(
    kinds: list[tuple[str, ...]], data: st.DataObject
) -> None:
    records = [ShardRecord(number, *kind) for number, kind in enumerate(kinds, start=1)]
    rows = data.draw(st.permutations([row_of(record) for record in records]))
    rows = rows[: data.draw(st.integers(0, len(rows)))]

    matching = match_rows(records, rows)

    by_number = {record.number: record for record in records}
    assert all(identity(by_number[number]) == identity(row) for number, row in matching.rows)
    numbers = [number for number, _ in matching.rows]
    assert sorted([*numbers, *matching.missing]) == [record.number for record in records]
    assert len(matching.rows) == len(rows)
    assert matching.foreign == 0


@given(st.lists(supplied_identities, max_size=10), st.lists(supplied_identities, max_size=10))
def test_the_count_of_foreign_rows_is_the_difference_of_the_two_bags(
    expected: list[tuple[str, ...]], found: list[tuple[str, ...]]
) -> None:
    records = [ShardRecord(number, *kind) for number, kind in enumerate(expected)]
    rows = [row_of(ShardRecord(0, *kind)) for kind in found]

    matcher = Matcher(records)
    for row in rows:
        matcher.match(row)

    def bag(kinds: list[tuple[str, ...]]) -> Counter[tuple[str | None, ...]]:
        return Counter((kind[0], kind[1] or None, kind[2] or None, kind[3]) for kind in kinds)

    assert matcher.foreign == (bag(found) - bag(expected)).total()
    assert len(list(matcher.missing())) == (bag(expected) - bag(found)).total()


def test_equal_records_take_their_rows_in_turn_and_the_last_one_is_missing() -> None:
    records = [ShardRecord(7, "p"), ShardRecord(9, "p"), ShardRecord(11, "p")]
    rows = [row_of(records[0], response="first"), row_of(records[0], response="second")]

    matching = match_rows(records, rows)

    assert [(number, row.response) for number, row in matching.rows] == [(7, "first"), (9, "second")]
    assert matching.missing == (11,)


def test_a_row_that_comes_once_too_often_is_foreign() -> None:
    records = [ShardRecord(1, "p")]

    assert match_rows(records, [row_of(records[0])] * 2).foreign == 1


def test_supplied_answers_tell_records_with_the_same_prompt_apart() -> None:
    records = [ShardRecord(1, "p", response="good"), ShardRecord(2, "p", response="bad")]

    matching = match_rows(records, [row_of(records[1])])

    assert [number for number, _ in matching.rows] == [2]
    assert matching.missing == (1,)


def test_a_row_that_does_not_echo_the_supplied_answer_is_known_by_the_judged_one() -> None:
    record = ShardRecord(1, "p", response="good")
    row = row_of(ShardRecord(0, "p"), response="good")

    assert Matcher([record]).match(row) == 1


def test_parts_of_an_identity_do_not_run_into_each_other() -> None:
    assert match_rows([ShardRecord(1, "ab", "c")], [row_of(ShardRecord(0, "a", "bc"))]).foreign == 1
    assert match_rows([ShardRecord(1, "a", None, "c")], [row_of(ShardRecord(0, "a", "c", None))]).foreign == 1


def test_a_lone_surrogate_does_not_keep_a_row_from_its_record() -> None:
    assert match_rows([ShardRecord(1, "a\ud800")], [row_of(ShardRecord(0, "a\ufffd"))]).foreign == 0


def test_a_shard_is_all_supplied_or_all_live() -> None:
    with pytest.raises(ValueError, match="either every record"):
        Matcher([ShardRecord(1, "p"), ShardRecord(2, "p", response="r")])


def test_a_row_that_echoes_no_category_or_no_reference_finds_a_record_that_agrees_otherwise() -> None:
    records = [ShardRecord(1, "a", "r", "x"), ShardRecord(2, "a", "r", "y"), ShardRecord(3, "a", "s", "y")]
    rows = [
        row_of(ShardRecord(0, "a")),
        row_of(ShardRecord(0, "a", "r")),
        row_of(ShardRecord(0, "a", "r", "x")),
        row_of(ShardRecord(0, "a", "t")),
    ]

    matching = match_rows(records, rows)

    assert {number: row.reference for number, row in matching.rows} == {1: "r", 2: "r", 3: None}
    assert matching.foreign == 1
