"""A rebuild that merges two customers: what the one heard and what is closed for them is the survivor's before the redirect is there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from omnichannel.activation import contacts
from omnichannel.activation.contacts import Contact
from omnichannel.activation.suppression import Suppression, Why, suppress
from omnichannel.view.rebuild import rebuild
from tests.integration.view.building import LATER, LINKED, TABLES, build, lake_of, link, links
from tests.integration.view.conftest import CUSTOMERS, SENT, Cloud

HEARD = Contact(action="a", campaign="k", channel="email", at=datetime(2026, 1, 1, 12, tzinfo=UTC), run="r", message_id="m1")


def _merged():
    ended = [link(customer, *key, until=LATER - timedelta(hours=1)) for key, customer in LINKED.items() if customer == "c_2"]
    return links(*ended, linked={key: "c_1" if customer == "c_2" else customer for key, customer in LINKED.items()})


@pytest.fixture
def known(shop: Cloud, tmp_path: Path) -> Cloud:
    """Two customers; the second has heard something, and has asked for no more of it."""
    build(shop, tmp_path)
    contacts.record(shop.dynamodb, SENT, [("c_2", HEARD)])
    suppress(shop.dynamodb, CUSTOMERS, "c_2", Suppression(channel="email", why=Why.REQUEST, at=HEARD.at))
    return shop


def test_the_survivor_has_heard_it_and_the_channel_is_closed(known: Cloud, tmp_path: Path):
    told = []

    counts = rebuild(lake_of(known, tmp_path, _merged(), LATER), known.dynamodb, TABLES, as_of=LATER, tell=told.extend)

    items = known.items(CUSTOMERS)
    assert items["c_2"]["customer"] == "c_1"
    assert set(items["c_1"]["suppressed"]) == {"email"}
    assert contacts.read(known.dynamodb, SENT, ["c_1"]) == {"c_1": (HEARD,)}
    assert (told, counts["merged"]) == ([("c_2", "c_1")], 1)


def test_a_rebuild_after_it_has_nobody_to_merge(known: Cloud, tmp_path: Path):
    build(known, tmp_path / "a", _merged(), as_of=LATER)
    before = known.items(CUSTOMERS)

    counts = build(known, tmp_path / "b", _merged(), as_of=LATER)

    assert (counts["merged"], counts["items_written"]) == (0, 0)
    assert known.items(CUSTOMERS) == before


def test_where_others_could_not_be_told_the_old_item_is_still_there_for_the_next_rebuild(known: Cloud, tmp_path: Path):
    def away(_):
        raise ClientError({"Error": {"Code": "InternalException", "Message": ""}}, "PutEvents")

    with pytest.raises(ClientError):
        rebuild(lake_of(known, tmp_path, _merged(), LATER), known.dynamodb, TABLES, as_of=LATER, tell=away)

    assert "customer" not in known.items(CUSTOMERS)["c_2"]
    build(known, tmp_path / "again", _merged(), as_of=LATER)
    assert known.items(CUSTOMERS)["c_2"]["customer"] == "c_1"
