"""Live events as they are deployed, in one process: the webhook's function, a bus and a queue as lists, the relay at Personalize's twin.

What waits, waits on a clock of the world's own. Segment sends again after 5xx, for four hours; the queue delivers again after its
visibility time-out, as often as the stack says.
"""

import json
import logging
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from botocore import endpoint
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas import event_door, personalize_relay
from lambdas.event_door import CachedSecrets
from omnichannel.aws import clients, dynamodb, sigv4
from omnichannel.aws.bus import Call
from omnichannel.contracts.environment.events import EventDoorEnv, PersonalizeRelayEnv
from omnichannel.contracts.recommendations import INTERACTIONS
from omnichannel.contracts.store import IdType, link_key
from omnichannel.ledger.parts import parts_by_sink, unpacked, write_part
from omnichannel.playbook.interactions import forwarded, interactions
from omnichannel.realtime.signature import sign
from stacks.components.queue import VISIBILITY_FACTOR
from stacks.events import RELAY_TIMEOUT, RELAY_TRIES
from tests.faults.killing import Killed
from tests.faults.matrix import Outcome
from tests.integration.twins.conftest import Serving

LAKE, CUSTOMERS = "lake", "customers"
SECRET = "the-webhook-secret"
GRANTED = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
BATCH = 100
UNSEEN_SECONDS = RELAY_TIMEOUT.to_seconds() * VISIBILITY_FACTOR
SENDS_AGAIN = (1.0, 10.0, 60.0, 600.0, 1800.0, 3600.0, 7200.0)
"""Segment's waits, four hours in all at most."""
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
POISON = "dead letter"
Message = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """What was sent (message ids, or names for what has none), and the word for each that must not be delivered."""

    sent: Sequence[str]
    instead: Mapping[str, str] = field(default_factory=dict)


