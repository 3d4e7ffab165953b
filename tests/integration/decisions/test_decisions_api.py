"""`POST /decisions`: one customer's next best action, explained."""

import json
import logging
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from omnichannel.aws import waiting
from omnichannel.contracts.store import IdType, link_key
from tests.integration.decisions.conftest import CUSTOMERS, Account, customers_where

DAYTIME = datetime(2026, 11, 18, 11, tzinfo=UTC)
NIGHT = datetime(2026, 11, 18, 23, tzinfo=UTC)
RENEWS = {"orders": 1, "subscriptions": 1, "renews_at": "2026-12-20T00:00:00+00:00", "last_order_at": "2026-11-15T10:00:00+00:00"}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = SimpleNamespace(now=lambda _: at.moment)
    at = SimpleNamespace(moment=DAYTIME)
    monkeypatch.setattr("lambdas.decisions_api.datetime", clock)
    return at


@pytest.fixture
def near(account: Account, at: Any) -> str:
    (customer,) = customers_where({"renewal": "treatment", "complement": "together"}, 1)
    account.customer(customer, aggregates=RENEWS)
    account.put(CUSTOMERS, {"customer_id": link_key(IdType.CUSTOMER_REF, "R1"), "customer": customer})
    return customer


@pytest.mark.parametrize("by", ["customer_id", "customer_ref"])
def test_the_answer_says_what_and_why_and_why_not(account: Account, near: str, by: str):
    status, body = account.ask({by: near if by == "customer_id" else "R1", "limit": 2})

    assert status == 200
    assert (body["decision"]["customer_id"], body["decision"]["action"]) == (near, "renewal-offer")
    assert body["explanation"]["ranking"][0]["action"] == "renewal-offer"
    assert body["explanation"]["message"] == "renewal"
    assert "worth most" in body["explanation"]["why"]
    assert "does not meet the action's conditions" in body["explanation"]["refused"]["welcome"][0]


def test_at_night_nothing_is_said(account: Account, near: str, at: Any):
    at.moment = NIGHT

    _, body = account.ask({"customer_id": near})

    assert body["decision"]["action"] == ""
    assert body["decision"]["refused"]["renewal-offer"] == ["quiet-hours"]


def test_a_live_purchase_brings_what_goes_with_it(account: Account, near: str):
    account.put("products", {"product_id": "P0", "stock": 40, "price": "20", "currency": "EUR", "together": ["P1", "P3"]})
    account.customer(near, aggregates=RENEWS, scores={"repurchase": {"score": 1}})

    _, body = account.ask({"customer_id": near, "context": {"event": "Order Completed", "products": ["P0"]}})

    assert body["decision"]["action"] == "complement"
    assert body["decision"]["items"] == ["P3"]


def test_a_segment_that_the_caller_knows_of_suppresses(account: Account, near: str):
    _, body = account.ask({"customer_id": near, "context": {"live_segments": ["open-complaint"]}})

    assert "suppressed" in body["decision"]["refused"]["win-back-recommended"]


def test_one_channel_may_be_asked_for(account: Account, near: str):
    _, body = account.ask({"customer_id": near, "channel": "sms"})

    assert set(body["decision"]["refused"]) == {"renewal-last-call"}


class Scores:
    """Lambda's client, as far as it is asked."""

    def __init__(self, answer: dict[str, Any], error: str = "") -> None:
        self.answer, self.error = answer, error

    def invoke(self, **request: Any) -> dict[str, Any]:
        body = SimpleNamespace(read=lambda: json.dumps(self.answer).encode())
        return {"Payload": body, **({"FunctionError": self.error} if self.error else {})}


@pytest.mark.parametrize(
    ("answer", "error", "expected"),
    [
        ({"status": "scored", "score": 0.6, "band": "medium", "decile": 8}, "", (200, 0.1)),
        ({"status": "unknown-customer"}, "", (200, 0.175)),
        ({"errorType": "NoScoreRun"}, "Unhandled", (503, None)),
    ],
)
def test_a_fresh_score_takes_the_place_of_the_stored_one(
    account: Account, near: str, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], error: str, expected: tuple[int, float | None]
):
    monkeypatch.setenv("SCORE_FUNCTION", "score")
    real = waiting.waiting_client
    monkeypatch.setattr("lambdas.decisions_api.waiting_client", lambda name: Scores(answer, error) if name == "lambda" else real(name))

    status, body = account.ask({"customer_id": near, "fresh": True})

    assert (status, body.get("decision", {}).get("p")) == expected


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 400, "either customer_id or customer_ref"),
        ({"customer_id": "c", "customer_ref": "r"}, 400, "either customer_id or customer_ref"),
        ({"customer_id": "c", "who": 1}, 400, "1 unknown names; expected only customer_id"),
        ({"customer_id": 7}, 400, "the body.customer_id: expected our id of the customer"),
        ({"customer_id": "a#b"}, 400, "without #"),
        ({"customer_id": "c", "channel": "fax"}, 400, "expected one of email"),
        ({"customer_id": "c", "channel": "push"}, 404, "no action on this channel"),
        ({"customer_id": "c", "context": {"weather": 1}}, 400, "expected only event, products, live_segments"),
        ({"customer_id": "c", "context": {"products": "P1"}}, 400, "0 to 50 times"),
        ({"customer_id": "c", "limit": 0}, 400, "a whole number from 1 to 20"),
        ({"customer_id": "c", "fresh": "yes"}, 400, "true or false"),
        ({"customer_id": "nobody"}, 404, "nobody is known by this"),
        ([1], 400, "expected a JSON object"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_with_an_id(account: Account, at: Any, body: Any, status: int, detail: str):
    got, problem = account.ask(body)

    assert (got, problem["status"], problem["instance"]) == (status, status, "urn:request:req-1")
    assert detail in problem["detail"]


def test_a_fresh_score_is_refused_where_nobody_scores(account: Account, near: str):
    status, problem = account.ask({"customer_id": near, "fresh": True})

    assert (status, problem["detail"]) == (409, "this deployment scores nobody on demand; ask without fresh")


def test_what_could_not_be_read_is_counted_in_the_log_by_its_name(account: Account, near: str, caplog: pytest.LogCaptureFixture):
    account.customer(near, aggregates={**RENEWS, "renews_at": "soon-canary"})

    with caplog.at_level(logging.INFO):
        account.ask({"customer_id": near})

    assert vars(caplog.records[-1])["unreadable"] == {"renews_within_days": 1}
    assert "canary" not in str(vars(caplog.records[-1]))


def test_neither_log_nor_problem_says_whom_it_was_about(account: Account, near: str, caplog: pytest.LogCaptureFixture, capsys: Any):
    with caplog.at_level(logging.INFO):
        account.ask({"customer_ref": "canary-ref"})
        account.ask({"customer_id": near})

    said = caplog.text + "".join(capsys.readouterr())
    assert "canary" not in said
    assert near not in said
