"""Why a customer is one, told without a plain value."""

from io import StringIO

import duckdb
import pyarrow as pa
import pytest
from rich.console import Console

from omnichannel.identity.explain import UnknownCustomer, explain
from omnichannel.identity.normalise import email_sha256
from sandbox.flow.identity_commands import show_explanation, show_report
from tests.unit.identity.sightings import customer_id, day, resolved, seen, table

MAIL = email_sha256("zoe@shop.example")
BEFORE = [seen("ref:REF-1", f"mail:{MAIL}", first=1), seen("ref:REF-2", "tel:aaaaaaaaaaaaaaaa", first=2)]
NOW = [
    *BEFORE, seen("ref:REF-2", f"mail:{MAIL}", first=9), seen("ref:REF-1", f"mail:{MAIL}", "orders", 3, 4),
    seen("ref:REF-1", "web:browser-1", "events", 5), seen("ref:REF-3", "web:browser-1", "events", 4), seen("ref:REF-1", "name:zoe"),
    *(seen(f"ref:{ref}", "web:the-till", "events", 6) for ref in ("REF-1", "R5", "R6", "R7")),
]  # fmt: skip
ONE, TWO, THREE = map(customer_id, ("REF-1", "REF-2", "REF-3"))


@pytest.fixture(scope="module")
def told():
    first = resolved(BEFORE)
    now = resolved(NOW, first.links)
    con = duckdb.connect()
    con.register("identity_sightings", table(NOW))

    def asked(who):
        return explain(con, now.links, pa.concat_tables([first.events, now.events]), who)

    return asked


@pytest.mark.parametrize("who", [ONE, TWO, "REF-1", " REF-2 ", "Zoe@Shop.example"])
def test_a_customer_is_found_by_its_id_an_old_id_a_reference_and_an_address(told, who):
    assert told(who).customer_id == ONE


@pytest.mark.parametrize(("who", "repeated"), [("tom@shop.example", False), ("REF-9", True)])
def test_who_is_unknown_is_said_without_the_address(told, who, repeated):
    with pytest.raises(UnknownCustomer) as error:
        told(who)

    assert (who in str(error.value)) is repeated


def test_the_joins_are_the_oldest_sightings_that_hold_it_together(told):
    joins = told(ONE).joins

    assert [(step.first_seen, step.sources) for step in joins] == [
        (day(1), ("customers", "orders")), (day(2), ("customers",)), (day(5), ("events",)), (day(9), ("customers",)),
    ]  # fmt: skip


def test_merges_and_refusals_are_told(told):
    kinds = {(event["kind"], event["other_customer_id"], event["rule"]) for event in told(ONE).events}

    assert told(ONE).merged == (TWO,)
    assert kinds == {
        ("minted", None, None), ("merged", TWO, None), ("refused", THREE, "several-customers"), ("shared", None, "shared-by-too-many"),
    }  # fmt: skip


def test_what_was_seen_with_others_is_told_apart(told):
    assert [(step.left[:12], step.right) for step in told(ONE).apart] == [
        ("customer_ref", "anonymous_id br…-1"), ("customer_ref", "anonymous_id th…ll"),
    ]  # fmt: skip


def test_nothing_plain_is_printed(told):
    page = StringIO()
    show_explanation(Console(file=page, width=200), told("zoe@shop.example"))
    text = page.getvalue()

    assert ONE in text
    assert not [plain for plain in (MAIL, "REF-1", "browser-1", "the-till", "zoe", "aaaaaaaaaaaaaaaa") if plain in text]


def test_the_report_says_what_the_next_rebuild_changes():
    page = StringIO()
    show_report(Console(file=page, width=120), resolved(NOW).report)

    assert "the next rebuild changes: 5 minted" in page.getvalue()
    assert "shared-by-too-many" in page.getvalue()
