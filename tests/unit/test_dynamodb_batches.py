"""Batches leave nothing unprocessed: what a table did not take is asked again, a while, and then told."""

from decimal import Decimal

import pytest

from omnichannel.aws.dynamodb import TRIES, Unprocessed, batch_get, batch_put, decode, encode


class Table:
    """Takes `at_once` keys or items of a call and leaves the rest unprocessed."""

    def __init__(self, at_once):
        self.at_once, self.items, self.calls = at_once, {}, []

    def batch_write_item(self, RequestItems):  # noqa: N803
        ((name, requests),) = RequestItems.items()
        self.calls.append(len(requests))
        for request in requests[: self.at_once]:
            item = request["PutRequest"]["Item"]
            self.items[item["id"]["S"]] = item
        return {"UnprocessedItems": {name: requests[self.at_once :]} if requests[self.at_once :] else {}}

    def batch_get_item(self, RequestItems):  # noqa: N803
        ((name, request),) = RequestItems.items()
        self.calls.append(len(request["Keys"]))
        taken, left = request["Keys"][: self.at_once], request["Keys"][self.at_once :]
        found = [self.items[key["id"]["S"]] for key in taken if key["id"]["S"] in self.items]
        return {"Responses": {name: found}, "UnprocessedKeys": {name: {**request, "Keys": left}} if left else {}}


def _items(count):
    return [{"id": str(number), "n": number} for number in range(count)]


def test_everything_is_written_and_read_back_though_only_some_is_taken_at_once():
    table, waits = Table(at_once=7), []

    written = batch_put(table, "t", _items(60), sleep=waits.append)
    read = list(batch_get(table, "t", ({"id": str(number)} for number in range(70)), sleep=waits.append))

    assert written == 60
    assert sorted(int(item["id"]) for item in read) == list(range(60))
    assert waits


def test_no_call_is_larger_than_the_service_takes():
    table = Table(at_once=1_000)

    batch_put(table, "t", _items(60))
    list(batch_get(table, "t", ({"id": str(number)} for number in range(250))))

    assert table.calls == [25, 25, 10, 100, 100, 50]


@pytest.mark.parametrize(
    "call", [lambda t, s: batch_put(t, "t", _items(3), sleep=s), lambda t, s: list(batch_get(t, "t", [{"id": "1"}], sleep=s))]
)
def test_a_table_that_takes_nothing_is_told_after_some_tries(call):
    table, waits = Table(at_once=0), []

    with pytest.raises(Unprocessed, match=f"still unprocessed after {TRIES} tries"):
        call(table, waits.append)

    assert (len(table.calls), len(waits)) == (TRIES, TRIES - 1)


def test_an_item_comes_back_as_it_was_written_without_its_empty_attributes():
    item = {"id": "1", "spend": Decimal("1.5"), "on": True, "tags": ["a"], "consents": {"x": {"granted": False}}, "nothing": None}

    assert decode(encode(item)) == {name: value for name, value in item.items() if value is not None}
