"""The pages of `gavel ui`: who is let in, what they show, and that no text of a stranger acts in them."""

from __future__ import annotations

import re
import stat
import threading
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

import gavel_cli.ui
from gavel.names.identities import is_suite_name
from gavel.names.object_keys import EvaluationKeys
from gavel.problems import GavelError, InvalidInputError, NotPermittedError, Problem, Problems, TryLaterError
from gavel_cli.ui import views
from gavel_cli.ui.door import Door
from gavel_cli.ui.web import EVERY_ANSWER
from tests.cli.ui_source import (
    METRICS,
    NOW,
    PORT,
    FakeSource,
    Visitor,
    evaluation_id,
    head,
    heads,
    remembered,
    rich_source,
    text_of,
    verdict,
)
from tests.naughty import NAUGHTY

ONE, TWO = evaluation_id("support", 1), evaluation_id("support", 2)
EVERY_PAGE = ("/", "/suites/support", f"/evaluations/{ONE}", f"/evaluations/{ONE}/report", f"/compare?a={ONE}&b={TWO}")


@pytest.fixture
def source() -> FakeSource:
    found = rich_source()
    for evaluation in (ONE, TWO):
        found.viewed[evaluation] = head() | {"evaluation_id": evaluation}
        found.objects[EvaluationKeys(evaluation).report] = b"<!doctype html><title>a report</title>"
    return found


@pytest.fixture
def visitor(source: FakeSource, tmp_path: Path) -> Visitor:
    return Visitor.of(source, tmp_path)


