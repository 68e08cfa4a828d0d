"""Scores of a job and the Parquet files that keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gavel.results import parquet
from gavel.results.matching import ShardRecord, match_rows
from gavel.results.parquet import read_columns, read_scores, record_numbers, write_scores
from gavel.results.scores import NO_ENTRY, NO_ROW, ScoreRow, score_rows
from tests.gavel.result_builders import lines, read, row, score

if TYPE_CHECKING:
    from pathlib import Path


def scored(record: int, metric: str, value: float | None = 1.0, *, response: str = "answer") -> ScoreRow:
    return ScoreRow(
        record=record,
        category=None,
        generator="g",
        judge="j",
        metric=metric,
        value=value,
        missing=value is None,
        reason="" if value is not None else "null",
        response=response,
        prompt=f"prompt {record}",
    )


def test_a_job_owes_a_row_for_every_record_and_metric() -> None:
    records = [ShardRecord(1, "one"), ShardRecord(2, "two", category="c"), ShardRecord(3, "three")]
    rows, _ = read(
        lines(
            row([score("m", None, explanation="why"), score("other", 1)], prompt="two", category="c"),
            row([score("m", 0.5), score("k", "label")], prompt="one", referenceResponse=""),
        )
    )

    found = list(score_rows(records, match_rows(records, rows), generator="g", judges={"m": "j", "k": "own"}))

    assert [(one.record, one.metric, one.value, one.label, one.missing) for one in found] == [
        (1, "m", 0.5, None, False),
        (1, "k", None, "label", False),
        (2, "m", None, None, True),
        (2, "k", None, None, True),
        (3, "m", None, None, True),
        (3, "k", None, None, True),
    ]
    assert [one.reason for one in found] == ["", "", "the result is null", NO_ENTRY, NO_ROW, NO_ROW]
    assert [one.response for one in found] == ["answer"] * 4 + [None] * 2
    assert (found[2].explanation, found[2].category, found[2].prompt) == ("why", "c", "two")


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    rows = [
        ScoreRow(1, "c", "g", "j", "a", value=0.6667, explanation="e\x00\u202e</script>", response="r\n", prompt="p"),
        ScoreRow(1, "c", "g", "j", "b", label="Pass", response="r\n", stop_reason=None, prompt="p"),
        ScoreRow(
            2, None, "g", "j", "a", missing=True, reason="null", response=None, prompt="\U0001f600", reference="x"
        ),
    ]

    assert write_scores(tmp_path / "new" / "s.parquet", rows[::-1]) == 3
    assert list(read_scores([tmp_path / "new" / "s.parquet"])) == rows


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations([scored(record, metric) for record in range(3) for metric in "abc"]))
def test_the_same_rows_in_any_order_give_the_same_bytes(tmp_path: Path, rows: list[ScoreRow]) -> None:
    write_scores(tmp_path / "one.parquet", rows)
    write_scores(tmp_path / "other.parquet", sorted(rows, key=lambda one: (one.metric, -one.record)))

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_an_answer_is_kept_once_however_many_metrics_it_has(tmp_path: Path) -> None:
    answer = np.random.default_rng(1).bytes(100_000).hex()
    write_scores(tmp_path / "one.parquet", [scored(1, "a", response=answer)])
    write_scores(tmp_path / "many.parquet", [scored(1, f"m{number}", response=answer) for number in range(11)])

    assert (tmp_path / "many.parquet").stat().st_size < 1.1 * (tmp_path / "one.parquet").stat().st_size


def test_several_files_are_read_as_one_and_only_the_records_asked_for(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("it's.parquet", "[2]*.parquet")]
    write_scores(paths[0], [scored(1, "m"), scored(4, "m")])
    write_scores(paths[1], [replace(scored(record, "m"), generator="h") for record in (1, 2, 3)])

    assert [(one.record, one.generator) for one in read_scores(paths, first=2)] == [(1, "g"), (1, "h"), (2, "h")]
    assert [one.record for one in read_scores(paths, records=(3, 4))] == [3, 4]
    assert list(read_scores(paths, first=0)) == []
    assert list(read_scores([])) == []


def test_columns_hold_nan_and_none_where_there_is_no_value_or_label(tmp_path: Path) -> None:
    write_scores(
        tmp_path / "s.parquet", [scored(1, "a"), scored(1, "b", None), replace(scored(2, "a", None), label="x")]
    )

    columns = read_columns(tmp_path / "s.parquet")

    assert columns.record.tolist() == [1, 1, 2]
    assert columns.label.tolist() == [None, None, "x"]
    np.testing.assert_array_equal(columns.value, [1.0, np.nan, np.nan])


@pytest.mark.parametrize("hashed", [None, "hash(0)", "hash(metric)"])
def test_each_row_has_its_group_even_where_hashes_of_groups_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashed: str | None
) -> None:
    if hashed is not None:
        monkeypatch.setattr(parquet, "_HASH", hashed)
    rows = [
        replace(scored(record, metric), category=category, judge=judge)
        for record, category in enumerate(["x", None, "", "y"])
        for judge in ("j", "k")
        for metric in ("a", "b")
    ]
    path = tmp_path / "s.parquet"
    write_scores(path, rows)

    columns = read_columns(path)

    found = {(record, columns.groups[group]) for record, group in zip(columns.record, columns.group, strict=True)}
    assert found == {(one.record, (one.generator, one.judge, one.metric, one.category)) for one in rows}
    categories = ["", "x", "y", None]
    assert columns.groups == [("g", judge, metric, one) for judge in "jk" for metric in "ab" for one in categories]


def test_the_records_of_a_file_are_told_once_each_and_ascend(tmp_path: Path) -> None:
    write_scores(tmp_path / "s.parquet", [scored(7, "a"), scored(3, "b"), scored(7, "b")])

    assert record_numbers(tmp_path / "s.parquet").tolist() == [3, 7]


def test_a_value_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not finite"):
        write_scores(tmp_path / "s.parquet", [scored(1, "m", float("nan"))])
    assert list(tmp_path.iterdir()) == []
