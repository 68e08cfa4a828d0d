"""What the pages of `gavel ui` show: the list, a suite, an evaluation, a comparison."""

from __future__ import annotations

import re
import stat
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from gavel.problems import GavelError, InvalidInputError, Problem, Problems
from gavel_cli.ui import views
from tests.cli.ui_source import (
    METRICS,
    NOW,
    ONE,
    TWO,
    FakeSource,
    Visitor,
    evaluation_id,
    head,
    heads,
    remembered,
    text_of,
    verdict,
)

if TYPE_CHECKING:
    from pathlib import Path


def ids(html: str) -> list[str]:
    return re.findall(r'<small><a href="/evaluations/([a-z0-9-]+)">', html)


def test_the_list_says_of_each_evaluation_how_it_went(tmp_path: Path) -> None:
    listed = [
        head(3, status="RUNNING", created_at="2026-03-04T11:30:00Z"),
        head(2, verdict=verdict("FAIL"), coverage=0.9999),
        head(1, status="REFUSED", records=None, estimate=None, reason="no"),
    ]
    html = Visitor.of(FakeSource(listed=listed), tmp_path).html("/")

    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in re.findall(r"<tr role.*?</tr>", html, re.DOTALL)[1:]]
    running, failed, refused = (" ".join(row.split()) for row in rows)
    name = f"▸ RUNNING support {listed[0]['evaluation_id']} questions.jsonl"
    assert running == f"{name} 1,200 – ≈ $3.40 2026-03-04 11:30 for 30 min 00 s –"
    assert failed.startswith(f"✕ FAIL support {listed[1]['evaluation_id']} questions.jsonl 1,200 99.9% $3.21 ")
    assert failed.endswith(" 42 min 14 s Report")
    assert refused.startswith("⊘ REFUSED ")
    assert refused.endswith("– – – 2026-02-15 07:00 –")


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("suite=support", lambda one: one["suite"] == "support"),
        ("state=refused", lambda one: one["status"] == "REFUSED"),
        ("state=pass", lambda one: (one["verdict"] or {}).get("outcome") == "PASS"),
        ("state=running&suite=", lambda one: one["status"] == "RUNNING"),
        (
            "state=pass&suite=onboarding",
            lambda one: one["suite"] == "onboarding" and one["verdict"] == verdict("PASS"),
        ),
        ("state=nonsense", lambda one: True),
        ("suite=%3Cscript%3E", lambda one: False),
    ],
)
def test_a_filter_shows_what_it_names(visitor: Visitor, source: FakeSource, query: str, wanted: Any) -> None:
    expected = [one["evaluation_id"] for one in source.listed if wanted(one)]

    assert ids(visitor.html(f"/?{query}")) == expected


@pytest.mark.parametrize("query", ["", "state=pass", "suite=support"])
def test_older_pages_show_every_evaluation_once(tmp_path: Path, query: str) -> None:
    source = FakeSource(listed=heads(330))
    visitor = Visitor.of(source, tmp_path)
    seen: list[str] = []
    target: str | None = f"/?{query}"
    while target:
        html = visitor.html(target)
        seen += ids(html)
        found = re.search(r'<a href="([^"]*)" rel="next">', html)
        target = found[1].replace("&amp;", "&") if found else None

    name, _, value = query.partition("=")
    states = {one["evaluation_id"]: {"state": views.state_of(one).key, "suite": one["suite"]} for one in source.listed}
    assert seen == [one for one, facts in states.items() if not name or facts[name] == value]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("suite=support", {"suite": "support", "status": [], "verdict": None}),
        ("state=fail", {"suite": None, "status": ["COMPLETED"], "verdict": "FAIL"}),
        ("state=completed", {"suite": None, "status": ["COMPLETED"], "verdict": None}),
        ("state=running", {"suite": None, "status": ["STARTING", "RUNNING", "SUMMARIZING"], "verdict": None}),
        ("state=refused&suite=support", {"suite": "support", "status": ["REFUSED"], "verdict": None}),
    ],
)
def test_a_filter_is_left_to_the_api(visitor: Visitor, source: FakeSource, query: str, asked: dict[str, Any]) -> None:
    visitor.html(f"/?{query}")

    assert source.asked[0] == asked


