"""The report."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace as with_fields

from gavel.report import ReportData, ReportHead, render_report
from gavel.report.text import HIDDEN, LONGEST_TEXT, moment, shown
from gavel.report.verdict import verdict
from gavel.results.scores import ScoreRow
from gavel.statistics.comparison import compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import SummaryBuilder

HOSTILE = (
    "</script></pre><script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 7 }} \u202eabc\x00\x1b[2J\ud800"
)
VOID = {"meta", "link", "img", "br", "hr", "input"}


def data(
    *,
    generators: dict[str, list[float | str | None]],
    metric: str = "Builtin.Correctness",
    text: str = "words",
    category: str | None = None,
) -> ReportData:
    """An evaluation of as many records as there are values, with `text` wherever a stranger's text can stand."""
    builder, table, rows = SummaryBuilder(), ScoreTable(), []
    records = max(map(len, generators.values()))
    for generator, values in generators.items():
        for record, value in enumerate(values, start=1):
            builder.add(model=generator, judge="judge", metric=metric, category=category, value=value)
            table.add(record=record, category=category, generator=generator, judge="judge", metric=metric, value=value)
            rows.append(
                ScoreRow(
                    record=record,
                    category=category,
                    generator=generator,
                    judge="judge",
                    metric=metric,
                    value=None if isinstance(value, str) else value,
                    label=value if isinstance(value, str) else None,
                    missing=value is None,
                    reason="the result is null" if value is None else "",
                    explanation=text,
                    response=text,
                    stop_reason=text,
                    prompt=text,
                    reference=text,
                )
            )
    head = ReportHead(
        evaluation_id="suite-0123456789abcdef",
        suite="suite",
        dataset="dataset.jsonl",
        dataset_sha256="00" * 32,
        records=records,
        generators=list(generators),
        judges=["judge"],
        metrics=[metric],
        started_at="start",
        ended_at="end",
        jobs=1,
        failed_jobs=0,
        reused_jobs=0,
        scores_at="s3://bucket/scores/",
        version="1",
    )
    rows.sort(key=lambda row: row.record)
    return ReportData(head, builder.summaries(), compare(table, generators=list(generators), by_category=True), rows)


