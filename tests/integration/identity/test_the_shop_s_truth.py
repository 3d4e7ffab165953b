"""A generated shop knows who its people are: resolution finds exactly them."""

import hashlib
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from omnichannel.contracts.identity import SIGHTINGS
from omnichannel.contracts.store import IdType
from omnichannel.identity.resolve import LINKS_SCHEMA, Resolution, resolve
from tests.integration.identity.conftest import Shop

AT = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def who(shop: Shop) -> Resolution:
    shop.lake.build(SIGHTINGS)
    return resolve(shop.lake.batches(SIGHTINGS), LINKS_SCHEMA.empty_table(), at=AT)


@pytest.fixture(scope="module")
def customers(who: Resolution) -> dict[str, set[tuple[str, str]]]:
    """The identifiers of each customer."""
    found = defaultdict(set)
    for row in who.links.to_pylist():
        found[row["customer_id"]].add((row["id_type"], row["id_value"]))
    return found


def test_every_person_with_several_records_is_one_customer_and_nobody_else_is_joined(shop, customers):
    groups = [{value for kind, value in found if kind == IdType.CUSTOMER_REF} for found in customers.values()]

    assert sorted(sorted(refs) for refs in groups if len(refs) > 1) == sorted(sorted(refs) for refs in shop.truth.identity.same_person)


def test_every_reference_is_a_customer(shop, customers):
    refs = {value for found in customers.values() for kind, value in found if kind == IdType.CUSTOMER_REF}
    several = sum(len(group) - 1 for group in shop.truth.identity.same_person)

    assert len(refs) == shop.truth.customers + several


def test_what_strangers_share_is_nobody_s_and_is_told(shop, who):
    linked = {(r["id_type"], hashlib.sha256(r["id_value"].encode()).hexdigest()) for r in who.links.to_pylist()}
    linked |= {(r["id_type"], r["id_value"]) for r in who.links.to_pylist()}
    told = {e["id_type"] for e in who.events.to_pylist() if e["kind"] == "shared"}

    shared = {(value.id_type, value.value_hash) for value in shop.truth.identity.shared}
    assert shared
    assert not shared & linked
    assert {kind for kind, _ in shared} <= told


def test_guests_are_customers_of_their_own(shop, customers):
    guests = [found for found in customers.values() if not any(kind == IdType.CUSTOMER_REF for kind, _ in found)]

    assert len(guests) >= shop.truth.identity.guests > 0
    assert all(len([value for kind, value in found if kind == IdType.EMAIL_SHA256]) <= 1 for found in guests)


def test_the_report_adds_up(shop, who, customers):
    told = who.report

    assert told["customers"] == len(customers) == sum(told["sizes"].values())
    assert sum(kinds["linked"] for kinds in told["identifiers"].values()) == who.links.num_rows
    assert sum(kinds["shared"] for kinds in told["identifiers"].values()) == told["refusals"]["shared-by-too-many"]
    assert told["visitors"] > 0


def test_the_same_again_changes_nothing(shop, who):
    again = resolve(shop.lake.batches(SIGHTINGS), who.links, at=AT)

    assert again.links.equals(who.links)
