"""The loop lives: a guest browses, logs in and buys in a real browser, and the cart that nobody pays for is noticed."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, sync_playwright

from omnichannel.activation import contacts
from omnichannel.aws.dynamodb import encode, scan
from omnichannel.consent.gate import allows
from omnichannel.decisions.decide import decide
from omnichannel.decisions.gather import Known
from omnichannel.decisions.store import Store
from omnichannel.playbook.actions import playbook
from tests.end_to_end.conftest import Demo, command, environ

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 300_000
"""For a condition that a busy machine may take its time for; nothing is asserted about time."""
CLICKS = ("Product List Viewed", "Product Viewed", "Product Added", "Checkout Started", "Order Completed")


@pytest.fixture(scope="module")
def address(demo: Demo) -> Iterator[str]:
    """The product's own command, beside the demonstration's sandbox."""
    shop = subprocess.Popen([command(), "shop"], env=environ(demo.home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert shop.stdout is not None
        said = shop.stdout.readline()
        assert "http://127.0.0.1:" in said, said + shop.stdout.read()
        yield said.split()[4]
    finally:
        shop.terminate()
        rest = shop.communicate(timeout=60)[0]
    assert "The shop is closed." in rest
    assert shop.returncode == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        assert not os.environ.get("REQUIRE_BROWSER"), "REQUIRE_BROWSER is set and there is no Chromium on the PATH"
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser of its own in the shop."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)

    @property
    def state(self) -> dict[str, Any]:
        """What the shop knows of the visitor."""
        ask = """() => { const held = JSON.parse(localStorage["omni-shop"]);
          return fetch(`/api/visitor?anonymous_id=${held.anonymous_id}&user_id=${held.user_id}`).then((answer) => answer.json()); }"""
        return dict(self.page.evaluate(ask))

    def recommended(self) -> list[str]:
        """The products that the page recommends now."""
        row = self.page.locator(".recommended .row[data-ids]").first
        return str(row.get_attribute("data-ids")).split(",")

    def look_at(self, number: int) -> None:
        """Goes to the first page and from there to a product."""
        self.page.get_by_role("link", name="All", exact=True).click()
        self.page.locator(".hero").wait_for()
        self.page.locator(".grid .product a").nth(number).click()
        self.page.get_by_role("button", name="Add to cart").wait_for()

    def log_in(self, number: int) -> None:
        """As one of the customers who are offered."""
        self.page.get_by_role("button", name="Log in").click()
        self.page.locator(".people button").nth(number).click()
        self.trace("identify").wait_for()

    def log_in_as(self, user_id: str) -> None:
        """As a user whose id is typed."""
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_label("User id").fill(user_id)
        self.page.get_by_role("button", name="Log in").last.click()
        self.trace("identify").wait_for()

    def trace(self, event: str) -> Locator:
        """The newest event of a name, in the panel."""
        return self.page.locator(f'#traces > li[data-event="{event}"]').first

    def hop(self, event: str, name: str, state: str = "done") -> Locator:
        """A hop of an event, as soon as it stands so."""
        found = self.page.locator(f'#traces > li[data-event="{event}"] li[data-hop="{name}"].{state}').first
        found.wait_for()
        return found

    def hears(self, what: str, words: str) -> None:
        """Waits until a part of the panel says some words."""
        self.page.locator(f"#{what}", has_text=words).wait_for()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    found = Visit(page, address)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: found.errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("request", lambda request: found.errors.append(request.url) if not request.url.startswith((address, "data:")) else None)
    page.goto(address)
    page.get_by_role("button", name="Allow").click()
    page.locator(".recommended .row[data-ids]").first.wait_for()
    yield found
    page.context.close()
    assert found.errors == []


def test_a_guest_who_browses_logs_in_and_buys_is_one_person_whom_the_loop_answers(visit: Visit) -> None:
    for number in range(3):
        visit.look_at(number)
    visit.page.get_by_role("button", name="Add to cart").click()
    visit.hop("Product Added", "relay")
    guest = visit.state
    visit.log_in(0)
    visit.page.get_by_role("link", name="All", exact=True).click()
    visit.page.locator("h1", has_text="Good to see you").wait_for()
    before, decided = visit.recommended(), visit.state["customer"]["next_action"]
    visit.page.locator(".recommended .product a").first.click()
    visit.page.get_by_role("button", name="Add to cart").click()
    bought = visit.page.evaluate("""JSON.parse(localStorage["omni-shop"]).cart.map(([id]) => id)""")
    visit.page.locator("#cart-link").click()
    visit.page.get_by_role("button", name="Buy", exact=True).click()
    for name in ("door", "bus", "relay", "segment", "decision"):
        visit.hop("Order Completed", name)
    visit.hears("segments", "Just bought")
    state = visit.state
    visit.page.locator(f'.recommended .row[data-ids]:not([data-ids="{",".join(before)}"])').first.wait_for()

    assert guest["customer_id"] == ""
    assert guest["identity"]["personalize_users"] == []
    assert state["identity"]["personalize_users"] == [state["customer_id"]]
    assert state["identity"]["personalize_before_login"] > 0
    assert (state["identity"]["segment_profiles"], state["identity"]["segment_user_ids"]) == (1, [state["user_id"]])
    assert state["anonymous_id"] in state["identity"]["segment_anonymous_ids"]
    assert state["customer"]["next_action"] != decided
    assert {trace["title"] for trace in state["traces"]} >= {*CLICKS, "identify"}
    assert bought
    assert not set(bought) & set(visit.recommended())


def test_a_page_that_answers_late_does_not_cover_the_one_that_was_asked_for_after_it(visit: Visit) -> None:
    visit.look_at(0)
    late: list[Route] = []
    visit.page.route("**/api/products?*", lambda route: late.append(route))
    with visit.page.expect_request("**/api/products?*"):
        visit.page.get_by_role("link", name="All", exact=True).click()
    visit.page.locator("#cart-link").click()
    visit.page.locator("h1", has_text="Your cart is empty").wait_for()

    with visit.page.expect_request("**/api/events"):
        late[0].continue_()
    visit.page.evaluate("() => null")

    assert visit.page.locator("h1").all_text_contents() == ["Your cart is empty"]


def test_a_cart_that_nobody_pays_for_is_noticed_by_a_timer(visit: Visit) -> None:
    visit.log_in(1)
    visit.look_at(4)

    visit.page.get_by_role("button", name="Add to cart").click()
    visit.hop("Product Added", "relay")

    visit.hop("Abandoned cart: entered", "segment")
    visit.hop("Abandoned cart: entered", "decision")
    visit.hears("segments", "Abandoned cart")


@pytest.fixture
def reachable(demo: Demo) -> Iterator[Mapping[str, Any]]:
    """The item of a customer who could be reminded of a cart now: consent, address and scores are the demonstration's, only where they live
    is said for the time of the test, so that it is day there whenever the test runs."""
    tables, dynamodb = demo.cloud.deployment, demo.cloud.client("dynamodb")
    items = {each["customer_id"]: each for each in scan(dynamodb, tables.customers_table, ("customer_id", "customer_ref", "profile"))}
    store = Store(
        dynamodb=dynamodb, customers_table=tables.customers_table, products_table=tables.products_table, sent_table=tables.sent_table
    )
    now, known = datetime.now(UTC), []
    zone = next(name for name in ZONES if 9 <= now.astimezone(ZoneInfo(name)).hour < 19)
    for item in store.customers(name for name, each in items.items() if each.get("customer_ref") and each.get("profile")).values():
        there = {**item, "profile": {**item["profile"], "timezone": zone}}
        known.append(Known(item=there, event="Product Added", products=store.popular[:1], live_segments=frozenset({"Abandoned cart"})))
    found = decide(store.columns(store.with_contacts(known), playbook()), playbook(), now, live=True)
    willing = [each for each in known if allows(each.item["consents"], "personalization", "web")]
    names = {decision.customer_id for decision in map(found.decision, range(len(known))) if decision.action}
    who = items[min(names & {each.item["customer_id"] for each in willing})]
    _lives_in(demo, who, zone)
    yield who
    _lives_in(demo, who, who["profile"].get("timezone"))


ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo")
"""It is between nine and seven o'clock in one of them at any moment."""


