"""With which exit code a command ends, and what is said before, when the API refuses, files fail or somebody leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gavel.aws import api_client, clients
from gavel.aws.api_client import ApiClient
from gavel.aws.deployment import Deployment
from gavel.problems import NotPermittedError, TryLaterError
from gavel_cli import listing
from gavel_cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ID = "mine-0123456789abcdef"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@dataclass
class Http:
    """An API that gives every request the next answer, and the last one for good."""

    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def send(self, _request: Any) -> Any:
        status, document = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return SimpleNamespace(status_code=status, content=json.dumps(document).encode())


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Http:
    """A deployment whose API answers what the test says; tokens of an issuer open it."""
    monkeypatch.setenv(api_client.TOKEN_VARIABLE, "a token")
    deployment = Deployment("gavel-production", "a-bucket", "a-table", "https://api.example")
    monkeypatch.setattr("gavel.aws.deployment.find_deployment", lambda _: deployment)
    found = Http()
    monkeypatch.setattr(api_client, "_http", lambda _: found)
    return found


def ended(outcome: str | None = "FAIL", **facts: Any) -> dict[str, Any]:
    """What the API says of an evaluation that has ended."""
    verdict = {"outcome": outcome, "sentence": "", "counts": {}, "gates": []} if outcome else None
    keys = {"manifest": "m", "validation": "v", "report": "evaluations/x/report.html"}
    view: dict[str, Any] = {
        "evaluation_id": ID,
        "status": "COMPLETED",
        "verdict": verdict,
        "failed_jobs": [],
        "bucket": "b",
    }
    return {**view, "keys": keys, "summaries": [{}], "comparisons": [], **facts}


# --- what the user has to change is 2, all else 1


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (404, 2), (409, 2), (413, 2), (422, 2), (401, 1), (403, 1), (429, 1), (500, 1)]
)
@pytest.mark.parametrize(
    "command",
    [
        ("status", ID),
        ("watch", ID),
        ("schedule", "nosuch"),
        ("suites", "mine", "--version-id", "bogus"),
        ("baseline", "mine", "--set", ID),
        ("compare", ID, ID),
    ],
)
def test_what_the_api_refuses_is_wrong_usage_and_what_it_fails_at_is_not(
    http: Http, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], status: int, code: int
) -> None:
    monkeypatch.setattr("gavel_cli.follow._PATIENCE_SECONDS", -1.0)
    http.answers = [(status, {"detail": "The reason."})]

    done = run(*command)

    assert (done.exit_code, "The reason." in done.output) == (code, True)


# --- somebody leaves


def test_an_interrupted_command_ends_with_the_code_of_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(listing, "with_api", interrupt)

    done = run("list")

    assert done.exit_code == 130
    assert "Aborted" not in done.output


# --- files that cannot be had


def fails(message: str) -> Any:
    def fail(*_: object) -> bytes:
        raise TryLaterError(message)

    return fail


@pytest.mark.parametrize(("outcome", "code"), [("FAIL", 3), ("INCONCLUSIVE", 4), ("PASS", 1), (None, 1)], ids=str)
def test_a_download_that_fails_changes_no_verdict_but_leaves_a_pass_undone(
    http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: str | None, code: int
) -> None:
    http.answers = [(200, ended(outcome))]
    monkeypatch.setattr(ApiClient, "link", lambda *_: {"url": "https://link"})
    monkeypatch.setattr(ApiClient, "fetch", fails("S3 did not answer"))

    done = run("watch", ID, "--json", "-o", tmp_path / "report.html", "-o", tmp_path / "junit.xml")

    assert done.exit_code == code
    assert json.loads(done.stdout)["evaluation_id"] == ID
    assert done.stderr.count("S3 did not answer") == 2
    assert f"gavel results {ID} -o" in done.stderr


@pytest.mark.parametrize("command", ["watch", "results"])
def test_what_was_found_is_printed_before_anything_is_downloaded(
    http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    http.answers = [(200, ended("FAIL"))]
    order: list[str] = []
    monkeypatch.setattr(ApiClient, "link", lambda *_: {"url": "https://link"})

    def fetch(*_: object) -> bytes:
        order.append("fetched")
        return b"<html>"

    monkeypatch.setattr(ApiClient, "fetch", fetch)
    monkeypatch.setattr("gavel_cli.outcome.print_json", lambda _: order.append("shown"))
    monkeypatch.setattr("gavel_cli.status.print_json", lambda _: order.append("shown"))

    run(command, ID, "--json", "-o", tmp_path / "report.html")

    assert order == ["shown", "fetched"]


def test_results_that_could_not_be_saved_are_shown_and_the_command_has_failed(
    http: Http, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    http.answers = [(200, ended("PASS"))]
    monkeypatch.setattr(ApiClient, "link", lambda *_: {"url": "https://link"})
    monkeypatch.setattr(ApiClient, "fetch", lambda *_: b"<html>")
    (tmp_path / "taken.html").mkdir()
    monkeypatch.setattr("gavel_cli.outcome.OutputFile.convert", lambda *_: tmp_path / "taken.html")

    done = run("results", ID, "--json", "-o", tmp_path / "taken.html")

    assert (done.exit_code, json.loads(done.stdout)["evaluation_id"]) == (1, ID)
    assert "could not be written" in done.stderr


# --- credentials that run out


def test_whoever_may_follow_no_longer_is_told_that_the_evaluation_goes_on(http: Http) -> None:
    http.answers = [(403, {"message": "Forbidden"})]

    done = run("watch", ID)

    assert done.exit_code == 1
    assert f"`gavel watch {ID}` follows it again" in done.stderr


def test_an_evaluation_that_nobody_knows_is_not_said_to_go_on(http: Http) -> None:
    http.answers = [(404, {"detail": "There is no such evaluation."})]

    assert "follows it again" not in run("watch", ID).stderr


@pytest.mark.parametrize(("code", "said"), [("ExpiredToken", "have expired"), ("AccessDenied", "execute-api:Invoke")])
def test_a_refusal_of_the_gateway_is_explained_by_what_sts_says(
    http: Http, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    from botocore.credentials import Credentials  # noqa: PLC0415 - only this test signs
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    class Sts:
        def get_caller_identity(self) -> None:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetCallerIdentity")

    monkeypatch.delenv(api_client.TOKEN_VARIABLE)
    session = SimpleNamespace(get_credentials=lambda: Credentials("a", "b", "c"), region_name="us-east-1")
    monkeypatch.setattr(clients, "session", lambda: session)
    monkeypatch.setattr(clients, "sts", Sts)
    http.answers = [(403, {"message": "Forbidden"})]

    done = run("watch", ID)

    assert (done.exit_code, said in done.stderr) == (1, True)


def test_a_refusal_where_a_token_is_used_asks_nobody_else(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "sts", lambda: pytest.fail("asked"))
    http.answers = [(403, {"message": "Forbidden"})]

    with pytest.raises(NotPermittedError):
        ApiClient("https://api.example").evaluation(ID)


def test_several_values_of_a_filter_are_parted_by_commas_and_none_is_left_out(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    http.answers = [(200, {})]
    monkeypatch.setattr(api_client, "_reachable", lambda url: sent.append(url) or url)  # type: ignore[func-returns-value]

    ApiClient("https://api.example").evaluations(limit=5, status=["STARTING", "RUNNING"], suite=None)
    ApiClient("https://api.example").evaluations(limit=5, status=(), verdict="PASS")

    assert [url.partition("?")[2] for url in sent] == ["limit=5&status=STARTING%2CRUNNING", "limit=5&verdict=PASS"]
