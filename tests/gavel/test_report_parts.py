"""Parts of the report, which records it shows, and how much of each."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gavel.gates.decision import Decision
from gavel.report import render_report
from gavel.report.data import Baseline
from gavel.report.figures import heat, metric_scale, segments
from gavel.report.selection import select_records
from gavel.report.text import LONGEST_TEXT
from gavel.report.text_budget import room
from gavel.report.trend_views import pictures
from gavel.results.parquet import write_scores
from gavel.results.scores import ScoreRow
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder
from tests.gavel.reports import METRICS, rich_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gavel.statistics.summary import MetricSummary

RICH = rich_report(120)


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>", maxsplit=1)[0]


def test_the_verdict_of_the_gates_stands_first() -> None:
    page = render_report(RICH)

    heading = page.split("<h1>")[1].split("</h1>")[0]
    assert "FAIL" in heading
    assert "<title>support: FAIL</title>" in page
    outcomes = re.findall(r'class="outcome (\w+)"', section(page, "gates"))
    assert outcomes == sorted(outcomes, key=["fail", "inconclusive", "pass"].index)
    assert len(outcomes) == 7


def test_every_gate_with_a_figure_has_a_mark_in_its_picture() -> None:
    rows = section(render_report(RICH), "gates").split("<tbody")[1].split("</tr>")[:-1]

    assert len(rows) == 7
    assert all('class="mean"' in row for row in rows)


def test_without_gates_the_models_are_the_first_thing_said() -> None:
    page = render_report(replace(RICH, decision=Decision()))

    assert 'id="gates"' not in page
    assert "haiku" in page.split("<h1>")[1].split("</h1>")[0]


def test_the_baseline_is_named_and_compared_by_every_judge() -> None:
    page = section(render_report(RICH), "differences")

    assert "The baseline is support-1111 of 2026-02-01" in page
    assert page.count("minus its baseline") == 2


def test_a_baseline_is_named_too_where_nothing_can_be_compared_with_it() -> None:
    alone = replace(RICH.head, generators=["haiku"])
    baseline = Baseline("support-1111", "support-1111 of 2026-02-01", {}, [], ["another model judged it"])
    page = render_report(replace(RICH, head=alone, baseline=baseline, comparisons=[], trust=None))

    assert "Not compared: another model judged it." in section(page, "differences")
    assert 'href="#differences"' in page


def test_a_trend_is_interrupted_where_another_model_judged() -> None:
    found = {
        (one.metric, one.judge): one
        for one in pictures(RICH.trends, metrics=METRICS, judges=["nova-pro", "sonnet"], generators=["haiku"])
    }

    steady, changed = found[METRICS[0], "nova-pro"], found[METRICS[0], "sonnet"]
    assert [len(line.pieces) for line in steady.lines] == [1, 1, 1]
    assert [len(line.pieces) for line in changed.lines] == [2, 2, 2]
    assert [why for _, why in changed.breaks] == ["another model judged it"]
    assert "another model judged it" in section(render_report(RICH), "trends")


def test_every_point_of_a_trend_stays_in_its_picture() -> None:
    for picture in pictures(RICH.trends, metrics=METRICS, judges=[], generators=[]):
        for line in picture.lines:
            for mark in line.marks:
                assert 0 <= mark.x <= 320
                assert 10 <= mark.y <= 110
        assert picture.high - picture.low >= 0.19


def test_judges_cost_and_duration_are_told() -> None:
    page = render_report(RICH)

    assert "Krippendorff" in section(page, "judges")
    assert "labels have no order" in section(page, "judges")
    assert "$3.21" in section(page, "cost")
    assert "51 min 30 s" in section(page, "cost")


def summary(values: Sequence[float]) -> MetricSummary:
    counts = SummaryBuilder()
    for value in values:
        counts.add(model="a", judge="j", metric="stars", category=None, value=value)
    (found,) = counts.summaries()
    return found


def test_a_scale_beyond_0_to_1_has_its_bad_end_at_its_lowest_score() -> None:
    low, high = summary([1, 1, 2, 3]), summary([5, 4, 5])
    axis = metric_scale([low, high])

    assert (axis.low, axis.high) == (1, 5)
    assert (heat(low, axis), heat(high, axis)) == (1, 8)
    assert [part.shade for part in segments(high, axis)] == ["shade4", "shade6"]


@pytest.mark.parametrize(
    ("values", "scale"), [([0.5], (0, 1)), ([5], (0, 5)), ([-1], (-1, 0)), ([], (0, 1)), ([-1, 1], (-1, 1))]
)
def test_a_scale_is_0_to_1_or_what_was_given(values: list[float], scale: tuple[float, float]) -> None:
    axis = metric_scale([summary(values)] if values else [])

    assert (axis.low, axis.high) == scale


def test_labels_are_counted_in_every_category_and_point_nowhere() -> None:
    page = render_report(RICH)

    row = section(page, "categories").split("brand-voice")[1].split("</tbody>", maxsplit=1)[0]
    assert "<bdi>on brand</bdi>" in row
    assert "–" not in row
    for name in ("metrics", "distributions", "categories", "differences"):
        assert "brand-voice&nbsp;" not in section(page, name)


def table(records: int) -> ScoreTable:
    """Records 10, 20, … got worse than before; 3, 6, … differ between models; 7 has no score."""
    scores = ScoreTable()
    for record in range(1, records + 1):
        new = 0.0 if record % 10 == 0 else 1.0
        values = {"new": None if record == 7 else new, "old": 1.0, "other": 0.5 if record % 3 == 0 else new}
        for name, value in values.items():
            scores.add(record=record, category=None, generator=name, judge="j", metric="m", value=value)
    return scores


def test_all_records_are_shown_where_they_are_few_enough() -> None:
    assert select_records(table(30), generators=["new", "other"], most=30) == list(range(1, 31))


def test_flagged_records_come_before_all_others() -> None:
    chosen = select_records(table(60), generators=["new", "other"], partners={"new": "old"}, flagged=[7, 59], most=24)

    assert {7, 59} < set(chosen)
    assert len(chosen) == 24


def test_what_got_worse_is_shown_before_what_differs_and_what_is_missing() -> None:
    chosen = select_records(table(60), generators=["new", "other"], partners={"new": "old"}, most=24)

    assert set(range(10, 61, 10)) <= set(chosen)
    assert len([record for record in chosen if record % 3 == 0 and record % 10]) == 18
    assert chosen == sorted(chosen)
    more = select_records(table(60), generators=["new", "other"], partners={"new": "old"}, most=26)
    assert 7 in more


def test_where_lower_is_better_a_rise_is_worse() -> None:
    scores = ScoreTable()
    for record in range(1, 21):
        for name, value in (("new", float(record == 5)), ("old", float(record == 6))):
            scores.add(
                record=record, category=None, generator=name, judge="j", metric="Builtin.Harmfulness", value=value
            )

    assert select_records(scores, generators=["new"], partners={"new": "old"}, most=1) == [5]


def test_records_of_no_interest_are_taken_from_the_whole_dataset() -> None:
    scores = ScoreTable()
    for record in range(1, 1001):
        scores.add(record=record, category=None, generator="a", judge="j", metric="m", value=1.0)

    chosen = select_records(scores, generators=["a"], most=100)

    assert len(chosen) == 100
    assert all(len([record for record in chosen if low < record <= low + 200]) > 10 for low in range(0, 1000, 200))


@pytest.mark.parametrize(
    ("characters", "records", "expected"),
    [
        (100, 10, (10_000, LONGEST_TEXT)),  # everything fits
        (19_970, 440, (450, LONGEST_TEXT)),  # whole texts of as many as there are
        (14_970, 10_000, (600, LONGEST_TEXT)),  # whole texts of fewer records
        (100_000, 440, (449, LONGEST_TEXT)),  # 100 kB count as what is shown of them
    ],
)
def test_whole_texts_of_fewer_records_are_shown_where_not_all_have_room(
    tmp_path: Path, characters: int, records: int, expected: tuple[int, int]
) -> None:
    few = 20  # of the records; the others are as long
    path = tmp_path / "scores.parquet"
    rows = [
        ScoreRow(record=record, category=None, generator="g", judge="j", metric="m", response="x" * characters)
        for record in range(1, few + 1)
    ]
    write_scores(path, rows)

    most, longest = room([path] * (records // few), records=records)

    assert (most, longest) == expected


def test_texts_are_cut_where_too_few_records_would_have_room(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    metrics = [
        ScoreRow(record=1, category=None, generator="g", judge="j", metric=f"m{number}", explanation="x" * 20_000)
        for number in range(10)
    ]
    write_scores(path, metrics)

    assert room([path], records=1) == (44, LONGEST_TEXT)
    assert room([path] * 3000, records=3000) == (873, 1_000)
    assert room([], records=0) == (10_000, LONGEST_TEXT)


def test_a_page_has_room_for_fewer_texts_whose_characters_take_more_bytes(tmp_path: Path) -> None:
    def most(character: str) -> int:
        row = ScoreRow(record=1, category=None, generator="g", judge="j", metric="m", response=character * 2990)
        write_scores(tmp_path / "scores.parquet", [row])
        return room([tmp_path / "scores.parquet"], records=1)[0]

    assert (most("x"), most("語")) == (2980, 1000)


def test_what_a_record_says_once_counts_once_however_many_models_and_judges_there_are(tmp_path: Path) -> None:
    def most(*judges: str, **texts: Any) -> int:
        rows = [
            ScoreRow(record=1, category=None, generator=generator, judge=judge, metric="m", **texts)
            for generator in ("a", "b")
            for judge in judges
        ]
        write_scores(tmp_path / "scores.parquet", rows)
        return room([tmp_path / "scores.parquet"], records=1)[0]

    assert most("j", prompt="p" * 5880, reference="r" * 60) == 9_000_000 // 6000
    assert most("j", "k", "l", prompt="p" * 5820) == 9_000_000 // 6000
    assert most("j", "k", "l", response="r" * 2910) == 9_000_000 // 6000
    assert most("j", "k", "l", explanation="e" * 970) == 9_000_000 // 6000


def test_the_reason_why_a_score_is_missing_takes_room_too(tmp_path: Path) -> None:
    row = ScoreRow(record=1, category=None, generator="g", judge="j", metric="m", missing=True, reason="r" * 2970)
    write_scores(tmp_path / "scores.parquet", [row])

    assert room([tmp_path / "scores.parquet"], records=1) == (3000, LONGEST_TEXT)


def test_a_page_of_more_texts_than_there_is_room_for_stays_below_10_mb(tmp_path: Path) -> None:
    path, size, judge = tmp_path / "scores.parquet", 1500, RICH.head.judges[0]
    said: dict[str, Any] = {
        "prompt": 'Say "yes".\n' * 20,
        "response": "語 is a word; I say yes. " * 50,
        "explanation": "Right. " * 30,
    }
    rows = [
        ScoreRow(record=record, category=None, generator=generator, judge=judge, metric=metric, value=0.5, **said)
        for record in range(1, size + 1)
        for generator in RICH.head.generators
        for metric in RICH.head.metrics
    ]
    write_scores(path, rows)

    most, longest = room([path], records=size)
    shown = [row for row in rows if row.record <= most]
    page = render_report(replace(RICH, scores=shown, longest=longest)).encode()

    assert most < size
    assert longest == LONGEST_TEXT
    assert 8_000_000 < len(page) < 10_000_000
