"""A customer decided anew because of what just happened: what is next, onto their item and onto the bus."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws.clients import cause as code_of
from omnichannel.aws.dynamodb import Item, encode
from omnichannel.consent.gate import moment
from omnichannel.contracts.decisions import NEXT_ACTION, Decision
from omnichannel.contracts.events import DECISIONS_SOURCE, SEGMENTS_SOURCE, DetailType, EventName
from omnichannel.contracts.store import IdType, link_key
from omnichannel.decisions.decide import decide
from omnichannel.decisions.fresh import Fresh, NotScored, scored
from omnichannel.decisions.gather import Known
from omnichannel.decisions.store import Store
from omnichannel.playbook.choices import Playbook
from omnichannel.playbook.facts import LIVE_SEGMENTS
from omnichannel.playbook.triggers import Then, Trigger, Triggers
from omnichannel.realtime.events import Event

EVENT_ID_CHARS = 32


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why somebody is decided anew: `key` is our id or a redirect's, `event` what they did, with its products, at an aware time.

    `event_id` is the same for the same cause, however often it is told. `done` is what they did as scoring on demand takes it; whoever
    left a segment did nothing.
    """

    receipt: str
    event_id: str
    key: str
    event: str
    products: tuple[str, ...]
    at: datetime
    done: tuple[Mapping[str, Any], ...] = ()


def causes(records: Iterable[Mapping[str, Any]], triggers: Triggers) -> tuple[list[Cause], list[str]]:
    """Those of a queue's batch that lead to a decision, and the ids of records that nobody can read."""
    found, unreadable = [], []
    for record in records:
        try:
            cause = _cause(record["messageId"], json.loads(record["body"]), triggers)
        except (ValueError, TypeError, KeyError, AttributeError):
            unreadable.append(record["messageId"])
        else:
            found += [cause] if cause else []
    return found, unreadable


def _cause(receipt: str, told: Mapping[str, Any], triggers: Triggers) -> Cause | None:
    detail = told["detail"]
    if told["source"] == SEGMENTS_SOURCE:
        rule = triggers.rules.get(detail["rule"])
        if rule is None or rule.then is not Then.DECIDE:
            return None
        at, products = datetime.fromisoformat(detail["at"]), tuple(map(str, detail.get("products", ())))
        told_as, key = str(detail["event_id"]), str(detail["customer_id"])
        done = _led_to(rule, at) if told["detail-type"] == DetailType.SEGMENT_ENTERED else ()
        return Cause(receipt=receipt, event_id=told_as, key=key, event=rule.events[0], products=products, at=at, done=done)
    event = Event.from_detail(detail)
    if event.name != EventName.ORDER_COMPLETED or not (event.user_id or event.anonymous_id):
        return None
    named = (IdType.CUSTOMER_REF, event.user_id) if event.user_id else (IdType.ANONYMOUS_ID, event.anonymous_id)
    products = tuple(product.product_id for product in event.products)
    told_as = sha256(f"{event.name}/{event.message_id}".encode()).hexdigest()[:EVENT_ID_CHARS]
    bought = {"name": event.name, "at": event.at.isoformat(), "value": event.value, "message_id": event.message_id}
    return Cause(
        receipt=receipt, event_id=told_as, key=link_key(*named), event=event.name, products=products, at=event.at, done=(bought,)
    )  # fmt: skip


def _led_to(rule: Trigger, at: datetime) -> tuple[Mapping[str, Any], ...]:
    """What somebody has done at least who enters the rule's segment; of a rule over any event nobody can tell which."""
    if len(rule.events) > 1:
        return ()
    return tuple({"name": rule.events[0], "at": at.isoformat(), "message_id": str(n)} for n in range(rule.at_least))


@dataclass(frozen=True, kw_only=True)
class Redecided:
    """A decision with the moment of what led to it, and its id; `unscored` says why it is made of the last run's scores."""

    decision: Decision
    event_id: str
    caused_at: datetime
    unscored: str = ""

    @classmethod
    def of(cls, cause: Cause, store: Store, playbook: Playbook, now: datetime, fresh: Fresh) -> Self | None:
        """Decides one customer, live, by the scores after what they did; None for nobody whom we know."""
        item = store.named(cause.key)
        if item is None:
            return None
        item, unscored = _scored(item, cause, playbook, fresh)
        known = Known(item=holding(item, now), event=cause.event, products=cause.products)
        found = decide(store.columns(store.with_contacts([known]), playbook), playbook, now, live=True)
        return cls(decision=found.decision(0), event_id=cause.event_id, caused_at=cause.at, unscored=unscored)

    def note(self, dynamodb: Any, table: str) -> bool:
        """Writes it onto the customer's item, unless something later has been decided upon by then."""
        at = _moment(self.caused_at)
        plain = {name: value for name, value in self.decision.to_dict().items() if name not in ("customer_id", "refused")}
        action = json.loads(json.dumps({**plain, "caused_at": at}), parse_float=Decimal)
        try:
            dynamodb.update_item(
                TableName=table,
                Key=encode({"customer_id": self.decision.customer_id}),
                UpdateExpression="SET #next = :action",
                ConditionExpression="attribute_exists(customer_id) AND attribute_not_exists(customer) "
                "AND (attribute_not_exists(#next.caused_at) OR #next.caused_at <= :at)",
                ExpressionAttributeNames={"#next": NEXT_ACTION},
                ExpressionAttributeValues=encode({":action": action, ":at": at}),
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def entry(self, bus_name: str) -> dict[str, object]:
        """As one entry of EventBridge's PutEvents."""
        detail = json.dumps({**self.decision.to_dict(), "event_id": self.event_id, "caused_at": _moment(self.caused_at)})
        return {"EventBusName": bus_name, "Source": DECISIONS_SOURCE, "DetailType": DetailType.DECIDED.value, "Detail": detail}


def _scored(item: Item, cause: Cause, playbook: Playbook, fresh: Fresh) -> tuple[Item, str]:
    """The item with fresh scores, or as it is with why; a decision that comes late is worth less than one by last night's scores."""
    if not cause.done:
        return item, ""
    try:
        return scored(item, playbook, fresh), ""
    except (NotScored, ClientError, BotoCoreError) as failure:
        return item, code_of(failure)


def holding(item: Item, now: datetime) -> Item:
    """The item with those of its live segments that still hold: a timer may be a minute late."""
    live = {name: spell for name, spell in (item.get(LIVE_SEGMENTS) or {}).items() if moment({"at": spell["until"]}) > now}
    return {**item, LIVE_SEGMENTS: live}


def _moment(at: datetime) -> str:
    """In UTC with all its digits, so that texts compare as their times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
