"""An account in memory with customers, products and what was sent, and the two functions that decide."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from lambdas import decide_audience, decisions_api
from omnichannel.activation import contacts, parts
from omnichannel.activation.contacts import Contact
from omnichannel.activation.parts import Member, Part
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.environment.activation import DecideAudienceEnv, DecisionsApiEnv
from omnichannel.contracts.store import POPULAR_KEY
from omnichannel.experiments.assignment import held_out
from omnichannel.playbook.actions import playbook
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.experiments import load as experiments

LAKE, CUSTOMERS, PRODUCTS, SENT = "lake", "customers", "products", "sent"
KEYS = {CUSTOMERS: ("customer_id",), PRODUCTS: ("product_id",), SENT: ("customer_id", "sink")}
RUN, AS_OF = "r1", "2026-11-01"
TABLES = {"customers_table": CUSTOMERS, "products_table": PRODUCTS, "sent_table": SENT}


def customers_where(wanted: Mapping[str, str], number: int) -> list[str]:
    """Ids of customers who are in the holdout's arm `in` and in those arms of this app's experiments."""
    rules = experiments()
    found = (f"c_{n}" for n in range(100_000))
    asked = tuple(wanted)
    return [
        customer
        for customer, _ in zip(
            (each for each in found if _is(rules.arms(each, asked), {rules.of_campaign(c).name: arm for c, arm in wanted.items()})),
            range(number), strict=False,
        )
    ]  # fmt: skip


def _is(arms: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return arms["holdout"] == "in" and all(arms[name] == arm for name, arm in wanted.items())


def someone_held_out() -> str:
    rules = experiments()
    return next(f"c_{n}" for n in range(10_000) if held_out(rules.salt, rules.holdout_share, f"c_{n}"))


@dataclass
class Account:
    """What the functions stand in."""

    s3: Any
    dynamodb: Any
    score_function: str = ""

    @property
    def rules(self) -> Playbook:
        return playbook()

    def customer(self, customer_id: str, **changed: Any) -> None:
        """A subscriber whose renewal is near and who may be written to; time zones decide nothing at this app's own hours."""
        soon = (datetime.now(UTC) + timedelta(days=40)).isoformat()
        item = {
            "customer_id": customer_id, "email": "canary@example.org",
            "consents": {"marketing/email": {"granted": True, "at": "2026-01-01T00:00:00+00:00"}},
            "profile": {"age_band": "35-44", "country": "DE", "timezone": "Europe/Berlin"},
            "segments": {"lifecycle": "active", "frequency": "one-time"},
            "aggregates": {"orders": 1, "subscriptions": 1, "renews_at": soon, "spend": {"EUR": {"average_order": Decimal(60)}}},
            "scores": {"churn": {"score": Decimal("0.3"), "band": "medium", "run": "s1", "as_of": "2026-10-31"}},
            "recommended": {"items": ["P1", "P2", "P3"]},
        }  # fmt: skip
        self.put(CUSTOMERS, {**item, **changed})

    def put(self, table: str, *items: dict[str, Any]) -> None:
        dynamodb.batch_put(self.dynamodb, table, items)

    def contacted(self, customer_id: str, action: str, days_ago: float) -> None:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        contact = Contact(action=action, campaign="renewal", channel="email", at=at, run="r0", message_id=f"m-{days_ago}")
        contacts.record(self.dynamodb, SENT, [(customer_id, contact)])

    def decide(self, *records: dict[str, Any]) -> tuple[dict[str, Any], list[Member]]:
        """The function's answer, and the decided part as every bridge reads it."""
        key = zones.audience_part(RUN, 0)
        body = "".join(json.dumps(record) + "\n" for record in records).encode()
        self.s3.put_object(Bucket=LAKE, Key=key, Body=gzip.compress(body))
        answer = decide_audience.handler({"run": RUN, "as_of": AS_OF, "part": key}, SimpleNamespace())
        return answer, parts.read(self.s3, LAKE, Part(run=RUN, as_of=AS_OF, key=answer["part"]))

    def ask(self, body: Any, *, raw: str = "") -> tuple[int, dict[str, Any]]:
        """Status and body of the API's answer."""
        event = {"body": raw or json.dumps(body), "requestContext": {"requestId": "req-1"}}
        answer = decisions_api.handler(event, SimpleNamespace())
        return answer["statusCode"], json.loads(answer["body"])


def record(customer_id: str, **scores: float) -> dict[str, Any]:
    """A line of an audience part."""
    told = {model: {"score": score, "band": "high", "decile": 9, "run": "s1"} for model, score in scores.items()}
    return {"customer_id": customer_id, "customer_ref": None, "traits": {"propensity_as_of": AS_OF}, "scores": told}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}.items():
        monkeypatch.setenv(name, value)
    for env in (DecideAudienceEnv(lake_bucket=LAKE, **TABLES), DecisionsApiEnv(score_function="", **TABLES)):
        for name, value in env.variables().items():
            monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget()
        s3, tables = clients.client("s3"), clients.client("dynamodb")
        s3.create_bucket(Bucket=LAKE)
        for table, keys in KEYS.items():
            tables.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
            )  # fmt: skip
        account = Account(s3, tables)
        stocked = [
            {"product_id": f"P{n}", "stock": 2 if n == 1 else 40, "price": "20.00", "currency": "EUR", "active": True} for n in range(6)
        ]
        account.put(PRODUCTS, *stocked, {"product_id": POPULAR_KEY, "items": ["P4", "P1", "P5"]})
        yield account
        clients.forget()
