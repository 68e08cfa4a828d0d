"""Summaries of one result file."""

from __future__ import annotations

from gavel.results.file_summary import FileSummary, summarize_rows
from gavel.results.matching import ShardRecord
from gavel.results.row_scores import UNPARSED
from tests.gavel.result_builders import ABSENT, lines, read, row, score


def summary_of(*rows: object, records: list[ShardRecord] | None = None) -> FileSummary:
    parsed, _ = read(lines(*rows))
    return summarize_rows(parsed, records_of=None if records is None else lambda _model: records)


def figures(summary: FileSummary) -> list[tuple[object, ...]]:
    return [(one.model, one.judge, one.metric, one.category, one.n, one.missing) for one in summary.summaries]


def test_every_kind_of_missing_score_is_counted_exactly() -> None:
    rows = [
        row({"c": 1, "l": "Pass"}, prompt="1", category="x"),
        row({"c": None, "l": "Fail"}, prompt="2", category="x"),
        row({"c": float("nan"), "l": None}, prompt="3", category="y"),
        row({"c": ABSENT}, prompt="4"),
        row([score("c", 0.5), score("c", 1), score("l", "Pass")], prompt="5"),
        row({"l": "Pass"}, prompt="6"),
        row({"c": UNPARSED, "l": "Fail"}, prompt="7"),
    ]

    summary = summary_of(*rows)

    assert figures(summary) == [
        ("model", "judge", "c", None, 2, 5),
        ("model", "judge", "c", "x", 1, 1),
        ("model", "judge", "c", "y", 0, 1),
        ("model", "judge", "l", None, 5, 2),
        ("model", "judge", "l", "x", 2, 0),
        ("model", "judge", "l", "y", 0, 1),
    ]
    assert summary.summaries[0].values == {"0.5": 1, "1.0": 1}
    assert summary.summaries[0].mean == 0.75
    assert (summary.rows, summary.repeats, summary.foreign) == (7, 1, None)


def test_with_a_dataset_absent_records_are_missing_and_foreign_rows_count_for_nothing() -> None:
    records = [ShardRecord(1, "a", category="x"), ShardRecord(2, "b", category="x"), ShardRecord(3, "b", category="x")]
    stranger = row({"m": 0}, prompt="z", category="x")

    summary = summary_of(row({"m": 1}, prompt="b", category="x"), stranger, records=records)

    assert figures(summary) == [("model", "judge", "m", None, 1, 2), ("model", "judge", "m", "x", 1, 2)]
    assert (summary.foreign, summary.absent) == (1, 2)


def test_a_score_without_a_judge_belongs_to_the_only_judge_of_its_metric() -> None:
    unnamed = row([score("m", 0.5, judge=None)])

    assert figures(summary_of(unnamed, row({"m": 1}))) == [("model", "judge", "m", None, 2, 0)]
    assert figures(summary_of(unnamed)) == [("model", "unknown", "m", None, 1, 0)]


def test_a_score_without_a_judge_stays_unknown_beside_two_judges() -> None:
    two = row([score("m", 1, judge="a"), score("m", 1, judge="b")])

    assert figures(summary_of(two, row([score("m", 0.5, judge=None)]))) == [
        ("model", "a", "m", None, 1, 1),
        ("model", "b", "m", None, 1, 1),
        ("model", "unknown", "m", None, 1, 1),
    ]
    assert figures(summary_of(two, row([score("m", None, judge=None)]))) == [
        ("model", "a", "m", None, 1, 1),
        ("model", "b", "m", None, 1, 1),
    ]


def test_a_metric_without_any_named_judge_was_judged_by_the_only_judge_of_the_others() -> None:
    one = row([score("k", 1, judge="a"), score("m", None, judge=None)])
    other = row([score("k", 1, judge="b")])

    assert figures(summary_of(one)) == [("model", "a", "k", None, 1, 0), ("model", "a", "m", None, 0, 1)]
    assert ("model", "unknown", "m", None, 0, 2) in figures(summary_of(one, other))


def test_a_row_without_an_answer_belongs_to_the_files_only_model() -> None:
    silent = row({"m": None}, model=None)

    assert figures(summary_of(silent, row({"m": 1}))) == [("model", "judge", "m", None, 1, 1)]
    assert figures(summary_of(silent)) == [("unknown", "judge", "m", None, 0, 1)]


def test_models_in_one_file_expect_their_own_rows_only() -> None:
    summary = summary_of(row({"m": 1}, model="a"), row({"k": 1}, model="b"), row({"k": 0}, model="b"))

    assert figures(summary) == [("a", "judge", "m", None, 1, 0), ("b", "judge", "k", None, 2, 0)]


def test_the_order_of_rows_leaves_no_trace() -> None:
    rows = [
        row([score("m", value, judge=judge)], prompt=str(number), model=model, category=f"c{number % 2}")
        for number, (value, judge, model) in enumerate(
            [(1, None, "a"), (None, "j", None), (0.5, "j", "a"), ("0.25", None, None), (0, "j", "a")] * 3
        )
    ]
    expected = summary_of(*rows)

    assert summary_of(*rows[::-1]) == expected
    assert summary_of(*rows[::2], *rows[1::2]) == expected
