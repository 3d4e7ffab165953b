"""An account in memory in which live events meet the triggers: tables, bus, timers, and the three functions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from lambdas import redecide, segment_timer, segment_windows
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts.environment.events import RedecideEnv, SegmentTimerEnv
from omnichannel.contracts.store import IdType, link_key
from omnichannel.realtime.events import Event, Product

CUSTOMERS, PRODUCTS, SENT, WINDOWS, BUS, GROUP, SCORE = "customers", "products", "sent", "windows", "bus", "timers", "score"
KEYS = {CUSTOMERS: ("customer_id",), PRODUCTS: ("product_id",), SENT: ("customer_id", "sink"), WINDOWS: ("who", "rule")}
ALLOWED = {f"{purpose}/{channel}": {"granted": True, "at": "2026-01-01T00:00:00+00:00"}
           for purpose, channel in (("personalization", "web"), ("marketing", "email"))}  # fmt: skip
NOW = datetime.now(UTC)
ROLE = "arn:aws:iam::123456789012:role/timers"


class Clock:
    """What the functions take for now."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self, zone: Any) -> datetime:
        return self.at.astimezone(zone)


class Scorer:
    """Lambda with the function that scores on demand: what it is asked is kept, and everybody has the same score, or it fails."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.fails: Exception | str = ""

    def invoke(self, **request: Any) -> dict[str, Any]:
        assert request["FunctionName"] == SCORE
        self.asked.append(json.loads(request["Payload"]))
        if isinstance(self.fails, Exception):
            raise self.fails
        answer = {"status": "scored", "score": 0.6, "band": "medium", "decile": 8}
        return {"Payload": BytesIO(json.dumps(answer).encode()), **({"FunctionError": self.fails} if self.fails else {})}


@dataclass
class Account:
    """What the functions stand in."""

    dynamodb: Any
    scheduler: Any
    sqs: Any
    heard: str
    clock: Clock
    scorer: Scorer
    refused: list[str] = field(default_factory=list)

    def customer(self, customer_id: str, ref: str, **changed: Any) -> None:
        item = {"customer_id": customer_id, "consents": ALLOWED, "profile": {"timezone": "Europe/Berlin"}, "email": "canary@example.org"}
        link = {"customer_id": link_key(IdType.CUSTOMER_REF, ref), "customer": customer_id}
        dynamodb.batch_put(self.dynamodb, CUSTOMERS, [{**item, **changed}, link])

    def send(self, *events: Event) -> list[str]:
        """The receipts that shall come again."""
        bodies = [json.dumps({"source": "omnichannel.events", "detail": event.to_detail()}) for event in events]
        return _handled(segment_windows, bodies)

    def merged(self, old: str, survivor: str) -> list[str]:
        """What a rebuild tells; the receipts that shall come again."""
        told = {"source": "omnichannel.identity", "detail-type": "CustomersMerged", "detail": {"merged": old, "customer_id": survivor}}
        return _handled(segment_windows, [json.dumps(told)])

    def timers(self) -> list[dict[str, Any]]:
        listed = self.scheduler.list_schedules(GroupName=GROUP)["Schedules"]
        return [self.scheduler.get_schedule(GroupName=GROUP, Name=each["Name"]) for each in listed]

    def fire(self, *timers: dict[str, Any]) -> list[str]:
        """What Scheduler does when their time has come, which is now."""
        for each in timers:
            self.scheduler.delete_schedule(GroupName=GROUP, Name=each["Name"])
        return _handled(segment_timer, [each["Target"]["Input"] for each in timers])

    def redecide(self, *told: dict[str, Any]) -> list[str]:
        return _handled(redecide, [json.dumps(each) for each in told])

    def told(self) -> list[dict[str, Any]]:
        """What the bus carried since it was asked last."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.heard, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.heard, ReceiptHandle=message["ReceiptHandle"])
        return found

    def changes(self) -> list[tuple[str, str, str]]:
        told = [each for each in self.told() if each["source"] == "omnichannel.segments"]
        return sorted((each["detail-type"], each["detail"]["customer_id"], each["detail"]["rule"]) for each in told)

    def item(self, customer_id: str) -> dict[str, Any]:
        return next(dynamodb.batch_get(self.dynamodb, CUSTOMERS, [{"customer_id": customer_id}]), {})

    def windows(self) -> list[dict[str, Any]]:
        return list(dynamodb.scan(self.dynamodb, WINDOWS, ("who", "rule", "state", "told", "timer", "version", "customer", "joined")))


def _handled(module: Any, bodies: list[str]) -> list[str]:
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    return [each["itemIdentifier"] for each in module.handler({"Records": records}, SimpleNamespace())["batchItemFailures"]]


def event(
    name: str, *, ago: timedelta = timedelta(), ref: str = "ref-1", browser: str = "", id: str = "", products: tuple[str, ...] = ("P1",)
) -> Event:
    """What the door would have put on the bus."""
    at = NOW - ago
    message = id or f"{name}-{at.isoformat()}-{ref}-{browser}"
    found = tuple(Product(product_id=product) for product in products)
    return Event(
        message_id=message, type="track", name=name, user_id=ref, anonymous_id=browser, at=at, session_id=f"s-{message}", products=found
    )


def login(ref: str, browser: str) -> Event:
    return replace(event("", ref=ref, browser=browser, products=()), type="identify", name="")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget()
        tables, events, sqs, scheduler = (clients.client(name) for name in ("dynamodb", "events", "sqs", "scheduler"))
        for table, keys in KEYS.items():
            tables.create_table(
                TableName=table, BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
            )  # fmt: skip
        events.create_event_bus(Name=BUS)
        heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": [{"prefix": "omnichannel"}]}))
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "t", "Arn": arn}])
        scheduler.create_schedule_group(Name=GROUP)
        names = {"customers_table": CUSTOMERS, "products_table": PRODUCTS, "bus_name": BUS}
        timer = SegmentTimerEnv(
            **names, windows_table=WINDOWS, trigger_time_scale="1", timer_group=GROUP, timer_role_arn=ROLE, timer_queue_arn=arn
        )
        for env in (timer, RedecideEnv(**names, sent_table=SENT, score_function=SCORE)):
            for name, value in env.variables().items():
                monkeypatch.setenv(name, value)
        clock, scorer = Clock(), Scorer()
        monkeypatch.setattr(redecide, "waiting_client", lambda _: scorer)
        for module in (segment_windows, segment_timer, redecide):
            monkeypatch.setattr(module, "datetime", clock)
        dynamodb.batch_put(
            tables, PRODUCTS, [{"product_id": f"P{n}", "category_l1": "wine", "stock": 40, "active": True} for n in range(5)]
        )
        yield Account(tables, scheduler, sqs, heard, clock, scorer)
        clients.forget()
