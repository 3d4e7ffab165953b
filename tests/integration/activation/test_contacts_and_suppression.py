"""What a customer was told and where they may not be told anything: kept once, in whatever order it comes, and forgotten with them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from omnichannel.activation import contacts
from omnichannel.activation.contacts import KEPT, KEPT_DAYS, Contact
from omnichannel.activation.suppression import ATTRIBUTE, Suppression, Why, is_newer, suppress, suppressed
from omnichannel.aws import transactions
from omnichannel.aws.dynamodb import batch_get, batch_put
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.state import forget
from omnichannel.privacy.subject import Subject

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUSTOMERS, SENT = "customers", "sent"


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    kinds: Any = ("HASH", "RANGE")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        found = boto3.client("dynamodb", region_name="eu-central-1")
        for name, keys in (
            (CUSTOMERS, ("customer_id",)),
            (SENT, ("customer_id", "sink")),
            ("windows", ("who", "rule")),
            ("history", ("content_id",)),
            ("privacy", ("id",)),
        ):
            found.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )  # fmt: skip
        yield found


def _contact(message_id: str, at: datetime = NOW, *, action: str = "win-back", campaign: str = "spring", run: str = "r1") -> Contact:
    return Contact(action=action, campaign=campaign, channel="email", at=at, run=run, message_id=message_id)


def _item(dynamodb: Any, customer_id: str) -> dict[str, Any]:
    return next(batch_get(dynamodb, CUSTOMERS, [{"customer_id": customer_id}]), {})


def test_contacts_are_read_as_they_were_recorded_the_oldest_first(dynamodb: Any) -> None:
    first, second = _contact("m1", NOW - timedelta(days=2)), _contact("m2", action="", campaign="", run="")

    contacts.record(dynamodb, SENT, [("c1", second), ("c1", first), ("c2", second)])

    assert contacts.read(dynamodb, SENT, ["c1", "c2", "c3"]) == {"c1": (first, second), "c2": (second,)}


def test_a_message_counts_once_however_often_it_is_recorded(dynamodb: Any) -> None:
    contacts.record(dynamodb, SENT, [("c1", _contact("m1"))])

    again = contacts.record(dynamodb, SENT, [("c1", _contact("m1")), ("c1", _contact("m1", NOW + timedelta(hours=1)))])

    assert again == 0
    assert contacts.read(dynamodb, SENT, ["c1"]) == {"c1": (_contact("m1"),)}


def test_only_the_newest_fifty_of_sixty_days_are_kept(dynamodb: Any) -> None:
    many = [_contact(f"m{n:03d}", NOW + timedelta(minutes=n)) for n in range(KEPT + 5)]
    old = [_contact("old", NOW - timedelta(days=KEPT_DAYS + 1)), _contact("new")]

    contacts.record(dynamodb, SENT, [*(("c1", each) for each in many), *(("c2", each) for each in old)])

    found = contacts.read(dynamodb, SENT, ["c1", "c2"])
    assert found == {"c1": tuple(many[5:]), "c2": (old[1],)}


def test_whoever_writes_at_the_same_time_loses_nothing(dynamodb: Any) -> None:
    contacts.record(dynamodb, SENT, [("c1", _contact("m0"))])
    intruder = iter([lambda: contacts.record(dynamodb, SENT, [("c1", _contact("m1"))])])

    def transact(**request: Any) -> Any:
        if act := next(intruder, None):
            act()
        return dynamodb.transact_write_items(**request)

    contended = SimpleNamespace(batch_get_item=dynamodb.batch_get_item, transact_write_items=transact)
    contacts.record(contended, SENT, [("c1", _contact("m2"))])

    assert {each.message_id for each in contacts.read(dynamodb, SENT, ["c1"])["c1"]} == {"m0", "m1", "m2"}


def test_more_customers_than_one_transaction_takes_are_all_written(dynamodb: Any) -> None:
    assert contacts.record(dynamodb, SENT, [(f"c{n}", _contact("m")) for n in range(230)]) == 230
    assert len(contacts.read(dynamodb, SENT, [f"c{n}" for n in range(230)])) == 230


def test_a_closed_channel_is_closed_and_no_other(dynamodb: Any) -> None:
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c1", "version": 3}])

    assert suppress(dynamodb, CUSTOMERS, "c1", Suppression(channel="email", why=Why.BOUNCE, at=NOW))

    item = _item(dynamodb, "c1")
    assert (suppressed(item, "email"), suppressed(item, "sms"), int(item["version"])) == (True, False, 4)


class _InATransaction:
    """A table of which somebody else's transaction has the item in hand, for so many calls."""

    def __init__(self, dynamodb: Any, times: int) -> None:
        self.dynamodb, self.times = dynamodb, times

    def update_item(self, **request: Any) -> Any:
        self.times -= 1
        if self.times >= 0:
            told = {"Error": {"Code": "TransactionConflictException", "Message": "ongoing"}}
            raise ClientError(told, "UpdateItem")  # type: ignore[arg-type]
        return self.dynamodb.update_item(**request)