class Page(HTMLParser):
    """What a browser would make of the page: its elements, attributes and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


BETTER: dict[str, list[float | str | None]] = {
    "new": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0],
    "old": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None],
}


def test_the_first_sentence_says_who_is_better_on_what_ground() -> None:
    found = verdict(data(generators=BETTER))

    assert found.pill == "new leads"
    assert found.sentence == "new is clearly better on 1 of 1 metric."
    assert found.ground == "8 records; 93.8 % of the expected scores are there, 1 is missing and counts for nothing."


def test_a_lead_on_few_metrics_is_called_no_more_than_that() -> None:
    whole = data(generators=BETTER)
    head = replace(whole.head, metrics=["Builtin.Correctness", "Builtin.Coherence"])
    open_too = [*whole.summaries, *(replace(one, metric="Builtin.Coherence") for one in whole.summaries)]

    assert verdict(replace(whole, head=head, summaries=open_too)).pill == "new leads on 1 of 2"


def test_nobody_leads_where_no_interval_leaves_out_zero() -> None:
    found = verdict(data(generators={"a": [0.0, 1.0, 0.5], "b": [1.0, 0.0, 0.5]}))

    assert (found.pill, found.sentence) == ("No clear difference", "No model is clearly better on any of 1 metric.")


def test_a_leader_of_three_must_beat_both_others() -> None:
    tie: list[float | str | None] = [1.0, 0.5] * 4
    none: list[float | str | None] = [0.0] * 8
    found = verdict(data(generators={"a": tie, "b": tie, "c": none}))

    assert found.pill == "No clear difference"


def test_one_model_gets_a_report_without_differences() -> None:
    page = render_report(data(generators={"a": [1.0, None]}))

    assert "a was judged on 1 metric." in page
    assert 'id="differences"' not in page


@pytest.mark.parametrize("place", ["texts", "names", "labels", "categories"])
def test_hostile_text_stays_text_wherever_it_stands(place: str) -> None:
    harmless = data(generators={"a": ["x", "y"], "b": ["x", "x"]}, metric="tone", category="c")
    hostile = data(
        generators={f"a{HOSTILE}": ["x", "y"], "b": ["x", "x"]}
        if place == "names"
        else {"a": [HOSTILE, "y"], "b": [HOSTILE, HOSTILE]}
        if place == "labels"
        else {"a": ["x", "y"], "b": ["x", "x"]},
        metric="tone",
        text=HOSTILE if place == "texts" else "words",
        category=HOSTILE if place == "categories" else "c",
    )

    expected, found = Page(render_report(harmless)), Page(render_report(hostile))

    boxes = [tag for tag in found.tags if tag != "span"]
    assert boxes == [tag for tag in expected.tags if tag != "span"]
    assert {name for name, _ in found.attributes} == {name for name, _ in expected.attributes}
    assert found.open == []


@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\x1b", "\u2066", "\u200b", "\ufeff", "\U000e0041"])
def test_characters_that_hide_or_reorder_are_named_instead(hidden: str) -> None:
    page = render_report(data(generators=BETTER, text=f"a{hidden}b", category=f"a{hidden}b"))

    assert hidden not in page
    assert f"U+{ord(hidden):04X}" in page
    (record, *_) = records_of(page)
    assert record["p"] == record["c"] == f"a{hidden}b"


def test_no_printable_character_is_hidden() -> None:
    # Printable texts of records are written as they are.
    assert [one for one in map(chr, range(sys.maxunicode + 1)) if HIDDEN.fullmatch(one) and one.isprintable()] == []


def records_of(page: str) -> list[dict[str, Any]]:
    """The records that the page's script reads."""
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: list[dict[str, Any]] = json.loads(block)["records"]
    return found


def test_a_lone_surrogate_does_not_keep_the_page_from_being_written() -> None:
    assert render_report(data(generators=BETTER, text="a\ud800b")).encode()


def test_the_page_loads_nothing_and_runs_only_its_own_script() -> None:
    page = render_report(data(generators=BETTER, category="c"))

    parsed = Page(page)
    assert not {"link", "img", "iframe", "object", "form", "base"} & set(parsed.tags)
    assert parsed.tags.count("script") == 2
    links = {name: value for name, value in parsed.attributes if name in {"src", "href", "action", "style"}}
    assert all(value and value.startswith("#") for value in links.values())
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]


def test_the_policy_allows_only_the_pages_own_style_and_script() -> None:
    page = render_report(data(generators=BETTER))

    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    policy = "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'"
    assert f'content="{policy.format(*hashes)}"' in page
    assert "@import" not in style
    assert "//" not in style
    for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert risky not in script


def test_the_same_data_give_the_same_bytes() -> None:
    assert render_report(data(generators=BETTER)) == render_report(data(generators=BETTER))


def test_a_sentence_says_where_the_records_are_that_are_not_shown() -> None:
    whole = data(generators=BETTER)
    page = render_report(replace(whole, scores=[row for row in whole.scores if row.record in {1, 4, 7}]))

    assert [record["n"] for record in records_of(page)] == [1, 4, 7]
    assert "3 of 8 records: those on which models differ, then those with a missing score" in page
    assert 'with every explanation, are in <code id="scores-at">s3://bucket/scores/' in page
    assert "All 8 records" in render_report(whole)


def test_a_record_holds_every_score_with_its_explanation_and_answers_once() -> None:
    (first, *_) = records_of(render_report(data(generators={"a": [1.0], "b": [None]})))

    assert first == {
        "n": 1,
        "c": None,
        "p": "words",
        "r": "words",
        "a": [[0, "words", "words"], [1, "words", "words"]],
        "s": [[0, 0, 0, 1.0, "words"], [0, 0, 1, None, "the result is null"]],
    }


