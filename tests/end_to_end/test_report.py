"""The report in a real browser: it renders, asks the network for nothing and shows what the files say."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.end_to_end.conftest import Demo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def page(demo: Demo) -> Iterator[tuple[Page, list[str], list[str]]]:
    if not CHROMIUM:
        assert not os.environ.get("REQUIRE_BROWSER"), "REQUIRE_BROWSER is set and there is no Chromium on the PATH"
        pytest.skip("there is no Chromium on this machine")
    asked, errors = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto((demo.out / "report.html").as_uri())
        page.screenshot(path=str(demo.out / "report.png"), full_page=True)
        yield page, asked, errors
        browser.close()


def test_the_report_asks_the_network_for_nothing_and_has_no_errors(page) -> None:
    _, asked, errors = page

    outside = [url for url in asked if not url.startswith(("file:", "data:"))]

    assert outside == []
    assert errors == []


def test_the_report_shows_every_row_of_the_ledger(page, demo: Demo) -> None:
    shown, _, _ = page

    rows = shown.locator("#ledger tbody tr")

    assert rows.count() == len(demo.json("ledger.json")["rows"])
    assert shown.locator("#ledger td.no").count() == 0


def test_the_report_draws_both_models(page) -> None:
    shown, _, _ = page

    boxes = [svg.bounding_box() for model in ("churn", "repurchase") for svg in shown.locator(f"#{model} svg").all()]

    assert len(boxes) >= 8
    assert all(box and box["width"] > 100 and box["height"] > 80 for box in boxes)


def test_the_report_tells_one_customers_story(page) -> None:
    shown, _, _ = page

    assert shown.locator("#story li").count() >= 5
