"""The pictures of `docs/storefront.md`, taken of a shop that is open: `python -m sandbox.storefront.pictures http://127.0.0.1:PORT/`."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
WAIT_MS = 300_000
WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=800)


def main(argv: Sequence[str] | None = None) -> None:
    """A visit from the guest's first page to the order, a picture at each stop."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.storefront.pictures", description=main.__doc__)
    parser.add_argument("address", help="what omni shop printed")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the pictures")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=WIDE)
        page.set_default_timeout(WAIT_MS)
        page.emulate_media(reduced_motion="reduce")
        page.goto(options.address)
        visit(page, options.out)
        browser.close()


def visit(page: Page, out: Path) -> None:
    """Browses as a guest, logs in, buys."""
    page.get_by_role("button", name="Allow").click()
    page.locator(".row .product").first.wait_for()
    page.locator(".grid .product a").nth(4).click()
    page.get_by_role("button", name="Add to cart").wait_for()
    _until(page, "Product Viewed", "relay")
    page.locator(".row[data-ids]").first.wait_for()
    page.screenshot(path=out / "storefront-guest.png")
    for number in range(3):
        page.locator("#categories a").nth(1).click()
        page.locator("h1", has_text=page.locator("#categories a").nth(1).inner_text()).wait_for()
        page.locator(".grid .product a").nth(number).click()
        page.get_by_role("button", name="Add to cart").wait_for()
    page.get_by_role("button", name="Log in").click()
    page.locator(".people button").nth(3).click()
    page.get_by_role("button", name="Add to cart").click()
    _until(page, "Product Added", "relay")
    page.locator("#cart-link").click()
    page.get_by_role("button", name="Buy", exact=True).click()
    _until(page, "Order Completed", "segment")
    _until(page, "Order Completed", "decision")
    _until(page, "Order Completed", "relay")
    page.locator('#traces > li[data-event="Order Completed"] li[data-hop="message"]:not(.waiting)').first.wait_for()
    page.locator(".row[data-ids]").first.wait_for()
    page.locator("#changes", has_text="For you").wait_for()
    page.screenshot(path=out / "storefront-bought.png")
    page.set_viewport_size(NARROW)
    page.screenshot(path=out / "storefront-narrow.png")


def _until(page: Page, event: str, hop: str) -> None:
    page.locator(f'#traces > li[data-event="{event}"] li[data-hop="{hop}"].done').first.wait_for()


if __name__ == "__main__":
    main()
