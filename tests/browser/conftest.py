"""A Chromium of this machine, and reports opened in it from files."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from gavel.report import render_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from gavel.report import ReportData

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Where a Chromium lies: GAVEL_CHROMIUM, or the first that the PATH knows."""
    named = os.environ.get("GAVEL_CHROMIUM")
    return named or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser, started once; without one these tests are skipped and say so."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium was found: install one (apt-get install chromium), or name it in GAVEL_CHROMIUM")
    # A sandbox inside a container of root cannot be made.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@dataclass
class Opened:
    """A report in a page, with what the page said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a report from a file; options are those of a browser context."""
    contexts: list[BrowserContext] = []

    def show(data: ReportData, anchor: str = "", **options: Any) -> Opened:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(render_report(data), encoding="utf-8")
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
        found.page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
        found.page.on("dialog", lambda dialog: found.said.append(f"dialog: {dialog.message}"))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.goto(file.as_uri() + anchor)
        return found

    yield show
    for context in contexts:
        context.close()