@dataclass
class LiveWorld:
    """The functions, and what is around them; `bus_failures` is the share of PutEvents that the bus refuses."""

    serving: Serving
    rng: random.Random = field(default_factory=random.Random)
    seconds: float = 0.0
    bus_failures: float = 0.0
    bus_away_until: float = 0.0
    secret: dict[str, str] = field(default_factory=dict)
    away_until: float = 0.0
    kill: bool = False
    invocations: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def clean(self) -> None:
        """Nothing on its way, an empty ledger; the customers stay."""
        self.queue.clear()
        self.dead.clear()
        self.refused.clear()
        s3 = clients.client("s3")
        for each in s3.list_objects_v2(Bucket=LAKE).get("Contents", ()):
            s3.delete_object(Bucket=LAKE, Key=each["Key"])
        self.seconds = 0.0

    def heal(self) -> None:
        """A bus and a Personalize that are well, the one secret."""
        self.bus_failures, self.bus_away_until, self.away_until, self.kill = 0.0, 0.0, 0.0, False
        self.secret = {"current": SECRET}
        self.personalize()

    def personalize(self, *answers: dict[str, Any]) -> None:
        """Plans the twin's next answers to PutEvents."""
        self.serving.twins.faults("personalize-events").configure(answers=[{"operation": "PutEvents", **each} for each in answers])

    def now(self) -> datetime:
        """The time of day that everybody sees."""
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        self.seconds += seconds

    def send(self, name: str, body: bytes, *, key: str = SECRET) -> None:
        """Segment's webhook: the body, signed, again after 5xx. What is refused is remembered with the answer's title.

        Segment sends side by side, so one message's waits are none of the next one's.
        """
        began = self.seconds
        for wait in (*SENDS_AGAIN, 0.0):
            answer = self.post(body, sign(body, key))
            if answer["statusCode"] < 500:
                break
            self.sleep(wait)
        self.seconds = began
        if answer["statusCode"] != 200:
            self.refused.setdefault(name, json.loads(answer["body"])["title"])

    def post_to(self, body: bytes, bus: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        """One signed request to the door, with another bus behind it."""

        def call(service: sigv4.Service, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
            return bus(service, operation, request, self.now()) if operation == "PutEvents" else self._call(service, operation, request)

        return self.post(body, sign(body, SECRET), call=call)

    def post(self, body: bytes, signature: str, call: Call | None = None) -> dict[str, Any]:
        """One request to the door."""
        headers = {"content-type": "application/json", "x-signature": signature}
        request = {"headers": headers, "body": body.decode("utf-8", "replace"), "requestContext": {"requestId": "faults"}}
        # A function that starts anew reads the secret anew; one that goes on believes it for minutes, which its own test shows.
        secrets = CachedSecrets(clock=lambda: self.seconds)
        env = EventDoorEnv(bus_name="bus", webhook_secret="secret", forwarded=json.dumps(forwarded()))
        return event_door.respond(request, env, call=call or self._call, secrets=secrets, received_at=self.now())

    def _call(self, service: sigv4.Service, operation: str, request: Mapping[str, object]) -> dict[str, Any]:
        if operation == "GetSecretValue":
            return {"SecretString": json.dumps(self.secret)}
        if self.seconds < self.bus_away_until or self.rng.random() < self.bus_failures:
            raise sigv4.Refused(operation, 400, "ThrottlingException")
        if self.rng.random() < self.bus_failures:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        names = interactions().names
        for entry in request["Entries"]:  # type: ignore[attr-defined]
            detail = json.loads(entry["Detail"])
            if detail["name"] in names:
                self.enqueue(json.dumps({"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail}))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def enqueue(self, body: str) -> None:
        """One more message for the relay."""
        self.queue.append({"messageId": f"q-{len(self.queue)}-{self.rng.random()}", "body": body, "tries": 0})

    def work(self) -> None:
        """The relay until its queue is empty: what fails comes back after the visibility time-out, and ends as a dead letter."""
        while self.queue:
            if self.away_until and self.seconds >= self.away_until:
                self.away_until = 0.0
                self.personalize()
            waiting, again = list(self.queue), []
            self.queue.clear()
            for start in range(0, len(waiting), BATCH):
                again += self._invoke(waiting[start : start + BATCH])
            for each in again:
                each["tries"] += 1
                (self.dead if each["tries"] >= RELAY_TRIES else self.queue).append(each)
            self.sleep(UNSEEN_SECONDS if self.queue else 0)

    def _invoke(self, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.invocations += 1
        context = SimpleNamespace(aws_request_id=f"invocation-{self.invocations}", get_remaining_time_in_millis=lambda: 60_000)
        try:
            answer = personalize_relay.handler({"Records": batch}, context)
        except (Killed, ClientError):
            return batch
        failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        return [each for each in batch if each["messageId"] in failed]

    def outcome(self, given: Expected) -> Outcome:
        """The ledger and the door's answers beside what Personalize holds."""
        ids = set(given.sent)
        rows = {row["message_id"]: row for row in self._rows() if row["reason"] != "duplicate-event"}
        words = {**{message: str(row["reason"] or row["status"]) for message, row in rows.items()}, **self.refused}
        words |= {name: POISON for name in ids if any(each["body"] == name for each in self.dead)}
        held = Counter(event["eventId"] for event in self.held() if event["used"])
        mine = Counter({event: n for event, n in held.items() if event.partition("#")[0] in ids})
        taken = {event.partition("#")[0] for event in mine}
        # A list goes along with what was chosen from it: it has no event of its own.
        delivered = {name for name in ids if words.get(name) == "delivered" and (name in taken or name.endswith("-list"))}
        others = Counter(words[name] for name in ids - delivered if name in words)
        wrong = sum(words[name] != given.instead.get(name, "delivered") for name in ids if name in words)
        return Outcome(
            landed=len(ids),
            delivered=len(delivered),
            rejected=others,
            dead_lettered=sum(each["body"] not in ids for each in self.dead),
            twice=mine.total() - len(mine),
            unexplained=wrong + len(taken - delivered),
        )

    def held(self) -> list[dict[str, Any]]:
        """Every event that Personalize has."""
        return list(self.serving.inspect("personalize/events"))

    def _rows(self) -> Iterator[dict[str, Any]]:
        s3 = clients.client("s3")
        for day in sorted({f"{datetime.now(UTC):%Y-%m-%d}", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"}):
            for key in parts_by_sink(s3, LAKE, flow="events", run=day).get("personalize", []):
                yield from unpacked(s3.get_object(Bucket=LAKE, Key=key)["Body"].read())


@contextmanager
def live_world() -> Iterator[LiveWorld]:
    """A tracker that has heard nothing, two customers, until the block ends."""
    with ExitStack() as opened:
        keys = {"AWS_ACCESS_KEY_ID": "root", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
        opened.enter_context(patch.dict(os.environ, keys))
        opened.enter_context(mock_aws(config={"core": {"mock_credentials": False}}))
        serving = Serving(Path(opened.enter_context(tempfile.TemporaryDirectory())))
        opened.callback(serving.stop)
        world = LiveWorld(serving)
        opened.enter_context(patch.object(endpoint, "time", SimpleNamespace(sleep=world.sleep)))
        opened.enter_context(patch.dict(os.environ, _environment(serving)))
        opened.enter_context(patch.object(personalize_relay, "write_part", lambda *args, **more: _write(world, *args, **more)))
        for log in (personalize_relay.log, event_door._log):
            opened.callback(log.setLevel, log.level if isinstance(log, logging.Logger) else logging.INFO)
            log.setLevel(logging.CRITICAL)
        clients.forget()
        opened.callback(clients.forget)
        _deploy()
        yield world


def _write(world: LiveWorld, *args: Any, **more: Any) -> None:
    if world.kill:
        world.kill = False
        raise Killed
    write_part(*args, **more)


def _environment(serving: Serving) -> dict[str, str]:
    client = serving.client("personalize")
    group = client.create_dataset_group(name="faults", domain="ECOMMERCE")["datasetGroupArn"]
    schema = client.create_schema(name="interactions", schema=json.dumps(INTERACTIONS.schema()), domain="ECOMMERCE")["schemaArn"]
    client.create_dataset(name="interactions", schemaArn=schema, datasetGroupArn=group, datasetType="Interactions")
    tracking_id = client.create_event_tracker(name="live", datasetGroupArn=group)["trackingId"]
    env = PersonalizeRelayEnv(tracking_id=tracking_id, interactions=interactions().to_json(), customers_table=CUSTOMERS, lake_bucket=LAKE)
    return {"AWS_ENDPOINT_URL_PERSONALIZE_EVENTS": f"{serving.server.url}/aws/personalize-events", **env.variables()}


def _deploy() -> None:
    clients.client("s3").create_bucket(Bucket=LAKE)
    clients.client("dynamodb").create_table(
        TableName=CUSTOMERS,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "customer_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "customer_id", "AttributeType": "S"}],
    )
    known = [{"customer_id": "c_yes", "consents": GRANTED}, {"customer_id": "c_no", "consents": {}}]
    links = [{"customer_id": link_key(IdType.CUSTOMER_REF, f"ref-{word}"), "customer": f"c_{word}"} for word in ("yes", "no")]
    dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, [*known, *links])
