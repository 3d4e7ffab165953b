"""Items are written although somebody's transaction, such as what recommendations learn, has them in hand for a moment."""

from datetime import UTC, datetime

from botocore.exceptions import ClientError

from omnichannel.consent import live
from omnichannel.contracts.consent import Channel, Purpose
from omnichannel.privacy.stores import done_if


class InHand:
    """A table that refuses so many writes for a transaction's sake, then takes one or says that its condition does not hold."""

    def __init__(self, times, then=""):
        self.codes = [*["TransactionConflictException"] * times, then]
        self.asked = 0

    def update_item(self, **request):
        self.asked += 1
        if code := self.codes.pop(0):
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "UpdateItem")


def test_an_erasure_waits_its_turn():
    table = InHand(2)

    assert done_if(table.update_item, TableName="customers", Key={})
    assert table.asked == 3


def test_what_stands_against_a_write_is_said_after_the_wait():
    assert not done_if(InHand(1, "ConditionalCheckFailedException").update_item, TableName="customers", Key={})


def test_a_consent_is_written_once_the_item_is_free():
    table = InHand(2)
    refused = live.Decision(purpose=Purpose.MARKETING, channel=Channel.EMAIL, granted=False, at=datetime(2026, 1, 1, tzinfo=UTC))

    assert live.apply(table, "customers", "c_1", [refused]) == 1
    assert table.asked == 3
