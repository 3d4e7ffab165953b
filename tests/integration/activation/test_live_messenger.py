"""The live messenger's door: what fails of one customer is that customer's matter, whatever it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lambdas import live_messenger
from omnichannel.activation import contacts
from omnichannel.aws import clients
from omnichannel.aws.transactions import Contended
from omnichannel.contracts.environment.sinks import LiveMessengerEnv
from tests.faults.channels import CUSTOMERS, LAKE, PRODUCTS, SENT, account, win_back
from tests.integration.twins.conftest import SESSION

HOLDOUT = json.dumps({"salt": "test", "share": 0})
ENV = LiveMessengerEnv(
    lake_bucket=LAKE, landing_bucket="landing", customers_table=CUSTOMERS, sent_table=SENT, products_table=PRODUCTS, holdout=HOLDOUT,
    sink="file", target="",
)  # fmt: skip


class _Context:
    def get_remaining_time_in_millis(self):
        return 60_000


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", SESSION.region_name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    for name, value in ENV.variables().items():
        monkeypatch.setenv(name, value)
    with account(tmp_path) as made:
        made.s3.create_bucket(Bucket="landing")
        made.product("p1", "Tea")
        clients.forget()
        yield made
    clients.forget()


def _batch(*customers, **changes):
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    told = [{**replace(win_back(who, "p1"), at=now, **changes).to_dict(), "event_id": f"e-{who}", "caused_at": now} for who in customers]
    return {"Records": [{"messageId": each["customer_id"], "body": json.dumps({"detail": each})} for each in told]}


def _delivered(shop, who):
    return len(contacts.read(shop.dynamodb, SENT, [who]).get(who, ()))


def test_an_item_that_nobody_can_read_stops_nobody_else(shop):
    shop.customers([2])
    shop.customers([1], scores={"churn": {"score": "?", "as_of": "2026-03-01"}})

    answer = live_messenger.handler(_batch("c_00001", "c_00002"), _Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "c_00001"}]}
    assert [_delivered(shop, who) for who in ("c_00001", "c_00002")] == [0, 1]


def test_an_action_that_the_playbook_has_no_more_stops_nobody_else(shop):
    shop.customers([1, 2])
    both = {"Records": [*_batch("c_00001", action="no-more")["Records"], *_batch("c_00002")["Records"]]}

    assert live_messenger.handler(both, _Context()) == {"batchItemFailures": [{"itemIdentifier": "c_00001"}]}
    assert _delivered(shop, "c_00002") == 1


def test_an_item_that_others_go_on_writing_to_comes_again(shop, monkeypatch):
    shop.customers([1, 2])
    record, busy = contacts.record, iter([True])

    def contended(*given):
        if next(busy, False):
            raise Contended(1)
        return record(*given)

    monkeypatch.setattr(contacts, "record", contended)

    assert live_messenger.handler(_batch("c_00001", "c_00002"), _Context()) == {"batchItemFailures": [{"itemIdentifier": "c_00001"}]}
    assert live_messenger.handler(_batch("c_00001"), _Context()) == {"batchItemFailures": []}
    assert [_delivered(shop, who) for who in ("c_00001", "c_00002")] == [1, 1]
