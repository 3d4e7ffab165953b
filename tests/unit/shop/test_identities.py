"""Who is behind the generated records: the truth file says it, and the records bear it out."""

import gzip
import hashlib
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox.shop.generate import generate
from sandbox.shop.identities import OFFICE_EMAIL, TABLETS
from sandbox.shop.truth import FILE_NAME, Truth
from tests.unit.shop.test_generate import records, rows_of

CUSTOMERS = 400


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identities") / "landing"
    generate(folder, customers=CUSTOMERS, events=8_000, dirt=False)
    return folder


@pytest.fixture(scope="module")
def truth(landing: Path) -> Truth:
    return Truth.read(landing.parent / FILE_NAME)


@pytest.fixture(scope="module")
def crm(landing: Path) -> list[dict[str, Any]]:
    return rows_of(landing, "dms/crm/customers/")


def identifiers(row: dict[str, Any]) -> set[tuple[str, str]]:
    """The same value in every spelling."""
    digits = re.sub(r"\D", "", str(row.get("phone", ""))).removeprefix("00")
    found = {
        ("email", str(row.get("email", "")).strip().lower()),
        ("phone", digits),
        ("card", re.sub(r"\W", "", str(row.get("loyalty_card", ""))).upper()),
    }
    return {(kind, value) for kind, value in found if value and value != OFFICE_EMAIL}


def groups(crm: list[dict[str, Any]]) -> set[frozenset[str]]:
    """References that share an identifier, directly or over others, the office's address aside."""
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in crm:
        for found in identifiers(row):
            holders[found].add(str(row["customer_ref"]))
    leader: dict[str, str] = {}

    def root(ref: str) -> str:
        while leader.setdefault(ref, ref) != ref:
            ref = leader[ref]
        return ref

    for refs in holders.values():
        first, *others = sorted(refs)
        for other in others:
            leader[root(other)] = root(first)
    found: dict[str, set[str]] = defaultdict(set)
    for row in crm:
        found[root(str(row["customer_ref"]))].add(str(row["customer_ref"]))
    return {frozenset(refs) for refs in found.values() if len(refs) > 1}


def test_exactly_the_records_of_one_person_share_an_identifier(crm: list[dict[str, Any]], truth: Truth) -> None:
    assert groups(crm) == {frozenset(refs) for refs in truth.identity.same_person}
    assert {len(refs) for refs in truth.identity.same_person} == {2, 3}
    assert len(truth.identity.same_person) == round(CUSTOMERS * 0.03)


def test_a_second_record_is_used_once_it_exists(landing: Path, crm: list[dict[str, Any]], truth: Truth) -> None:
    created = {str(row["customer_ref"]): str(row["created_at"]) for row in crm}
    seconds = {refs[1] for refs in truth.identity.same_person}
    orders = [o for o in rows_of(landing, "dms/sales/orders/") + rows_of(landing, "pos/orders/") if o.get("customer_ref") in seconds]

    assert orders
    assert all(str(order["ordered_at"]) >= created[str(order["customer_ref"])] for order in orders)


def test_guests_are_known_by_their_orders_address_alone(landing: Path, crm: list[dict[str, Any]], truth: Truth) -> None:
    known = {str(row.get("email", "")).lower() for row in crm}
    orders = rows_of(landing, "dms/sales/orders/") + rows_of(landing, "pos/orders/")

    guests = {str(o["email"]).strip().lower() for o in orders if "email" in o and "customer_ref" not in o} - known

    assert len(guests) == truth.identity.guests
    assert not [order for order in orders if str(order.get("email", "")).strip().lower() in guests and "loyalty_card" in order]


def test_what_strangers_share_is_named_with_how_many_they_are(landing: Path, crm: list[dict[str, Any]], truth: Truth) -> None:
    messages = rows_of(landing, "segment-logs/store-source/")
    refs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for message in messages:
        refs["anonymous_id", message["anonymousId"]].add(message["userId"])
        refs["device_id", message["context"]["device"]["id"]].add(message["userId"])
    refs["email_sha256", OFFICE_EMAIL] = {str(row["customer_ref"]) for row in crm if row.get("email") == OFFICE_EMAIL}
    hashed = {(kind, hashlib.sha256(value.encode()).hexdigest(), len(held)) for (kind, value), held in refs.items()}

    assert hashed == {(shared.id_type, shared.value_hash, shared.refs) for shared in truth.identity.shared}
    assert {message["anonymousId"] for message in messages} == set(TABLETS)
    assert min(shared.refs for shared in truth.identity.shared) >= 12


