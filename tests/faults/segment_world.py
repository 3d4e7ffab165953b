"""The Segment export as deployed: its real function over moto, and the twin of Segment on loopback.

What waits, waits on a clock that moves by waiting alone; what is sent is sent for real. The state machine around the function is a
loop: it asks again while the function says that it is not done, or asks to be run again.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from lambdas import segment_bridge
from omnichannel.activation import audience, sender
from omnichannel.activation.sender import OutOfTime, Sender, SinkUnavailable
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.environment.sinks import SegmentBridgeEnv
from omnichannel.ledger.parts import unpacked
from sandbox.twins.context import TwinContext
from sandbox.twins.messages import Request, Response
from sandbox.twins.records import Records
from sandbox.twins.segment import SegmentTwin
from sandbox.twins.server import TwinServer
from sandbox.twins.store import Store
from tests.faults.matrix import Outcome

LAKE, CUSTOMERS, SENT, SECRET = "lake", "customers", "sent", "segment-write-key"
TABLES = {CUSTOMERS: ["customer_id"], SENT: ["customer_id", "sink"]}
KEY = "the-write-key"
AS_OF = "2026-03-01"
GRANTED = {"personalization/web": {"granted": True, "at": "2026-01-01T00:00:00Z"}}
PART_SIZE = 20
RETRIES = 8
PATIENCE_SECONDS = 0.4
FUNCTION_SECONDS = 900.0


@dataclass(frozen=True)
class Expected:
    """The runs that a cell has made, how many customers entered each, and what must have become of those who were not delivered."""

    runs: dict[str, int]
    withheld: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)


@dataclass
class SegmentWorld:
    """The function, and what is around it."""

    twin: SegmentTwin
    seconds: float = 0.0
    left: float = FUNCTION_SECONDS
    waiting: Callable[[], None] = lambda: None
    skew: float = 0.0
    """By how many seconds the function's clock is ahead of everybody's."""

    def clock(self) -> float:
        """Seconds that were waited."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Lets time pass, and what a cell has planned for it."""
        self.seconds += seconds
        self.waiting()

    def now(self) -> datetime:
        """The time of day."""
        return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def told(self) -> datetime:
        """The time of day that the function is told."""
        return self.now() + timedelta(seconds=self.skew)

    def clean(self) -> None:
        """Nobody known and nothing sent: moto copies its tables whole for every transaction, so full ones make each slower."""
        for table in TABLES:
            clients.client("dynamodb").delete_table(TableName=table)
        _create_tables()

    def heal(self) -> None:
        """A Segment that is well, a secret that is right, a function with all its time."""
        self.answers()
        self.twin.control("configure", {"write_keys": [KEY], "refused_users": [], "requests_per_second": None, "events_per_second": None})
        self.put_secret(KEY)
        self.waiting, self.left, self.skew = (lambda: None), FUNCTION_SECONDS, 0.0

    def answers(self, *planned: dict[str, Any]) -> None:
        """Plans the twin's next answers."""
        self.twin.control("configure", {"answers": list(planned)})

    def put_secret(self, value: str) -> None:
        """What somebody has put into the secret; the function has it read already only where it runs."""
        clients.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=value)

    def customers(self, name: str, count: int, **changes: Any) -> list[str]:
        """Customers who have consented, with these differences."""
        ids = [f"c-{name}-{number:03d}" for number in range(count)]
        items = [{"customer_id": each, "customer_ref": f"u-{each}", "consents": GRANTED, **changes} for each in ids]
        dynamodb.batch_put(clients.client("dynamodb"), CUSTOMERS, items)
        return ids

    def audience(
        self,
        run: str,
        ids: Iterable[str],
        *,
        as_of: str = AS_OF,
        traits: dict[str, Any] | None = None,
        of: Mapping[str, Any] | None = None,
        part_size: int = PART_SIZE,
    ) -> list[dict[str, Any]]:
        """An audience's parts, as the state machine asks for each; `of` has traits or a reference (`ref`) of single customers."""
        common = {"churn_band": "low", "churn_propensity": 0.25, **(traits or {})}
        records = [_record(each, as_of, {**common, **(of or {}).get(each, {})}) for each in ids]
        index = audience.write(clients.client("s3"), LAKE, run=run, as_of=as_of, records=records, part_size=part_size)
        return [{"run": run, "as_of": as_of, "part": key, "offset": 0} for key in index["parts"]]

    def activate(self, asked: Iterable[dict[str, Any]]) -> None:
        """Every part, as the state machine does it; what fails for good is the ledger's to say."""
        for each in asked:
            tries, event = 0, each
            while tries <= RETRIES:
                started = self.seconds
                context = SimpleNamespace(get_remaining_time_in_millis=lambda at=started: int((self.left - self.seconds + at) * 1000))
                try:
                    event = segment_bridge.handler(event, context)  # type: ignore[arg-type]
                except (SinkUnavailable, OutOfTime):
                    tries += 1
                    continue
                if event["done"]:
                    break
                tries = 0

    def taken(self) -> list[dict[str, Any]]:
        """What Segment has taken, in its order."""
        return list(self.twin.inspect("delivered", {}))

    def requests(self) -> int:
        """How many requests Segment has had."""
        return int(self.twin.inspect("counters", {}).get("requests", 0))

    def rows(self, run: str) -> list[dict[str, Any]]:
        """The run's ledger."""
        s3 = clients.client("s3")
        found = s3.list_objects_v2(Bucket=LAKE, Prefix=zones.ledger_run("segment", run)).get("Contents", [])
        return [row for each in found for row in unpacked(s3.get_object(Bucket=LAKE, Key=each["Key"])["Body"].read())]

    def outcome(self, given: Expected) -> Outcome:
        """The ledgers of the runs beside what Segment holds: each delivered id is there, and no other of these customers."""
        rows = [row for run in given.runs for row in self.rows(run)]
        customers = [(row["run"], row["customer_id"]) for row in rows]
        by_status = {status: [row for row in rows if row["status"] == status] for status in ("delivered", "withheld", "rejected")}
        withheld, rejected = (Counter(row["reason"] for row in by_status[status]) for status in ("withheld", "rejected"))
        told = {row["message_id"] for row in by_status["delivered"]}
        users = {f"u-{row['customer_id']}" for row in rows}
        held = Counter(event["messageId"] for event in self.taken() if event["userId"] in users)
        odd = (withheld - given.withheld) + (given.withheld - withheld) + (rejected - given.rejected) + (given.rejected - rejected)
        return Outcome(
            landed=sum(given.runs.values()),
            delivered=len(by_status["delivered"]),
            rejected=rejected,
            withheld=withheld,
            dead_lettered=0,
            twice=len(customers) - len(set(customers)) + held.total() - len(held),
            unexplained=odd.total() + len(set(held) ^ told),
        )


