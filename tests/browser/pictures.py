"""Takes the README's pictures, with made-up scores: `python -m tests.browser.pictures [report] [ui]`, or all."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import ViewportSize, sync_playwright

from gavel.report import render_report
from tests.browser.conftest import chromium
from tests.browser.ui_server import served
from tests.cli.ui_source import rich_source
from tests.gavel.reports import METRICS, rich_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"


def main(names: list[str]) -> None:
    """Write the pictures of these names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for name, take in {"report": report_pictures, "ui": ui_pictures}.items():
            if not names or name in names:
                take(browser)
        browser.close()


def report_pictures(browser: Browser) -> None:
    """Write docs/images/report-light.png, -dark.png (a record) and -narrow.png (a telephone)."""
    data = rich_report(400, judges=("nova-pro",), metrics=METRICS[:5], generators=("nova-lite", "my-app"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(render_report(data), encoding="utf-8")
        wide: ViewportSize = {"width": 1180, "height": 1500}
        tall: ViewportSize = {"width": 390, "height": 1100}
        page = browser.new_page(viewport=wide, color_scheme="light")
        page.goto(file.as_uri())
        page.screenshot(path=IMAGES / "report-light.png")
        page = browser.new_page(viewport={"width": 1180, "height": 1250}, color_scheme="dark", reduced_motion="reduce")
        page.goto(file.as_uri())
        page.fill("#query", "refund")
        page.select_option("#show", "regressed")
        page.select_option("#sort", "regression")
        page.press("#query", "Enter")
        page.evaluate("document.getElementById('records').scrollIntoView({behavior: 'instant'})")
        page.screenshot(path=IMAGES / "report-dark.png")
        page = browser.new_page(viewport=tall, color_scheme="light", device_scale_factor=1.5)
        page.goto(file.as_uri())
        page.screenshot(path=IMAGES / "report-narrow.png")


def ui_pictures(browser: Browser) -> None:
    """Write docs/images/ui-list.png and ui-suite.png (dark)."""
    with served(rich_source()) as server:
        page = browser.new_page(viewport={"width": 1180, "height": 760}, color_scheme="light")
        page.goto(server.door.address)
        page.screenshot(path=IMAGES / "ui-list.png")
        page = browser.new_page(viewport={"width": 1180, "height": 1240}, color_scheme="dark")
        page.goto(server.door.address)
        page.goto(f"{server.base}/suites/support")
        page.screenshot(path=IMAGES / "ui-suite.png")


if __name__ == "__main__":
    main(sys.argv[1:])