def test_one_evaluation_is_found_however_many_others_came_after_it(tmp_path: Path) -> None:
    many = [head(number) for number in range(2001, 1, -1)]
    listed = [*many, head(1, status="REFUSED"), *many]

    assert ids(Visitor.of(FakeSource(listed=listed), tmp_path).html("/?state=refused")) == [evaluation_id("support", 1)]


def test_a_suite_can_be_chosen_while_another_is_shown(visitor: Visitor) -> None:
    assert '<option value="onboarding">' in visitor.html("/?suite=support")


def test_only_what_goes_on_asks_for_news(tmp_path: Path) -> None:
    assert "data-running" not in Visitor.of(FakeSource(listed=[head(1)]), tmp_path).html("/")
    assert 'data-running="news"' in Visitor.of(FakeSource(listed=[head(1, status="STARTING")]), tmp_path).html("/")


def test_a_trend_is_interrupted_where_another_model_judged_and_shows_the_baseline(visitor: Visitor) -> None:
    html = visitor.html("/suites/support")

    picture = re.findall(r"<svg.*?</svg>", html)[0]
    # Two generators, before and after the fifth evaluation.
    assert [len(points.split()) for points in re.findall(r'points="([^"]*)"', picture)] == [4, 4, 4, 4]
    assert len(re.findall('class="range"', picture)) == 16
    assert picture.count('class="baseline"') == 1
    assert f"<code>{evaluation_id('support', 5)}</code></a> on: another model judged it." in html
    assert len(re.findall('<article class="card trend">', html)) == len(METRICS)


def test_the_newest_evaluation_is_chosen_to_be_compared_with_the_baseline(visitor: Visitor) -> None:
    html = visitor.html("/suites/support")

    chosen = re.findall(r'name="(.)" value="([^"]*)"[^>]* checked', html)
    assert chosen == [("a", evaluation_id("support", 8)), ("b", evaluation_id("support", 5))]
    assert evaluation_id("support", 9) not in re.findall(r'name="a" value="([^"]*)"', html)


@pytest.mark.parametrize("count", [0, 1])
def test_a_suite_with_too_few_evaluations_says_what_a_trend_needs(tmp_path: Path, count: int) -> None:
    history = {"suite": "new", "baseline": None, "evaluations": [remembered(1, suite="new")][:count]}
    html = Visitor.of(FakeSource(histories={"new": history}), tmp_path).html("/suites/new")

    assert "A trend needs two evaluations" in html
    assert "Compare A with B" not in html


def test_an_evaluation_says_why_jobs_failed_once_for_a_reason(tmp_path: Path) -> None:
    jobs = [{"generator": "my-app", "reason": "too long", "job_id": str(place)} for place in range(1000)]
    view = head(1) | {"failed_jobs": jobs, "jobs": {"planned": 1002, "collected": 2, "failed": 1000}}
    html = Visitor.of(FakeSource(viewed={ONE: view}), tmp_path).html(f"/evaluations/{ONE}")

    assert html.count("too long") == 1
    assert "1,000 jobs" in html
    assert "2 delivered, 1,000 failed" in html
    assert f"/evaluations/{ONE}/files/summary.csv" in html


def test_a_refused_evaluation_links_to_its_problems_alone(tmp_path: Path) -> None:
    view = head(1, status="REFUSED", records=None, reason="line 3 has no prompt")
    html = Visitor.of(FakeSource(viewed={ONE: view}), tmp_path).html(f"/evaluations/{ONE}")

    assert re.findall(r"/files/([a-z.]+)", html) == ["validation.json"]
    assert "line 3 has no prompt" in html