class _Census(HTMLParser):
    """Elements with the names of their attributes, without the boxes that name invisible characters."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.boxes = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if ("class", "hidden-character") not in attrs:
            self.elements.append((tag, tuple(sorted(name for name, _ in attrs))))


# --- who is let in


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "", f"[::1]:{PORT}"]
)
def test_another_host_is_refused_even_with_the_cookie(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", host=host).status == HTTPStatus.MISDIRECTED_REQUEST


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
def test_both_names_of_this_machine_are_answered(visitor: Visitor, host: str) -> None:
    assert visitor.get("/", host=host).status == HTTPStatus.OK


@pytest.mark.parametrize("target", EVERY_PAGE)
@pytest.mark.parametrize("cookie", ["", "gavel-ui-4321=", "gavel-ui-4321=guess", "other=x; =; gavel-ui-4321=\xff"])
def test_without_the_cookie_no_page_is_shown(visitor: Visitor, target: str, cookie: str) -> None:
    answer = visitor.get(target, cookie=cookie)

    assert answer.status == HTTPStatus.FORBIDDEN
    assert "support" not in text_of(answer)


def test_the_printed_address_gives_a_cookie_that_scripts_and_other_sites_never_get(visitor: Visitor) -> None:
    answer = visitor.get(f"/?token={visitor.door.token}", cookie="")

    assert (answer.status, answer.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/")
    assert answer.headers["Set-Cookie"].endswith("; HttpOnly; SameSite=Strict; Path=/")
    assert visitor.door.token not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("token", ["", "guess", "\ud800", "%FF"])
def test_a_wrong_token_opens_nothing(visitor: Visitor, token: str) -> None:
    assert visitor.get(f"/?token={token}", cookie="").status == HTTPStatus.FORBIDDEN


def test_the_address_that_a_browser_is_started_with_opens_once() -> None:
    door = Door(PORT)
    target = f"/?token={door.ticket}"

    assert door.address_once.endswith(target)
    assert [door._opens(target.partition("=")[2]) for _ in range(2)] == [True, False]
    assert door._opens(door.token)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(visitor: Visitor, method: str) -> None:
    answer = visitor.get("/", method=method)

    assert (answer.status, answer.headers["Allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD")


def test_no_answer_is_kept_framed_guessed_or_told_to_anyone(visitor: Visitor) -> None:
    answers = [visitor.get(target) for target in (*EVERY_PAGE, "/nothing", "/compare")]
    answers += [visitor.get("/", cookie=""), visitor.get("/", host="x"), visitor.get("/", method="POST")]

    for answer in answers:
        assert dict(EVERY_ANSWER).items() <= dict(answer.headers).items()
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
    assert dict(EVERY_ANSWER) == {
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def test_our_pages_run_no_script_but_their_own_and_a_report_can_read_none_of_them(visitor: Visitor) -> None:
    ours = visitor.get("/").headers["Content-Security-Policy"]
    report = visitor.get(f"/evaluations/{ONE}/report").headers["Content-Security-Policy"]

    assert "unsafe" not in ours
    assert re.search(r"script-src 'sha256-[^']{44}'", ours)
    assert "sandbox allow-scripts;" in report
    assert "allow-same-origin" not in report


# --- addresses


@pytest.mark.parametrize(
    "target",
    [
        "/..",
        "/../etc/passwd",
        "/suites/../x",
        "/suites/UPPER",
        "/suites/a%2Fb",
        "/suites/",
        f"/evaluations/{ONE}/files/../../../secret",
        f"/evaluations/{ONE}/files/%2e%2e/summary.json",
        f"/evaluations/{ONE}/files/plan.jsonl",
        f"/evaluations/{ONE}/files",
        f"/evaluations/{ONE}/report/summary.json",
        f"/evaluations/{ONE}/other",
        f"/evaluations/{ONE}\n",
        "/evaluations/not-an-id",
        "//evil.example/",
        "http://evil.example/",
        "*",
        "",
    ],
)
def test_no_other_address_reaches_a_file_or_the_source(visitor: Visitor, source: FakeSource, target: str) -> None:
    source.failure = AssertionError("asked")

    assert visitor.get(target).status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("query", ["x" * 5000, "&".join(["suite=none"] * 30), "suite", "=&=&;"])
def test_a_query_that_is_none_asks_for_everything(visitor: Visitor, query: str) -> None:
    assert "50 evaluations, newest first" in visitor.html(f"/?{query}")


@pytest.mark.parametrize("name", sorted(views.files(ONE)))
def test_a_file_comes_from_the_bucket_and_is_saved_under_its_evaluation(
    visitor: Visitor, source: FakeSource, name: str
) -> None:
    file = views.files(ONE)[name]
    assert visitor.get(f"/evaluations/{ONE}/files/{name}").status == HTTPStatus.NOT_FOUND
    source.objects[file.key] = b"<script>"

    answer = visitor.get(f"/evaluations/{ONE}/files/{name}")

    assert (answer.status, text_of(answer)) == (HTTPStatus.OK, "<script>")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{ONE}-{name}"'


def test_a_report_is_passed_on_byte_for_byte(visitor: Visitor, source: FakeSource) -> None:
    body = bytes(range(256)) * 1000
    source.objects[EvaluationKeys(ONE).report] = body

    answer = visitor.get(f"/evaluations/{ONE}/report")

    assert not isinstance(answer.body, bytes)
    assert b"".join(answer.body) == body


# --- the list


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


# --- a suite, an evaluation


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


# --- comparisons


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


# --- what goes wrong, and hostile texts


@pytest.mark.parametrize("target", ["/", "/suites/support", f"/evaluations/{ONE}", f"/evaluations/{ONE}/report"])
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (TryLaterError("AWS is busy"), HTTPStatus.SERVICE_UNAVAILABLE),
        (NotPermittedError("AWS is busy: s3:GetObject"), HTTPStatus.BAD_GATEWAY),
        (GavelError("AWS is busy"), HTTPStatus.NOT_FOUND),
        (KeyError("AWS"), HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_what_goes_wrong_is_a_page(
    visitor: Visitor, source: FakeSource, target: str, failure: Exception, status: HTTPStatus
) -> None:
    source.failure = failure
    answer = visitor.get(target)

    assert answer.status == status
    assert "<h1" in text_of(answer)
    assert ("AWS is busy" in text_of(answer)) == isinstance(failure, GavelError)


def _with_texts(text: str) -> FakeSource:
    """A source in which every text that a stranger chooses is this one."""
    view = head(1, suite="support") | {
        "suite": text,
        "dataset_key": f"datasets/support/{text}",
        "generators": [text, "b"],
        "judges": [text],
        "failed_jobs": [{"generator": text, "reason": text, "job_id": "g0-j0-s0"}],
        "verdict": {**verdict("FAIL"), "sentence": text, "gates": [{"outcome": "FAIL", "sentence": text}]},
        "reason": text,
        "jobs": {"planned": 1, "failed": 1},
    }
    history = [
        remembered(
            number, generators=(text, "b"), metrics=(text,), dataset=f"datasets/support/{text}", judge=str(number)
        )
        for number in (3, 2, 1)
    ]
    suite = {"suite": "support", "baseline": None, "evaluations": history}
    return FakeSource(name=text, listed=[view], viewed={ONE: view}, histories={"support": suite})


@pytest.mark.parametrize("target", ["/", "/suites/support", f"/evaluations/{ONE}"])
def test_no_naughty_string_becomes_an_element_or_an_attribute(tmp_path: Path, target: str) -> None:
    def census(text: str) -> list[tuple[str, tuple[str, ...]]]:
        return _Census(Visitor.of(_with_texts(text), tmp_path).html(target)).elements

    expected = census("Words")
    for text in NAUGHTY:
        # A suite with such a name has a page, and the others here have none.
        if text.strip() and "/" not in text and not is_suite_name(text):
            assert census(text) == expected, text
    hostile = census("a/<b onclick=x>\"' autofocus><script>alert(1)</script>")
    assert hostile == expected


def test_a_naughty_filter_is_kept_as_a_text(visitor: Visitor) -> None:
    html = visitor.html("/?suite=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")

    assert "<script>alert" not in html
    assert "There is no such evaluation" in html


def test_the_templates_stand_beside_the_code_so_that_a_wheel_has_them() -> None:
    folder = Path(gavel_cli.ui.__file__).parent

    assert {path.suffix for path in folder.rglob("*") if path.is_file()} >= {".py", ".j2", ".css", ".js"}


def test_a_time_is_told_to_the_minute_in_utc() -> None:
    assert views.clock("2026-03-04T10:12:59+01:00") == "2026-03-04 09:12"
    assert [views.clock(text) for text in ("yesterday", "2026-03-04")] == ["yesterday", "2026-03-04"]
    assert views.row(head(1, status="FAILED"), now=NOW).took == "–"
