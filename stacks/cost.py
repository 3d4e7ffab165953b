"""What the app costs, worked out from its templates and list prices: `python -m stacks.cost > docs/cost.md`.

Counts, memory and batch sizes are read from the templates; how long functions work and how much happens in a month are the assumptions
below, which the page tells. Nothing here asks AWS for a price.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App

from omnichannel.contracts import prices
from omnichannel.contracts.prices import Price
from stacks.build import build
from stacks.settings import Settings

Resource = Mapping[str, Any]
_ACCOUNT = "111122223333"
_TOKENS = {"api_authorizer": "jwt", "api_jwt_issuer": "https://login.shop.example", "api_jwt_audience": "shop"}
KNOBS: Mapping[str, Mapping[str, str]] = {
    "segment=on": {"segment": "on"},
    "personalize=on": {"personalize": "on"},
    "tills=on": {"tills": "on"},
    "dms=sqlserver": {
        "dms": "sqlserver", "dms_database": "shop", "dms_subnets": "subnet-0a1b2c3d4e5f60718, subnet-1a2b3c4d5e6f70819",
        "dms_secret_arn": f"arn:aws:secretsmanager:us-east-1:{_ACCOUNT}:secret:shop-AbCdEf",
        "dms_security_groups": "sg-0a1b2c3d4e5f60718", "dms_tables": "dbo.Orders=sales/orders",
    },
    "api_edge=cloudfront": {
        **_TOKENS, "api_edge": "cloudfront", "api_edge_domain": "recommend.shop.example",
        "api_edge_certificate_arn": f"arn:aws:acm:us-east-1:{_ACCOUNT}:certificate/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    },
}  # fmt: skip
"""Knobs that bill while nothing happens, each with what it needs beside the switch."""


@dataclass(frozen=True, kw_only=True)
class Month:
    """What is assumed of a month, and of how long functions work (billed milliseconds a call, without their start)."""

    customers: int = 1_000_000
    events: int = 100_000_000
    recommendations: int = 10_000_000
    changed: float = 0.1
    """Customers whose item, score or trait changes in a day, as a share."""
    moved: float = 0.2
    """Customers who are in another segment than a month ago, as a share."""
    decided: float = 0.1
    """Live decisions for an event: purchases, and customers who enter or leave a live segment."""
    item_kb: int = 4
    items_read: int = 32
    """By an answer of ten products: the customer, two lists, and what is looked at to fill the answer."""
    event_gb: float = 1e-6
    call_log_gb: float = 1e-6
    """Of a call of an API: the function's lines, Lambda's own and the access log."""
    scoring_hours: float = 1.0
    """Instance hours of one model's daily run: features, batch transform."""
    training_hours: float = 1.0
    """Of one model's weekly training."""
    models: int = 2
    trained_on: int = 100_000_000
    """Interactions of one training of Personalize."""
    door_ms: int = 10
    relay_ms: int = 300
    windows_ms: int = 300
    score_ms: int = 100
    redecide_ms: int = 300
    """With the wait for the scores of every model, one after the other."""
    message_ms: int = 200
    recommend_ms: int = 30


@dataclass(frozen=True, kw_only=True)
class Line:
    """So much of something at its price; `what` says of what."""

    what: str
    amount: float
    price: Price

    @property
    def usd(self) -> float:
        """List price of all of it."""
        return self.price.of(self.amount)


