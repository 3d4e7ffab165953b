"""What records tell of who is who: pairs of identifiers in their normal forms, with the sources and times."""

from datetime import UTC, date, datetime

import pytest

from omnichannel.identity.normalise import email_sha256, phone_sha256
from tests.unit.identity.shop import at, sightings


def pairs(found):
    """Without times: the surer identifier, the other one, the source."""
    return {
        (f"{r['left_type']}:{r['left_value']}", f"{r['right_type']}:{r['right_value']}" if r["right_type"] else "", r["source"])
        for r in found.to_pylist()
    }


def customer(ref="R1", day=5, **more):
    return {"customer_ref": ref, "source_ts": at(day), "created_at": at(2), **more}


def event(number, day=3, type="track", **more):
    return {"message_id": f"m{number}", "type": type, "timestamp": at(day), **more}


MAIL = "email_sha256:" + email_sha256("zoe@shop.example")


def test_a_crm_record_ties_everything_to_its_reference(tmp_path):
    found = sightings(
        tmp_path, customers_changes=[customer(email=" Zoe@Shop.example", phone="030 123456", country="DE", loyalty_card="L-1 2")]
    )

    assert pairs(found) == {
        ("customer_ref:R1", "", "customers"),
        ("customer_ref:R1", MAIL, "customers"),
        ("customer_ref:R1", "phone_sha256:" + phone_sha256("+4930123456"), "customers"),
        ("customer_ref:R1", "loyalty_card:L12", "customers"),
    }
    assert {(r["first_seen"], r["last_seen"], r["seen"]) for r in found.to_pylist()} == {(at(2), at(5), 1)}


def test_an_address_that_a_customer_had_still_counts_and_a_deleted_record_says_nothing_new(tmp_path):
    rows = [
        customer(email="old@shop.example"),
        customer(day=6, op="U", email="new@shop.example"),
        customer(day=7, op="D", email="x@y.example"),
    ]

    mails = {right for _, right, _ in pairs(sightings(tmp_path, customers_changes=rows)) if right.startswith("email")}

    assert mails == {"email_sha256:" + email_sha256(f"{name}@shop.example") for name in ("old", "new")}


def test_traits_are_those_of_today_and_no_placeholders(tmp_path):
    rows = [
        customer(first_name="Zoe", birth_date=date(1980, 1, 2)), customer(day=6, first_name=" ZOË ", birth_date=date(1980, 1, 3)),
        customer("R2", birth_date=date(1900, 1, 1), first_name=" "),
    ]  # fmt: skip

    told = {pair for pair in pairs(sightings(tmp_path, customers_changes=rows)) if pair[1]}

    assert told == {("customer_ref:R1", "birth_date:1980-01-03", "customers"), ("customer_ref:R1", "first_name:zoë", "customers")}


def test_a_guest_s_till_sale_ties_its_address_to_its_card(tmp_path):
    rows = [
        {
            "order_id": f"O{n}",
            "source_ts": at(9),
            "ordered_at": at(n),
            "loyalty_card": "L1",
            "email": "zoe@shop.example",
            "customer_ref": "NULL",
        }
        for n in (3, 1)
    ]

    found = sightings(tmp_path, orders_changes=rows)

    assert pairs(found) == {("loyalty_card:L1", MAIL, "orders"), ("loyalty_card:L1", "", "orders")}
    assert {(r["first_seen"], r["last_seen"], r["seen"]) for r in found.to_pylist()} == {(at(1), at(3), 2)}


def test_what_is_identified_is_told_apart_from_what_was_only_used(tmp_path):
    rows = [
        event(1, type="identify", user_id="R1", anonymous_id="w1", email="zoe@shop.example"),
        event(2, anonymous_id="w2", contact_email="zoe@shop.example", device_id="d1"),
        event(3, user_id="R1", anonymous_id="w1"),
        event(4, anonymous_id="w9", recipient_email="zoe@shop.example"),
        event(5, user_id="unknown", anonymous_id="00000000-0000-0000-0000-000000000000"),
    ]

    told = {pair for pair in pairs(sightings(tmp_path, events=rows)) if pair[1]}

    assert told == {
        ("customer_ref:R1", MAIL, "identify"),
        ("customer_ref:R1", "anonymous_id:w1", "identify"),
        ("customer_ref:R1", "anonymous_id:w1", "events"),
        (MAIL, "anonymous_id:w2", "events"),
        (MAIL, "device_id:d1", "events"),
    }


def test_an_alias_names_an_old_reference_or_an_anonymous_id(tmp_path):
    rows = [
        event(1, user_id="old"),
        event(2, type="alias", user_id="new", previous_id="old"),
        event(3, type="alias", user_id="new", previous_id="w1"),
        event(4, type="alias", user_id="new", previous_id="new"),
    ]

    told = {pair for pair in pairs(sightings(tmp_path, events=rows)) if pair[2] == "alias"}

    assert told == {("customer_ref:new", "customer_ref:old", "alias"), ("customer_ref:new", "anonymous_id:w1", "alias")}


@pytest.mark.parametrize(
    ("kind", "value", "pair"),
    [
        ("user_id", "R1", ("customer_ref:R1", "segment_id:p1")),
        ("email", "ZOE@shop.example", (MAIL, "segment_id:p1")),
        ("anonymous_id", "w1", ("segment_id:p1", "anonymous_id:w1")),
        ("ios.idfa", "d1", ("segment_id:p1", "device_id:d1")),
    ],
)
def test_segment_s_profiles_tell_their_identifiers(tmp_path, kind, value, pair):
    row = {"id": "1", "segment_id": "p1", "external_id_type": kind, "external_id_value": value, "timestamp": at(3)}

    found = sightings(tmp_path, profile_identifiers=[row, {**row, "id": "2", "external_id_type": "shoe_size"}])

    assert (*pair, "profile_identifiers") in pairs(found)
    assert "shoe_size" not in str(found)


def test_a_merged_profile_leads_to_the_one_it_went_into(tmp_path):
    rows = [{"segment_id": a, "canonical_segment_id": b, "timestamp": at(3)} for a, b in (("p1", "p1"), ("p1", "p2"))]

    assert pairs(sightings(tmp_path, profile_merges=rows)) == {("segment_id:p2", "segment_id:p1", "profile_merges")}


def test_tickets_consents_returns_and_subscriptions_tell_too(tmp_path):
    found = sightings(
        tmp_path,
        tickets=[{"ticket_id": "t", "customer_ref": "R1", "email": "zoe@shop.example", "opened_at": at(1)}],
        consents=[{"consent_id": "c", "anonymous_id": "w1", "recorded_at": at(1)}],
        returns_changes=[{"return_id": "r", "customer_ref": "R2", "source_ts": at(2), "returned_at": at(1)}],
        subscriptions_changes=[{"subscription_id": "s", "customer_ref": "R3", "source_ts": at(2), "started_at": at(1)}],
    )

    assert pairs(found) == {
        ("customer_ref:R1", "", "tickets"), ("customer_ref:R1", MAIL, "tickets"), ("anonymous_id:w1", "", "consents"),
        ("customer_ref:R2", "", "returns"), ("customer_ref:R3", "", "subscriptions"),
    }  # fmt: skip


def test_what_lies_after_the_moment_is_not_known(tmp_path):
    later = datetime(2027, 1, 1, tzinfo=UTC)

    events, customers = [event(1, user_id="R1") | {"timestamp": later}], [customer() | {"source_ts": later}]

    found = sightings(tmp_path, events=events, customers_changes=customers)

    assert found.num_rows == 0
