"""Takes the README's pictures of a report with made-up scores: `python -m tests.browser.pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import ViewportSize, sync_playwright

from gavel.report import render_report
from tests.browser.conftest import chromium
from tests.gavel.reports import METRICS, rich_report

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Write docs/images/report-light.png, -dark.png (a record) and -narrow.png (a telephone)."""
    data = rich_report(400, judges=("nova-pro",), metrics=METRICS[:5], generators=("nova-lite", "my-app"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(render_report(data), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
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
        browser.close()


if __name__ == "__main__":
    main()