def _record(customer_id: str, as_of: str, traits: dict[str, Any]) -> dict[str, Any]:
    ref = traits.pop("ref", f"u-{customer_id}")
    return {"customer_id": customer_id, "customer_ref": ref, "traits": {**traits, "propensity_as_of": as_of}, "scores": {}}


@contextmanager
def segment_world() -> Iterator[SegmentWorld]:
    """A deployed export, empty, until the block ends."""
    with ExitStack() as opened:
        opened.enter_context(mock_aws())
        opened.enter_context(_one_call_at_a_time())
        folder = Path(opened.enter_context(TemporaryDirectory()))
        world = SegmentWorld(twin=None)  # type: ignore[arg-type]
        records, store = Records(folder / "received.jsonl", world.now), Store(folder / "state.sqlite")
        world.twin = SegmentTwin(TwinContext(directory=folder, records=records, store=store, cloud=None, now=world.now))  # type: ignore[arg-type]
        for each in (records, store, world.twin):
            opened.callback(each.close)
        url = opened.enter_context(_served(world.twin))
        opened.enter_context(patch.dict(os.environ, _environment(url)))
        opened.enter_context(patch.object(sender, "ANSWER_SECONDS", PATIENCE_SECONDS))
        opened.enter_context(patch.object(segment_bridge, "Sender", partial(Sender, clock=world.clock, sleep=world.sleep, now=world.told)))
        segment_bridge.logger.setLevel(logging.ERROR)
        opened.callback(segment_bridge.logger.setLevel, logging.INFO)
        _deploy()
        opened.callback(clients.forget)
        yield world


@contextmanager
def _one_call_at_a_time() -> Iterator[None]:
    """Each call to moto as a whole, as DynamoDB answers it: moto copies a table for a transaction while another thread may write to it."""
    answer, turn = BotocoreStubber.__call__, Lock()

    def answer_alone(stubber: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with turn:
            return answer(stubber, *args, **kwargs)

    with patch.object(BotocoreStubber, "__call__", answer_alone):
        yield


@contextmanager
def _served(twin: SegmentTwin) -> Iterator[str]:
    def answer(request: Request) -> Response:
        return twin.handle(request.method, request.path, request.headers, request.body)

    server = TwinServer(0, answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{server.url}/v1/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _environment(url: str) -> dict[str, str]:
    env = SegmentBridgeEnv(
        lake_bucket=LAKE,
        customers_table=CUSTOMERS,
        sent_table=SENT,
        segment_secret=SECRET,
        segment_endpoint=url,
        events_per_second="100000",
        holdout='{"salt": "faults", "share": 0}',
        live="off",
    )
    own = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    return own | env.variables()


def _deploy() -> None:
    clients.forget()
    segment_bridge._write_key.cache_clear()
    clients.client("s3").create_bucket(Bucket=LAKE)
    clients.client("secretsmanager").create_secret(Name=SECRET, SecretString=KEY)
    _create_tables()


def _create_tables() -> None:
    for table, keys in TABLES.items():
        clients.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
        )