class Templates:
    """The resources of all stacks under some knobs."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = list(resources)

    @classmethod
    def of(cls, knobs: Mapping[str, str]) -> "Templates":
        """Synthesised with the defaults of `cdk.json` and these knobs."""
        context = json.loads(Path("cdk.json").read_text())["context"]
        with tempfile.TemporaryDirectory() as directory:
            app = App(context={**context, **knobs}, outdir=directory)
            build(app, Settings.from_context(app.node))
            stacks = app.synth().stacks
            return cls(resource for stack in stacks for resource in stack.template["Resources"].values())

    def all(self, kind: str) -> list[Resource]:
        """The properties of every resource of a type."""
        return [each.get("Properties", {}) for each in self.resources if each["Type"] == kind]

    def memory_gb(self, module: str) -> float:
        """The memory of the function in `lambdas/<module>.py`."""
        named = f"lambdas.{module}.handler"
        return next(float(each["MemorySize"]) for each in self.all("AWS::Lambda::Function") if each["Handler"] == named) / 1024

    def batch(self, name: str) -> int:
        """How many messages the function whose logical id holds `name` takes at once."""
        mappings = self.all("AWS::Lambda::EventSourceMapping")
        return next(int(each["BatchSize"]) for each in mappings if name in json.dumps(each["FunctionName"]))


def idle(templates: Templates) -> Iterator[Line]:
    """What bills by the month though nothing happens."""
    acls = templates.all("AWS::WAFv2::WebACL")
    capacity = [each["ComputeConfig"] for each in templates.all("AWS::DMS::ReplicationConfig")]
    units = sum(each.get("MinCapacityUnits", each["MaxCapacityUnits"]) for each in capacity)
    yield Line(what="KMS keys", amount=len(templates.all("AWS::KMS::Key")), price=prices.KEYS)
    yield Line(what="secrets", amount=len(templates.all("AWS::SecretsManager::Secret")), price=prices.SECRETS)
    yield Line(what="alarms", amount=len(templates.all("AWS::CloudWatch::Alarm")), price=prices.ALARMS)
    yield Line(what="dashboards", amount=len(templates.all("AWS::CloudWatch::Dashboard")), price=prices.DASHBOARDS)
    yield Line(what="Kinesis streams", amount=len(templates.all("AWS::Kinesis::Stream")), price=prices.STREAMS_ON_DEMAND)
    yield Line(what="web ACLs", amount=len(acls), price=prices.WEB_ACLS)
    yield Line(what="rules of web ACLs", amount=sum(len(each["Rules"]) for each in acls), price=prices.WEB_RULES)
    yield Line(what="DMS capacity-unit-hours", amount=units * prices.HOURS_PER_MONTH, price=prices.REPLICATION_HOURS)


def recommender() -> Line:
    """One recommender or campaign of Personalize, for the least throughput that is billed."""
    least = prices.PERSONALIZE_LEAST_PER_SECOND * 3600 * prices.HOURS_PER_MONTH
    return Line(what="an active recommender or campaign, at its least throughput", amount=least, price=prices.PERSONALIZE_REQUESTS)


def event(templates: Templates, personalize: Templates, month: Month) -> Iterator[Line]:
    """A million events through the webhook, the bus, live segments and the relay; each consumer hears every one of them."""
    count = prices.MILLION
    yield Line(what="HTTP API", amount=count, price=prices.HTTP_REQUESTS)
    yield from _calls("door", count, templates.memory_gb("event_door"), month.door_ms)
    yield Line(what="door: logs", amount=count * month.call_log_gb, price=prices.LOGS)
    yield Line(what="event bus", amount=count, price=prices.BUS_EVENTS)
    yield Line(what="archive of the bus", amount=count * month.event_gb, price=prices.BUS_ARCHIVE)
    windows, relay = templates.batch("SegmentWindows"), personalize.batch("PersonalizeRelay")
    yield from _queued("live segments", count, windows, templates.memory_gb("segment_windows"), month.windows_ms)
    yield Line(what="state of live segments, written", amount=count, price=prices.TABLE_WRITES)
    yield Line(what="state of live segments, read", amount=count, price=prices.TABLE_READS)
    yield from _queued("relay", count, relay, personalize.memory_gb("personalize_relay"), month.relay_ms)
    yield Line(what="Personalize, taking events", amount=count * month.event_gb, price=prices.PERSONALIZE_INGESTION)


def decision(templates: Templates, month: Month) -> Iterator[Line]:
    """A million live decisions, each alone in its queue's batch: the change that led to it, fresh scores, what is said and the message."""
    count = prices.MILLION
    yield Line(what="event bus: the change and the decision", amount=2 * count, price=prices.BUS_EVENTS)
    yield from _queued("decisions", count, 1, templates.memory_gb("redecide"), month.redecide_ms)
    yield from _calls(f"fresh scores of {month.models} models", count * month.models, templates.memory_gb("score_customer"), month.score_ms)
    yield Line(what="items read, of the customer and of products", amount=count * month.items_read, price=prices.TABLE_READS)
    yield Line(what="the customer's item, written", amount=count * month.item_kb, price=prices.TABLE_WRITES)
    yield from _queued("messages", count, 1, templates.memory_gb("live_messenger"), month.message_ms)
    yield Line(what="functions: logs", amount=count * (2 + month.models) * month.call_log_gb, price=prices.LOGS)


