"""A person whose reference is no plain code, erased from the trusted tables by the erasure's own steps and looked for by its proof."""

import json
import unicodedata
from datetime import timedelta

import pyarrow as pa
import pytest

from omnichannel.aws import iceberg
from omnichannel.contracts.identity import LINKS_TABLE
from omnichannel.contracts.privacy import EraseRows, requests, subject_key
from omnichannel.onboarding.schema import TABLES, arrow_schema
from omnichannel.privacy import proof, tables
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.places import Zone, places
from omnichannel.privacy.stores import Desk
from omnichannel.privacy.subject import Subject
from omnichannel.trusted import erase, files
from omnichannel.trusted import requests as committing
from tests.integration.trusted.conftest import AT, DATABASE, LAKE

REQUEST, CUSTOMER, MAIL = "e1", "c_e7050c24d800cf41970be4b0", "ÅSA@EXEMPEL.SE"
REFERENCES = {
    "letters beyond ASCII, a space and a per cent sign": "ÅÄÖ 100%",
    "the same in parts": unicodedata.normalize("NFD", "ÅÄÖ 100%"),
    "quotation marks": "Å \"100\" 'x'",
    "a backslash": "Å\\100\\u00c5",
    "an emoji": "Åsa 🛒 #1",
    "longer than a bound": "ÅÄÖ 100% of the customers of this shop",
    "the first of all": "!!C0001",
}


def subject(reference):
    values = {Kind.CUSTOMER_ID: {CUSTOMER}, Kind.CUSTOMER_REF: {reference}, Kind.EMAIL: {MAIL}}
    return Subject(customer_ids=(CUSTOMER,), values={kind: frozenset(found) for kind, found in values.items()})


def lay(lake, reference):
    """The person among others, one of whom differs by a letter before, in tables with one writer and in one with two."""
    traits = json.dumps({"ref": reference})
    order = {"op": "I", "source_ts": AT, "ordered_at": AT, "channel": "web"}
    event = {"type": "track", "timestamp": AT + timedelta(minutes=1)}
    lake.deliver(
        lake.stage(
            "c1",
            order | {"order_id": "O1", "customer_ref": reference, "email": MAIL},
            order | {"order_id": "O2", "customer_ref": f"É{reference}"},
        ),
        lake.stage(
            "e1", event | {"message_id": "M1", "user_id": reference}, event | {"message_id": "M2", "traits": traits}, dataset="events"
        ),
    )
    rows = [{"customer_id": CUSTOMER, "id_type": "customer_ref", "id_value": reference}]
    rows += [{"customer_id": f"c_{n}", "id_type": "customer_ref", "id_value": f"C10000{n}"} for n in range(3)]
    lake.table(LINKS_TABLE).append(pa.Table.from_pylist(rows, schema=arrow_schema(TABLES[LINKS_TABLE])))


def round_of(lake, desk, number):
    """One round over the trusted tables, as the state machine makes it; gives what its proof found, by place."""
    asked = tables.ask(desk, iceberg.catalog(), DATABASE, desk.subject(), number)
    assert lake.deliver(*(EraseRows(**message) for message in asked)) == []
    assert tables.answers(desk, number)[1] == 0
    tables.sweep(desk, iceberg.catalog(), DATABASE, number)
    return proven(lake, desk)


def proven(lake, desk):
    zone = Zone(bucket=LAKE, prefix="trusted/")
    found = proof.look(list(places(lake.s3, zone)), lake.s3, Matcher(desk.subject()), desk.work, requests(REQUEST), lambda: 900.0)
    return {name: count for name, count in found.items() if name.startswith("found in ")}


@pytest.fixture
def desk(lake, tmp_path):
    class WithWork(Desk):
        work = tmp_path / "work"

    WithWork.work.mkdir()
    return WithWork(request=REQUEST, lake=LAKE, privacy_table="privacy", s3=lake.s3, dynamodb=lake.dynamodb)


@pytest.mark.parametrize("name", REFERENCES)
def test_two_rounds_leave_nothing_of_a_person_whose_reference_is(lake, desk, name):
    lay(lake, REFERENCES[name])
    lake.s3.put_object(Bucket=LAKE, Key=subject_key(REQUEST), Body=subject(REFERENCES[name]).to_json())
    before = proven(lake, desk)

    first, second = (round_of(lake, desk, number) for number in (1, 2))

    assert set(before) == {"found in trusted/identity_links", "found in trusted/orders_changes", "found in trusted/events"}
    # Escaped in a text it is no mention to the committer; the second round knows the row.
    assert first.keys() <= {"found in trusted/events"}
    assert second == {}
    assert sorted(lake.rows(LINKS_TABLE)["customer_id"].to_pylist()) == ["c_0", "c_1", "c_2"]
    assert lake.rows()["order_id"].to_pylist() == ["O2"]


class Killed(BaseException):
    pass


BREAKS = {
    "before the files are noted": (committing, "_forgotten", "before"),
    "before the plan": (files, "sweep", "before"),
    "after the memory": (committing.Memory, "keep", "after"),
    "before the deletion": (files, "delete", "before"),
    "after the commit": (erase, "replace", "after"),
}


@pytest.mark.parametrize("step", BREAKS)
def test_manifests_of_an_erasure_that_was_killed_name_nobody_either(lake, desk, monkeypatch, step):
    lay(lake, "ÅÄÖ 100%")
    lake.s3.put_object(Bucket=LAKE, Key=subject_key(REQUEST), Body=subject("ÅÄÖ 100%").to_json())
    asked = [EraseRows(**each) for each in tables.ask(desk, iceberg.catalog(), DATABASE, desk.subject(), 1)]
    (links,) = [each for each in asked if each.table == LINKS_TABLE]
    where, name, when = BREAKS[step]
    call = getattr(where, name)

    def killed(*arguments, **more):
        if when == "after":
            call(*arguments, **more)
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(where, name, killed)
        with pytest.raises(Killed):
            lake.deliver(links)

    assert lake.deliver(links) == []
    tables.sweep(desk, iceberg.catalog(), DATABASE, 1)

    assert "found in trusted/identity_links" not in proven(lake, desk)
    assert sorted(lake.rows(LINKS_TABLE)["customer_id"].to_pylist()) == ["c_0", "c_1", "c_2"]