def test_no_office_worker_is_one_of_the_persons_with_several_records(crm: list[dict[str, Any]], truth: Truth) -> None:
    office = {str(row["customer_ref"]) for row in crm if row.get("email") == OFFICE_EMAIL}

    assert not office & {ref for refs in truth.identity.same_person for ref in refs}


def test_a_device_belongs_to_the_customer_whose_browser_it_is(landing: Path) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for message in rows_of(landing, "segment-logs/web-source/") + rows_of(landing, "segment-logs/app-source/"):
        device = message["context"]["device"]
        if device["type"] == "mobile":
            owners[device["id"]].add(message["anonymousId"])

    assert owners
    assert {len(names) for names in owners.values()} == {1}


def test_messages_repeat_what_the_consent_log_says(landing: Path) -> None:
    log = [row for row in rows_of(landing, "consents/") if row.get("customer_ref") and row["purpose"] == "personalization"]
    withdrawn = {row["customer_ref"]: row["recorded_at"] for row in log if row["source"] == "preference-centre"}
    refused = {row["customer_ref"]: row["recorded_at"] for row in log if row["source"] != "preference-centre" and row["granted"] == "false"}
    said = [
        (message["context"]["consent"]["categoryPreferences"].get("personalization"), message["timestamp"], message["userId"])
        for message in rows_of(landing, "segment-logs/web-source/")
        if "userId" in message
    ]

    after = [choice for choice, at, ref in said if at > {**refused, **withdrawn}.get(ref, "9999")]

    assert after
    assert not any(after)
    assert any(choice for choice, _, _ in said)


def test_segments_profiles_name_identifiers_of_the_shop(landing: Path, crm: list[dict[str, Any]]) -> None:
    rows = rows_of(landing, "segment-profiles/identifiers/")
    merges = rows_of(landing, "segment-profiles/merges/")
    refs = {row["external_id_value"] for row in rows if row["external_id_type"] == "user_id"}

    assert refs <= {str(row["customer_ref"]) for row in crm}
    assert {row["segment_id"] for row in rows} <= {row["segment_id"] for row in merges}
    assert {row["canonical_segment_id"] for row in merges} <= {row["segment_id"] for row in merges}


def test_computed_traits_come_once_a_profile_and_computation(landing: Path) -> None:
    rows = rows_of(landing, "segment-profiles/traits/")
    keys = [(row["canonical_segment_id"], row["name"], row["timestamp"]) for row in rows]

    assert len(set(keys)) == len(keys)
    assert len({row["timestamp"] for row in rows}) == 2
    assert {row["name"] for row in rows} == {"orders_last_year", "average_order_value", "favourite_category", "vip"}


def test_the_tills_of_one_store_report_by_themselves(landing: Path) -> None:
    sent = rows_of(landing, "pos/orders/")
    lines = {row["order_id"] for row in rows_of(landing, "pos/order_lines/")}
    from_databases = {row["order_id"] for row in rows_of(landing, "dms/sales/orders/")}

    assert {(row["channel"], row["store_id"]) for row in sent} == {("store", "store-02")}
    assert {row["order_id"] for row in sent} == lines
    assert not lines & from_databases
    assert {row.get("Op") for row in sent} <= {None, "U"}
    assert all(row["source_ts"] >= row["ordered_at"] for row in sent)


def test_feedback_has_unsubscribes_by_mail_and_by_text(landing: Path) -> None:
    feedback = rows_of(landing, "messaging-feedback/")
    named = {str(row["address"]).lower() for row in feedback if row["type"] == "unsubscribe" and row["channel"] == "email"}
    told = {
        m["context"]["traits"]["email"].lower() for m in rows_of(landing, "segment-logs/server-source/") if m.get("event") == "Unsubscribed"
    }

    assert {row["channel"] for row in feedback} == {"email", "sms"}
    assert named == told != set()


def test_files_of_json_lines_are_reproducible(landing: Path) -> None:
    path = next(landing.glob("pos/orders/**/*.gz"))

    assert records(path) == [orjson.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
