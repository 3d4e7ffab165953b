"""The counter's own words to the cloud: whom it asks about, and that it asks for nothing that the page may not want."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.storefront import counter as counting
from sandbox.storefront import watch as watching
from sandbox.storefront.counter import Counter
from sandbox.storefront.journal import Journal
from sandbox.storefront.messages import Unsaid
from sandbox.storefront.shelf import Shelf
from sandbox.storefront.watch import Watch


@pytest.fixture
def asked(monkeypatch):
    """What the recommendations API and the twins were asked."""
    said: list[str] = []
    monkeypatch.setattr(counting, "recommendations", lambda cloud, placement, **_: said.append(placement) or {"items": []})
    monkeypatch.setattr(watching.twins, "ask", lambda cloud, what: said.append(what) or [])
    monkeypatch.setattr(counting.people, "customer_of", lambda cloud, user_id: "")
    return said


@pytest.fixture
def counter():
    cloud = SimpleNamespace(client=lambda _: None, deployment=SimpleNamespace(lake_bucket="lake"))
    journal = Journal(lambda: 1.0)
    return Counter(cloud, Shelf(products={}), journal, Watch(cloud, journal, None, {}))


@pytest.mark.parametrize("placement", ["..", "../../lake/key", "home/..", "", "HOME"])
def test_no_other_address_than_a_placement_is_asked_with_the_sandboxes_credentials(counter, asked, placement):
    with pytest.raises(Unsaid, match="expected one of home, product"):
        counter.recommend(placement, {})

    assert asked == []


def test_a_placement_is_asked(counter, asked):
    assert counter.recommend("home", {"anonymous_id": "anon-1"}) == {"items": []}
    assert asked == ["home"]


def test_an_id_of_a_browser_is_asked_for_as_it_is(counter, asked):
    told = counter.visitor({"anonymous_id": "a&b=c #é"})

    queries = [parse_qs(urlsplit(what).query) for what in asked]
    assert queries == [{"anonymousId": ["a&b=c #é"]}, {"sessionId": ["a&b=c #é"]}]
    assert told["anonymous_id"] == "a&b=c #é"