def _lives_in(demo: Demo, who: Mapping[str, Any], zone: str | None) -> None:
    profile = {name: value for name, value in {**who["profile"], "timezone": zone}.items() if value}
    demo.cloud.client("dynamodb").update_item(
        TableName=demo.cloud.deployment.customers_table,
        Key=encode({"customer_id": who["customer_id"]}),
        UpdateExpression="SET profile = :profile",
        ExpressionAttributeValues=encode({":profile": profile}),
    )


def test_a_cart_that_was_left_brings_a_message_on_its_way(visit: Visit, demo: Demo, reachable: Mapping[str, Any]) -> None:
    visit.log_in_as(reachable["customer_ref"])
    visit.look_at(4)
    visit.page.get_by_role("button", name="Add to cart").click()
    cart = visit.page.evaluate("""JSON.parse(localStorage["omni-shop"]).cart.map(([id]) => id)""")
    visit.hop("Product Added", "relay")

    said = visit.hop("Abandoned cart: entered", "message").get_attribute("title")

    tables = demo.cloud.deployment
    heard = contacts.read(demo.cloud.client("dynamodb"), tables.sent_table, [reachable["customer_id"]])[reachable["customer_id"]]
    action = visit.state["customer"]["next_action"]
    assert said == "pinpoint has it"
    assert (action["action"], action["campaign"], action["channel"]) == ("cart-reminder", "cart", "email")
    assert heard[-1].action == "cart-reminder"
    assert cart


def test_somebody_new_is_told_when_they_will_be_known(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Log in").click()
    visit.page.get_by_label("User id").fill("N-new-in-the-shop")
    visit.page.get_by_role("button", name="Log in").last.click()
    visit.look_at(1)

    visit.hears("who", "known after the next onboarding")
    visit.hop("Product Viewed", "relay")

    state = visit.state
    assert (state["customer_id"], state["identity"]["personalize_users"]) == ("", [])
    assert state["identity"]["segment_user_ids"] == ["N-new-in-the-shop"]
    assert all(item for item in visit.recommended())


def test_whoever_refuses_personalization_is_not_told_to_personalize(visit: Visit) -> None:
    visit.log_in(2)
    visit.page.locator("#account").click()
    visit.page.get_by_label("Personalization:").uncheck()
    visit.page.get_by_role("button", name="Close").click()
    visit.hop("Segment Consent Preference Updated", "bus")

    visit.look_at(5)
    visit.hop("Product Viewed", "relay", "skipped")

    assert visit.state["identity"]["personalize_events"] == 0


def test_the_page_fits_a_narrow_window_and_names_everything(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    visit.look_at(0)

    wide = visit.page.evaluate("document.documentElement.scrollWidth")
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll("button, a, input")].filter((each) =>
          !(each.textContent.trim() || each.getAttribute("aria-label") || each.labels?.length)).length"""
    )

    assert wide <= 390
    assert nameless == 0
