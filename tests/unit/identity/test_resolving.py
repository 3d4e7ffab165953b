"""Who is who: the last seen together wins, and what many share is nobody's."""

from datetime import UTC, datetime, timedelta

from omnichannel.contracts.store import IdType
from omnichannel.identity.resolve import Sighting, customer_id, email_hash, resolve

START = datetime(2024, 1, 1, tzinfo=UTC)
REFS = {f"R{n}": START for n in range(6)}


def seen(ref, value="device", day=0, last=None, kind=IdType.ANONYMOUS_ID):
    return Sighting(kind, value, ref, START + timedelta(days=day), START + timedelta(days=day if last is None else last))


def test_every_reference_is_one_customer_with_a_stable_id():
    who = resolve(REFS, [])

    assert who.customer(customer_ref="R1") == customer_id("R1") == "c_" + customer_id("R1")[2:]
    assert len(customer_id("R1")) == 26
    assert who.refs[customer_id("R1")] == "R1"


def test_a_device_belongs_to_whom_it_was_last_seen_with_since_they_met():
    who = resolve(REFS, [seen("R1", day=3), seen("R2", day=1, last=2), seen("R2", day=5)])

    assert who.customer(anonymous_id="device") == customer_id("R2")
    assert who.links[IdType.ANONYMOUS_ID, "device"].valid_from == START + timedelta(days=1)


def test_what_more_than_three_references_share_is_nobodys():
    who = resolve(REFS, [seen(f"R{n}", "kiosk") for n in range(4)] + [seen(f"R{n}", "family") for n in range(3)])

    assert who.customer(anonymous_id="kiosk") is None
    assert who.customer(anonymous_id="family") == customer_id("R2")


def test_a_reference_that_is_no_customer_owns_nothing():
    assert resolve(REFS, [seen("stranger")]).customer(anonymous_id="device") is None


def test_an_address_is_found_in_any_spelling_and_a_till_sale_by_its_card():
    sightings = [seen("R1", email_hash("Zoe@Shop.example "), kind=IdType.EMAIL_SHA256), seen("R2", "card", kind=IdType.LOYALTY_CARD)]

    who = resolve(REFS, sightings)

    assert who.customer(email=" zoe@shop.EXAMPLE") == customer_id("R1")
    assert who.customer(loyalty_card="card", email="zoe@shop.example") == customer_id("R2")


def test_a_given_reference_decides_even_when_it_is_unknown():
    who = resolve(REFS, [seen("R1", "card", kind=IdType.LOYALTY_CARD)])

    assert who.customer(customer_ref="stranger", loyalty_card="card") is None