def test_a_channel_is_closed_as_soon_as_nobody_has_the_item_in_hand(dynamodb: Any) -> None:
    """Recommendations are written to the same items at the same time, a hundred a transaction."""
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c_1"}])

    assert suppress(_InATransaction(dynamodb, 3), CUSTOMERS, "c_1", Suppression(channel="email", why=Why.BOUNCE, at=NOW))
    assert suppressed(_item(dynamodb, "c_1"), "email")


def test_an_item_that_is_always_in_hand_is_told(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions.time, "sleep", lambda _: None)

    with pytest.raises(ClientError, match="TransactionConflictException"):
        suppress(_InATransaction(dynamodb, 1000), CUSTOMERS, "c_1", Suppression(channel="email", why=Why.BOUNCE, at=NOW))


def test_any_closes_every_channel() -> None:
    assert suppressed({ATTRIBUTE: {"any": {"reason": "request", "at": NOW.isoformat()}}}, "push")
    assert not suppressed({}, "push")


def test_the_latest_reason_stands_in_whatever_order_they_come(dynamodb: Any) -> None:
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c1"}])
    newer, older = (
        Suppression(channel="email", why=Why.COMPLAINT, at=NOW),
        Suppression(channel="email", why=Why.BOUNCE, at=NOW - timedelta(microseconds=1)),
    )

    done = [suppress(dynamodb, CUSTOMERS, "c1", each) for each in (older, newer, older, newer)]

    assert done == [True, True, False, False]
    assert _item(dynamodb, "c1")[ATTRIBUTE]["email"]["reason"] == "complaint"


def test_nobody_is_made_by_being_suppressed_and_a_redirect_is_left_alone(dynamodb: Any) -> None:
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "merged", "customer": "c1"}])

    done = [suppress(dynamodb, CUSTOMERS, each, Suppression(channel="any", why=Why.REQUEST, at=NOW)) for each in ("merged", "nobody")]

    assert done == [False, False]
    assert (_item(dynamodb, "merged"), _item(dynamodb, "nobody")) == ({"customer_id": "merged", "customer": "c1"}, {})


@pytest.mark.parametrize("held", ["bounced", [], 1, {"email": "bounced"}, {"email": {}}, {"email": {"reason": "bounce", "at": 7}}])
def test_what_nobody_can_read_closes_the_channel_and_is_left_as_it_is(dynamodb: Any, held: Any) -> None:
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c1", ATTRIBUTE: held}])
    item, wanted = _item(dynamodb, "c1"), Suppression(channel="email", why=Why.BOUNCE, at=NOW)

    assert suppressed(item, "email")
    assert not is_newer(item, wanted)


def test_a_reason_is_new_to_an_item_that_has_none_or_an_earlier_one() -> None:
    wanted = Suppression(channel="email", why=Why.BOUNCE, at=NOW)
    told = {"reason": "bounce", "at": NOW.isoformat(timespec="microseconds")}

    assert is_newer({}, wanted)
    assert is_newer({ATTRIBUTE: {"sms": told}}, wanted)
    assert not is_newer({ATTRIBUTE: {"email": told}}, wanted)
    assert is_newer({ATTRIBUTE: {"email": {**told, "at": "2020-01-01T00:00:00.000000+00:00"}}}, wanted)


def test_an_unknown_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of email, sms, push, any"):
        Suppression(channel="fax", why=Why.REQUEST, at=NOW)


def test_erasure_forgets_contacts_and_suppressions(dynamodb: Any) -> None:
    batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c1", "version": 1}, {"customer_id": "c2", "version": 1}])
    suppress(dynamodb, CUSTOMERS, "c1", Suppression(channel="email", why=Why.BOUNCE, at=NOW))
    contacts.record(dynamodb, SENT, [("c1", _contact("m1")), ("c2", _contact("m1"))])
    subject = Subject(customer_ids=("c1",), values={})

    forget(
        dynamodb, customers=CUSTOMERS, sent=SENT, windows="windows", history="history", privacy="privacy", request="q", subject=subject,
        matcher=Matcher(subject), at=NOW,
    )  # fmt: skip

    assert _item(dynamodb, "c1") == {}
    assert contacts.read(dynamodb, SENT, ["c1", "c2"]) == {"c2": (_contact("m1"),)}
