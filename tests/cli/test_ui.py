"""The pages of `gavel ui`: who is let in, what they show, and that no text of a stranger acts in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path

import pytest

import gavel_cli.ui
from gavel.names.identities import is_suite_name
from gavel.names.object_keys import EvaluationKeys
from gavel.problems import GavelError, NotPermittedError, TryLaterError
from gavel_cli.ui import views
from gavel_cli.ui.door import Door
from gavel_cli.ui.web import EVERY_ANSWER
from tests.cli.ui_source import ONE, PORT, TWO, FakeSource, Visitor, head, remembered, text_of, verdict
from tests.naughty import NAUGHTY

EVERY_PAGE = ("/", "/suites/support", f"/evaluations/{ONE}", f"/evaluations/{ONE}/report", f"/compare?a={ONE}&b={TWO}")


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