def recommendation(templates: Templates, month: Month) -> Iterator[Line]:
    """A million answers of the recommendations API, without Personalize."""
    count = prices.MILLION
    yield Line(what="HTTP API", amount=count, price=prices.HTTP_REQUESTS)
    yield from _calls("function", count, templates.memory_gb("recommendations_api"), month.recommend_ms)
    yield Line(what="function: logs", amount=count * month.call_log_gb, price=prices.LOGS)
    yield Line(what="items read, of the customer and of products", amount=count * month.items_read, price=prices.TABLE_READS)


def edge() -> Iterator[Line]:
    """What a million of these answers cost on top behind CloudFront and its web ACL, if none was kept there."""
    yield Line(what="CloudFront", amount=prices.MILLION, price=prices.EDGE_REQUESTS)
    yield Line(what="web ACL", amount=prices.MILLION, price=prices.WEB_REQUESTS)


def monthly(templates: Templates, personalize: Templates, month: Month) -> Iterator[tuple[str, float, bool]]:
    """A month at full size: what, US dollars, and whether every price in it is confirmed."""
    changed = month.customers * month.changed * prices.DAYS_PER_MONTH
    moved = month.customers * month.moved
    instance = prices.INSTANCE_HOURS[Settings().instance_type]
    hours = month.models * (month.scoring_hours * prices.DAYS_PER_MONTH + month.training_hours * prices.WEEKS_PER_MONTH)
    weekly = Line(what="", amount=month.trained_on * prices.WEEKS_PER_MONTH, price=prices.PERSONALIZE_TRAINING)
    kept = month.customers * 2 * month.item_kb / 1e6
    stored = [Line(what="", amount=kept, price=each) for each in (prices.TABLE_STORAGE, prices.TABLE_RECOVERY)]
    asked = Line(what="", amount=month.recommendations, price=prices.PERSONALIZE_REQUESTS)
    parts: list[tuple[str, list[Line], float]] = [
        ("idle, as delivered", list(idle(templates)), 1),
        ("events", list(event(templates, personalize, month)), month.events / prices.MILLION),
        ("live decisions", list(decision(templates, month)), month.events * month.decided / prices.MILLION),
        ("recommendations, without Personalize", list(recommendation(templates, month)), month.recommendations / prices.MILLION),
        ("the customer view, written where it changed", [Line(what="", amount=changed * month.item_kb, price=prices.TABLE_WRITES)], 1),
        ("scores and what was sent, written where they changed", [Line(what="", amount=2 * changed, price=prices.TABLE_WRITES)], 1),
        ("the index of segments, written where somebody moved", [Line(what="", amount=2 * moved, price=prices.TABLE_WRITES)], 1),
        ("tables, with point-in-time recovery", stored, 1),
        ("the lake: a month of events", [Line(what="", amount=month.events * month.event_gb, price=prices.OBJECT_STORAGE)], 1),
        (f"SageMaker: {month.models} models, scored daily and trained weekly", [Line(what="", amount=hours, price=instance)], 1),
        ("Personalize: recommendations (knob)", [asked], 1),
        ("Personalize: weekly training (knob)", [weekly], 1),
    ]  # fmt: skip
    for what, lines, times in parts:
        yield what, sum(line.usd for line in lines) * times, all(line.price.confirmed for line in lines if line.amount)


def _calls(what: str, calls: float, memory_gb: float, milliseconds: int) -> Iterator[Line]:
    yield Line(what=f"{what}: calls", amount=calls, price=prices.LAMBDA_REQUESTS)
    yield Line(what=f"{what}: {memory_gb:g} GB for {milliseconds} ms", amount=calls * memory_gb * milliseconds / 1000, price=_seconds())


def _queued(what: str, count: float, batch: int, memory_gb: float, milliseconds: int) -> Iterator[Line]:
    """A queue takes each event by itself, and hands out and forgets ten at a time."""
    yield Line(what=f"{what}: queue", amount=count * (1 + 2 / min(batch, 10)), price=prices.QUEUE_REQUESTS)
    yield from _calls(f"{what}, {batch} at a time", count / batch, memory_gb, milliseconds)


def _seconds() -> Price:
    return prices.LAMBDA_SECONDS[Settings().platform.architecture]


def main() -> None:
    """Writes the page."""
    from stacks.cost_page import page

    sys.stdout.write(page(Templates.of({}), {knob: Templates.of(given) for knob, given in KNOBS.items()}, Month()))


if __name__ == "__main__":
    main()