def test_an_answer_of_100_kb_is_cut_and_says_so() -> None:
    long = shown("x" * 100_000)

    assert len(long) < 1.01 * LONGEST_TEXT
    assert "cut after 20,000 of 100,000 characters" in long


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-24T04:52:31Z", "24 November 2026, 04:52 UTC"),
        ("2026-01-01T00:30:00+02:00", "31 December 2025, 22:30 UTC"),
        ("2026-11-24T04:52:31", "2026-11-24T04:52:31"),
        ("yesterday", "yesterday"),
    ],
)
def test_a_time_is_written_as_people_read_it(text: str, read: str) -> None:
    assert moment(text) == read


def test_a_missing_score_is_shown_as_missing_with_its_reason_and_not_as_zero() -> None:
    page = render_report(data(generators={"a": [None]}))

    assert "the result is null" in page
    assert "1&nbsp;missing" in page
    assert "0.000" not in page


def test_better_is_written_as_well_as_coloured() -> None:
    assert page_cells(render_report(data(generators=BETTER))) == [True, False]


def with_judges(*judges: str) -> ReportData:
    """The same scores from several judges, the second of whom prefers the other model."""
    one, two = data(generators=BETTER), data(generators={"new": BETTER["old"], "old": BETTER["new"]})
    named = [
        (judge, judged, replace(judged.head, judges=list(judges)))
        for judge, judged in zip(judges, (one, two), strict=True)
    ]
    return ReportData(
        named[0][2],
        [replace(item, judge=judge) for judge, judged, _ in named for item in judged.summaries],
        [replace(item, judge=judge) for judge, judged, _ in named for item in judged.comparisons],
        sorted(
            (with_fields(row, judge=judge) for judge, judged, _ in named for row in judged.scores),
            key=lambda row: (row.record, row.generator, row.judge),
        ),
    )


def test_several_judges_share_one_table_of_means_with_a_column_for_the_judge() -> None:
    page = render_report(with_judges("strict", "mild"))

    means = page.split('id="metrics"')[1].split("</section>")[0]
    assert means.count("<table") == 1
    assert '<th scope="col">Judge</th>' in means
    assert means.count('rowspan="2"') == 1
    assert [name in means for name in ("strict", "mild")] == [True, True]
    assert Page(page).open == []
    assert "on 1 of 2 pairs of metric and judge" in page


def test_one_judge_needs_no_column() -> None:
    assert '<th scope="col">Judge</th>' not in render_report(data(generators=BETTER))


def test_a_metric_that_a_judge_was_not_asked_for_is_no_row_of_it() -> None:
    both = with_judges("strict", "mild")
    half = replace(both, summaries=[one for one in both.summaries if one.judge == "strict"])

    means = render_report(half).split('id="metrics"')[1].split("</section>")[0]

    assert "strict" in means
    assert "mild" not in means


def test_why_an_answer_stopped_is_told_by_the_judge_whose_job_made_it() -> None:
    both = with_judges("mild", "strict")
    brought = replace(
        both,
        scores=[with_fields(row, stop_reason=None if row.judge == "mild" else "MAX_TOKENS") for row in both.scores],
    )

    assert [answer[2] for answer in records_of(render_report(brought))[0]["a"]] == ["MAX_TOKENS", "MAX_TOKENS"]


def page_cells(page: str) -> list[bool]:
    body = page.split('<table class="metrics">')[1].split("</table>", maxsplit=1)[0]
    return ["✓ better" in cell for cell in body.split("<td")[1:]]


def test_a_facts_text_is_escaped_too() -> None:
    whole = data(generators=BETTER)
    page = render_report(replace(whole, head=replace(whole.head, suite=HOSTILE, dataset=HOSTILE, scores_at=HOSTILE)))

    assert "<script>alert" not in page
    assert "<img" not in page


def test_many_distinct_values_are_drawn_in_ten_parts() -> None:
    page = render_report(data(generators={"a": [number / 30 for number in range(31)]}))

    assert "0 to 0.1" in page
