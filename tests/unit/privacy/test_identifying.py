import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from omnichannel.privacy.fields import Kind
from omnichannel.privacy.identify import gather, values_of
from omnichannel.privacy.subject import Subject

ANN, OLD, BOB = "c_ann", "c_ann_before", "c_bob"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def link(customer: str, kind: str, value: str) -> dict[str, str]:
    return {"customer_id": customer, "id_type": kind, "id_value": value}


LINKS = [
    link(ANN, "customer_ref", "C1"),
    link(OLD, "customer_ref", "C9"),
    link(ANN, "email_sha256", sha("ann@x.example")),
    link(ANN, "email_sha256", sha("home@x.example")),
    link(ANN, "anonymous_id", "a-ann"),
    link(ANN, "loyalty_card", "L-family"),
    link(BOB, "loyalty_card", "L-family"),
    link(BOB, "customer_ref", "C2"),
]


def person(tables: Mapping[str, list[dict[str, Any]]], links: list[dict[str, str]] = LINKS) -> Subject:
    def read(name: str) -> Iterator[pa.RecordBatch]:
        yield from pa.Table.from_pylist(tables[name]).to_batches(max_chunksize=2)

    return gather((ANN, OLD), {"customer_ref": "C1", "orders": 3}, links, list(tables), read)


def test_hashed_addresses_are_found_in_every_spelling():
    orders = [
        {"customer_ref": None, "email": mail, "order_id": f"O{n}"}
        for n, mail in enumerate(("Ann@x.example", " ann@x.example ", "b@x.example"))
    ]

    found = person({"orders": orders})

    assert found.of(Kind.EMAIL) == {"Ann@x.example", " ann@x.example "}
    assert found.of(Kind.ORDER_ID) == {"O0", "O1"}


def test_references_of_merged_customers_are_the_persons():
    assert person({"t": [{"customer_ref": "C1"}]}).of(Kind.CUSTOMER_REF) == {"C1", "C9"}


def test_what_another_customer_has_too_is_not_used_but_counted():
    found = person({"orders": [{"customer_ref": "C2", "email": "home@x.example", "loyalty_card": "L-family", "order_id": "O2"}]})

    assert not found.of(Kind.LOYALTY_CARD)
    assert not found.of(Kind.EMAIL)
    assert found.shared == {Kind.LOYALTY_CARD: 1, Kind.EMAIL: 1}


def test_what_else_stands_in_the_persons_rows_is_theirs_too():
    customers = [
        {"customer_ref": "C1", "email": "second@x.example", "phone": "+49 30 123456"},
        {"customer_ref": "C2", "email": "bob@x.example", "phone": "+49 30 999999"},
    ]

    found = person({"customers": customers})

    assert found.of(Kind.EMAIL) == {"second@x.example"}
    assert found.of(Kind.PHONE) == {"+49 30 123456"}
    assert sha("second@x.example") in found.of(Kind.EMAIL_SHA256)


def test_what_else_stands_there_and_in_other_rows_as_well_is_shared():
    customers = [{"customer_ref": "C1", "phone": "+49 30 1"}, {"customer_ref": "C2", "phone": "+49 30 1"}]

    found = person({"customers": customers})

    assert not found.of(Kind.PHONE)
    assert found.shared[Kind.PHONE] == 1


def test_rows_to_erase_are_named_by_columns_and_by_mentions():
    subject = person({"orders": [{"customer_ref": "C1", "email": "ann@x.example", "order_id": "O-100"}]})

    lines = values_of(subject, ("order_id", "line", "product_id"))
    orders = values_of(subject, ("order_id", "customer_ref", "email"))

    assert lines.columns == {"order_id": ["O-100"]}
    assert orders.columns == {"order_id": ["O-100"], "customer_ref": ["C1", "C9"], "email": ["ann@x.example"]}
    assert "ann@x.example" in orders.mentions
    assert "O-100" not in orders.mentions


def test_a_subject_survives_the_lake_and_shows_hashes_only():
    subject = person({"orders": [{"customer_ref": "C1", "email": "ann@x.example", "order_id": "O1"}]})

    again = Subject.of_json(subject.to_json())

    assert again == subject
    assert "ann@x.example" not in repr(subject)
    assert "ann@x.example" not in str(subject.hashes())
    assert {"kind", "sha256"} == set(subject.hashes()[0])
