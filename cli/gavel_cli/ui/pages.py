"""The pages: data in, HTML out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

import gavel.report
from gavel.history.trends import trends
from gavel.report.environment import environment
from gavel.report.trend_views import HEIGHT, WIDTH, pictures
from gavel.version import VERSION
from gavel_cli.ui import views

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import jinja2

    from gavel.report.trend_views import Picture

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Wanted:
    """What the list of evaluations is asked for: a suite and a state (empty for all), and the page to go on from."""

    suite: str = ""
    state: str = ""
    token: str | None = None

    def __bool__(self) -> bool:
        return bool(self.suite or self.state)

    def address(self, token: str | None) -> str:
        """The address of another page of the same list."""
        query = {"suite": self.suite, "state": self.state, "next": token or ""}
        return "/?" + urlencode({name: value for name, value in query.items() if value}, errors="replace")


@dataclass(frozen=True)
class Listing:
    """A page of the list: its rows, how it goes on, and the suites to choose from."""

    rows: Sequence[views.Row]
    next_token: str | None
    suites: Sequence[str]


@cache
def style() -> str:
    """The style of every page: the report's, and what these pages have beyond it."""
    report = Path(gavel.report.__file__).parent / "report.css"
    return report.read_text(encoding="utf-8") + (_FOLDER / "ui.css").read_text(encoding="utf-8")


@cache
def script() -> str:
    """The script of every page, which looks for news while something runs."""
    return (_FOLDER / "ui.js").read_text(encoding="utf-8")


def list_page(listing: Listing, wanted: Wanted, *, source: str) -> str:
    """The evaluations, newest first."""
    return _render(
        "list.html.j2",
        source,
        listing=listing,
        wanted=wanted,
        states=views.STATES.values(),
        older=wanted.address(listing.next_token) if listing.next_token else None,
        running=any(row.running for row in listing.rows),
    )


@dataclass(frozen=True)
class _Trend:
    """A picture, and where in it the baseline stands."""

    picture: Picture
    baseline: float | None


def suite_page(history: Mapping[str, Any], *, source: str, now: datetime) -> str:
    """A suite: how each metric went, its baseline, and its evaluations, two of which can be compared.

    `history` is what `GET /suites/{suite}/evaluations` answers.
    """
    entries = views.entries(history)
    found = trends(entries)
    figures = entries[-1].figures if entries else ()
    metrics, judges, generators = (
        list(dict.fromkeys(getattr(figure, kind) for figure in figures)) for kind in ("metric", "judge", "generator")
    )
    baseline = history.get("baseline")
    marked = str(baseline["evaluation_id"]) if baseline else None
    scored = {entry.evaluation_id for entry in entries}
    evaluations = [_remembered(one, now) for one in history["evaluations"]]
    newest = [row.id for row in evaluations if row.id in scored]
    return _render(
        "suite.html.j2",
        source,
        suite=str(history["suite"]),
        trends=[
            _Trend(picture, _place(picture, marked))
            for picture in pictures(found, metrics=metrics, judges=judges, generators=generators)
        ],
        trend_size=(WIDTH, HEIGHT),
        judges=judges,
        colours={name: place % 10 for place, name in enumerate(generators)},
        baseline=None,  # what the report's macros ask for: no generator here is a counterpart
        marked=baseline,
        rows=evaluations,
        scored=scored,
        a=newest[0] if newest else None,
        b=next((one for one in (marked, *newest[1:]) if one in scored and one != newest[0]), None) if newest else None,
        running=any(row.running for row in evaluations),
    )


def evaluation_page(view: Mapping[str, Any], *, source: str, now: datetime) -> str:
    """One evaluation: where it stands, why jobs failed, its gates, its files.

    `view` is what `GET /evaluations/{id}` answers.
    """
    row = views.row(view, now=now)
    verdict = view.get("verdict") or {}
    order = ("FAIL", "INCONCLUSIVE", "PASS")
    return _render(
        "evaluation.html.j2",
        source,
        row=row,
        view=view,
        told=[str(text) for text in (view.get("reason"), verdict.get("sentence")) if text],
        gates=sorted(verdict.get("gates") or (), key=lambda gate: order.index(gate["outcome"])),
        progress=views.Progress.of(view),
        reasons=views.reasons(view),
        files=views.files_of(view, scored=row.scored),
        running=row.running,
    )


def building_page(a: str, b: str, *, source: str) -> str:
    """What is shown while a comparison is being built."""
    return _render("building.html.j2", source, a=a, b=b, running=True)


def problem_page(heading: str, text: str, *, source: str) -> str:
    """What went wrong, and what a person can do."""
    return _render("problem.html.j2", source, heading=heading, text=text, running=False)


def _remembered(one: Mapping[str, Any], now: datetime) -> views.Row:
    """The row of an evaluation as its suite's history has it, which knows no cost and no end."""
    status = one.get("status") or ("SUMMARIZING" if one.get("figures") else "RUNNING")
    return views.row(
        {**one, "status": status, "dataset_key": one.get("dataset", ""), "records": one.get("records") or None}, now=now
    )


def _place(picture: Picture, evaluation: str | None) -> float | None:
    marks = (mark for line in picture.lines for mark in line.marks)
    return next((mark.x for mark in marks if mark.point.evaluation_id == evaluation), None)


@cache
def _environment() -> jinja2.Environment:
    found = environment(_FOLDER / "templates")
    found.filters["clock"] = views.clock
    return found


def _render(template: str, source: str, *, running: bool, **facts: Any) -> str:
    ours = {"style": Markup(style()), "script": Markup(script())}  # noqa: S704 - our own files
    return (
        _environment().get_template(template).render(**ours, source=source, version=VERSION, running=running, **facts)
    )
