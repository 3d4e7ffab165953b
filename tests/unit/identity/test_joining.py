"""Who is one customer, and what must not make one of two."""

from dataclasses import replace

import pytest

from omnichannel.contracts.store import IdType
from omnichannel.identity.rules import RULES
from tests.unit.identity.sightings import customer_id, day, groups, happened, owners, resolved, seen


def test_a_reference_keeps_the_id_that_is_made_of_it():
    who = resolved([seen("ref:R1", "mail:m1")])

    assert owners(who) == {"ref:R1": customer_id("R1"), "mail:m1": customer_id("R1")}


def test_a_guest_is_a_customer_and_a_browser_alone_is_a_visitor():
    who = resolved([seen("mail:guest", source="orders"), seen("web:w1", source="events"), seen("web:w2", "phone:p1", "events")])

    assert groups(who) == {frozenset({"mail:guest"})}
    assert who.report["visitors"] == 2


def test_two_accounts_with_one_address_are_one_customer():
    rows = [
        seen("ref:R1", "mail:m1"),
        seen("ref:R2", "mail:m1", first=5),
        seen("ref:R2", "card:k2", first=6),
        seen("card:k2", "web:w1", "events"),
    ]

    who = resolved(rows)

    assert groups(who) == {frozenset({"ref:R1", "ref:R2", "mail:m1", "card:k2", "web:w1"})}
    assert set(owners(who).values()) == {customer_id("R1")}


@pytest.mark.parametrize(
    ("trait", "rule"),
    [("born:1980-01-0{}", "different-birth-dates"), ("name:person {}", "different-first-names")],
)
def test_two_accounts_of_different_people_stay_two(trait, rule):
    rows = [row for n in (1, 2) for row in (seen(f"ref:R{n}", "mail:family", first=n), seen(f"ref:R{n}", trait.format(n)))]

    who = resolved(rows)

    assert groups(who) == {frozenset({"ref:R1", "mail:family"}), frozenset({"ref:R2"})}
    assert [(e["customer_id"], e["other_customer_id"], e["rule"]) for e in happened(who, "refused")] == [
        (customer_id("R1"), customer_id("R2"), rule)
    ]


def test_two_accounts_with_cards_of_their_own_stay_two():
    rows = [row for n in (1, 2) for row in (seen(f"ref:R{n}", "tel:landline", first=n), seen(f"ref:R{n}", f"card:k{n}"))]

    who = resolved(rows)

    assert owners(who)["tel:landline"] == customer_id("R1")
    assert who.report["refusals"] == {"different-loyalty-cards": 1}


def test_ordering_with_somebody_s_address_does_not_make_one_person():
    who = resolved([seen("ref:R1", "mail:m1", first=9), seen("ref:R2", "mail:m1", "orders", first=1)])

    assert groups(who) == {frozenset({"ref:R1", "mail:m1"}), frozenset({"ref:R2"})}
    assert who.report["refusals"] == {"used-not-declared": 1}


@pytest.mark.parametrize(
    ("value", "accounts"),
    [("mail:office", 4), ("tel:office", 4), ("card:family", 3), ("web:till", 4), ("phone:kiosk", 4), ("profile:s1", 4)],
)
def test_what_too_many_share_is_nobody_s(value, accounts):
    who = resolved([seen(f"ref:R{n}", value, first=n) for n in range(accounts)])

    assert groups(who) == {frozenset({f"ref:R{n}"}) for n in range(accounts)}
    assert [e["rule"] for e in happened(who, "shared")] == ["shared-by-too-many"]
    assert list(who.report["identifiers"].values())[1]["shared"] == 1


def test_an_account_that_everybody_uses_is_nobody_s():
    who = resolved([seen("ref:till", f"mail:m{n}", "orders") for n in range(11)])

    assert groups(who) == {frozenset({f"mail:m{n}"}) for n in range(11)}


def test_a_device_belongs_to_whom_it_was_last_seen_with_since_they_met():
    rows = [seen("ref:R1", "web:w1", "events", 3), seen("ref:R2", "web:w1", "events", 1, 5), seen("web:w1", "phone:p1", "events", 0, 9)]

    who = resolved(rows)

    assert groups(who) == {frozenset({"ref:R1"}), frozenset({"ref:R2", "web:w1", "phone:p1"})}
    assert [row["valid_from"] for row in who.links.to_pylist() if row["id_value"] in ("w1", "p1")] == [day(1), day(1)]
    assert who.report["refusals"] == {"several-customers": 1}


def test_what_a_visitor_did_belongs_to_the_customer_since_they_are_known_together():
    rows = [seen("web:w1", source="events", first=0, last=2), seen("mail:m1", "web:w1", "events", 4), seen("ref:R1", "mail:m1", first=8)]

    who = {row["id_value"]: row["valid_from"] for row in resolved(rows).links.to_pylist()}

    assert who == {"m1": day(4), "w1": day(4), "R1": day(8)}


def test_a_chain_is_as_old_as_its_youngest_sighting():
    rows = [seen("web:w1", "phone:p1", "events", 1), seen("web:w2", "phone:p1", "events", 2), seen("ref:R1", "web:w2", "identify", 7)]

    who = {row["id_value"]: row["valid_from"] for row in resolved(rows).links.to_pylist()}

    assert who == {"R1": day(7), "w2": day(7), "p1": day(7), "w1": day(7)}


def test_a_customer_keeps_the_newest_devices_and_no_more_than_the_limit():
    few = replace(RULES, types=tuple(replace(r, most_values=2) if r.id_type is IdType.ANONYMOUS_ID else r for r in RULES.types))

    who = resolved([seen("ref:R1", f"web:w{n}", "events", n) for n in range(4)], rules=few)

    assert groups(who) == {frozenset({"ref:R1", "web:w3", "web:w2"})}
    assert who.report["refusals"] == {"too-many-values": 2}


def test_an_alias_says_that_two_accounts_are_one():
    who = resolved(
        [
            seen("ref:old", "ref:new", "alias", 4),
            seen("ref:old", "mail:m1"),
            seen("web:a", "web:b", "alias"),
            seen("ref:new", "web:b", "events"),
        ]
    )

    assert groups(who) == {frozenset({"ref:old", "ref:new", "mail:m1", "web:a", "web:b"})}


def test_nothing_seen_is_nobody():
    who = resolved([])

    assert (who.links.num_rows, who.events.num_rows, who.report["customers"], who.redirects) == (0, 0, 0, {})


def test_events_name_nobody():
    who = resolved([seen("ref:Zoe", "mail:m1"), seen("ref:Tom", "mail:m1"), seen("ref:Zoe", "name:zoe"), seen("ref:Tom", "name:tom")])

    told = who.events.to_pylist()
    assert told
    assert not [e for e in told if {"Zoe", "Tom", "zoe", "tom", "m1"} & set(map(str, e.values()))]