def test_a_comparison_is_built_once_and_kept_where_nobody_else_reads(
    visitor: Visitor, source: FakeSource, tmp_path: Path
) -> None:
    answers = [visitor.get(f"/compare?a={ONE}&b={TWO}") for _ in range(3)]

    assert {text_of(answer) for answer in answers} == {f"<!doctype html><title>{ONE} against {TWO}</title>"}
    assert source.compared == [(ONE, TWO)]
    assert stat.S_IMODE((tmp_path / f"{ONE}+{TWO}.html").stat().st_mode) == 0o600


def test_while_a_comparison_is_being_built_the_page_says_so(source: FakeSource, tmp_path: Path) -> None:
    go = threading.Event()
    visitor = Visitor.of(source, tmp_path, patience_seconds=0.01)
    source.comparison = lambda a, b: "built" if go.wait(10) else ""  # type: ignore[method-assign] # slow

    building = visitor.get(f"/compare?a={ONE}&b={TWO}")
    go.set()
    visitor.site._comparisons._patience = 10
    built = visitor.get(f"/compare?a={ONE}&b={TWO}")

    assert building.status == HTTPStatus.ACCEPTED
    assert 'data-running="built"' in text_of(building)
    assert (built.status, text_of(built)) == (HTTPStatus.OK, "built")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (GavelError("nobody answers"), "nobody answers"),
        (ZeroDivisionError("secret"), "ZeroDivisionError"),
    ],
)
def test_what_prevents_a_comparison_is_told_and_tried_again(
    visitor: Visitor, source: FakeSource, failure: Exception, said: str
) -> None:
    source.failure = failure
    failed = visitor.get(f"/compare?a={ONE}&b={TWO}")
    source.failure = None

    assert failed.status == HTTPStatus.CONFLICT
    assert said in text_of(failed)
    assert "secret" not in text_of(failed)
    assert visitor.get(f"/compare?a={ONE}&b={TWO}").status == HTTPStatus.OK


def test_evaluations_that_share_nothing_are_told_apart_from_errors(visitor: Visitor, source: FakeSource) -> None:
    problems = Problems()
    problems.add(Problem(TWO, None, None, "shares no metric with A", "take two alike"))

    def refuse(a: str, b: str) -> str:
        raise InvalidInputError(problems)

    source.comparison = refuse  # type: ignore[method-assign] # refuses

    assert f"{TWO} shares no metric with A: take two alike" in visitor.html(f"/compare?a={ONE}&b={TWO}")


@pytest.mark.parametrize("query", ["", f"a={ONE}", f"a={ONE}&b=../{TWO}", f"a={ONE}&b={ONE}", "a=x&b=y"])
def test_a_comparison_needs_two_evaluations(visitor: Visitor, source: FakeSource, query: str) -> None:
    answer = visitor.get(f"/compare?{query}")

    assert answer.status == HTTPStatus.BAD_REQUEST
    assert source.compared == []


def test_an_evaluation_that_goes_on_is_not_compared(visitor: Visitor, source: FakeSource) -> None:
    source.viewed[ONE]["status"] = "RUNNING"

    assert "is still running" in visitor.html(f"/compare?a={ONE}&b={TWO}")
    assert source.compared == []


def test_only_the_last_comparisons_are_kept(visitor: Visitor, source: FakeSource, tmp_path: Path) -> None:
    for number in range(100, 130):
        source.viewed[evaluation_id("support", number)] = head()
        assert visitor.get(f"/compare?a={ONE}&b={evaluation_id('support', number)}").status == HTTPStatus.OK

    assert len(list(tmp_path.iterdir())) <= 21


def test_a_time_is_told_to_the_minute_in_utc() -> None:
    assert views.clock("2026-03-04T10:12:59+01:00") == "2026-03-04 09:12"
    assert [views.clock(text) for text in ("yesterday", "2026-03-04")] == ["yesterday", "2026-03-04"]
    assert views.row(head(1, status="FAILED"), now=NOW).took == "–"
