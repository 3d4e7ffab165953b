"""The messaging channel in one process: state in moto, the sinks' twins on loopback, and the three adapters behind one interface."""

import csv
import io
import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.config import Config
from moto import mock_aws

from omnichannel.activation import audience, connect_adapter, connect_load, connect_objects, file_adapter, parts, pinpoint_adapter
from omnichannel.activation.connect_sender import ProfileSender
from omnichannel.activation.connect_upload import NotTaken, Uploads
from omnichannel.activation.messaging import Gates
from omnichannel.activation.outcomes import Outcomes
from omnichannel.activation.parts import Part
from omnichannel.activation.pinpoint_adapter import Lake, Pinpoint
from omnichannel.activation.sender import SinkUnavailable
from omnichannel.activation.state import State
from omnichannel.aws import dynamodb as tables
from omnichannel.aws import products, s3
from omnichannel.campaigns.messages import Renderer
from omnichannel.contracts import zones
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.ledger import Sink
from omnichannel.contracts.profiles import EXPIRATION_DAYS, OBJECT_TYPE, TIME_FORMAT
from omnichannel.experiments.holdout import Holdout
from omnichannel.ledger.parts import read_part
from omnichannel.playbook.actions import playbook
from tests.integration.twins.conftest import ROLE, SESSION, Serving

LAKE, CUSTOMERS, SENT, PRODUCTS, DOMAIN = "lake", "customers", "sent", "products", "shop"
TABLES = {CUSTOMERS: ["customer_id"], SENT: ["customer_id", "sink"], PRODUCTS: ["product_id"]}
GRANTED = {"granted": True, "at": "2026-01-01T00:00:00Z"}
REFUSED = {"granted": False, "at": "2026-02-01T00:00:00Z"}
DAY = "2026-03-01"
Row = dict[str, Any]
ENDED = ("COMPLETED", "FAILED")
PATIENCE_SECONDS = 30.0


@dataclass
class Account:
    """Tables, lake, clock; `left` is what a call may still take, in seconds of a clock that only waiting moves."""

    serving: Serving
    share: float = 0.0
    at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    left: float = 600.0
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.s3, self.dynamodb = SESSION.client("s3"), SESSION.client("dynamodb")
        self.s3.create_bucket(Bucket=LAKE)
        self._create_tables()
        self.state = State(dynamodb=self.dynamodb, customers_table=CUSTOMERS, sent_table=SENT)
        self.catalog = products.catalog(self.dynamodb, PRODUCTS)
        self.renderer = Renderer(products=self.catalog, now=lambda: self.at)

    def empty(self) -> None:
        """Empty tables again."""
        for table in TABLES:
            self.dynamodb.delete_table(TableName=table)
        self._create_tables()

    def _create_tables(self) -> None:
        for table, keys in TABLES.items():
            self.dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
            )

    @property
    def gates(self) -> Gates:
        return Gates(holdout=Holdout(salt="test", share=self.share), playbook=playbook())

    @property
    def lake(self) -> Lake:
        return Lake(s3=self.s3, bucket=LAKE)

    def remaining(self) -> float:
        return self.left - sum(self.waits)

    def customers(self, numbers: Sequence[int], **changes: Any) -> list[str]:
        """Customers who consent to e-mail, unless told otherwise; their ids."""
        items = [
            {"customer_id": f"c_{n:05d}", "email": f"canary{n}@example.org", "consents": {"marketing/email": GRANTED}, **changes}
            for n in numbers
        ]
        tables.batch_put(self.dynamodb, CUSTOMERS, items)
        return [item["customer_id"] for item in items]

    def product(self, product_id: str, name: str, **changes: Any) -> None:
        tables.batch_put(
            self.dynamodb,
            PRODUCTS,
            [{"product_id": product_id, "name": name, "active": True, "stock": 10, "price": "9.90", "currency": "EUR", **changes}],
        )

    def part(self, run: str, scores: Mapping[str, float], as_of: str = DAY, decisions: Mapping[str, Decision] | None = None) -> Part:
        """One decided part of a run: a churn score each, and maybe a decision."""
        decided = decisions or {}
        records = [_record(customer_id, score, as_of, decided.get(customer_id)) for customer_id, score in sorted(scores.items())]
        part = Part(run=run, as_of=as_of, key=zones.decided_part(run, "part-000"))
        s3.put(self.s3, LAKE, part.key, audience.packed(records), s3.GZIP_JSON_LINES)
        index = {"run": run, "as_of": as_of, "parts": [part.key], "customers": len(records)}
        s3.put(self.s3, LAKE, zones.audience_index(run), json.dumps(index).encode(), s3.JSON)
        return part

    def rows(self, sink: Sink, part: Part) -> list[Row]:
        return read_part(self.s3, LAKE, flow=sink.flow, run=part.run, sink=sink, part=part.name)

    def outcomes(self, sink: Sink, part: Part) -> dict[str, str]:
        """Status, or the reason for it, by customer; a customer twice is an error."""
        rows = self.rows(sink, part)
        found = {row["customer_id"]: row["reason"] or row["status"] for row in rows}
        if len(found) != len(rows):
            raise AssertionError(f"{len(rows) - len(found)} customers are twice in the ledger")
        return found

    def outcomes_of(self, sink: Sink, part: Part) -> Outcomes:
        return Outcomes(part=part, sink=sink, now=lambda: self.at)

    def keys(self, prefix: str) -> list[str]:
        return list(s3.keys(self.s3, LAKE, prefix))


def win_back(customer_id: str, *items: str) -> Decision:
    """A decision to win the customer back by e-mail."""
    at, action = "2026-03-01T06:00:00+00:00", "win-back-recommended"
    return Decision(customer_id=customer_id, at=at, action=action, campaign="win-back", channel="email", items=items)


class Channel(ABC):
    """One adapter at its twin."""

    sink: Sink

    def __init__(self, account: Account) -> None:
        self.account = account
        self._prepare()

    def _prepare(self) -> None:
        """Makes what the stack makes, where that is anything."""
        return

    @abstractmethod
    def deliver(self, part: Part) -> None:
        """The part through the adapter, as the state machine does."""

    @abstractmethod
    def held(self) -> dict[str, float]:
        """The churn score that the sink holds, by customer."""

    @abstractmethod
    def messages(self) -> Counter[tuple[str, str]]:
        """What went out: how often each customer with each message id."""

    @abstractmethod
    def words(self, customer_id: str) -> dict[str, str]:
        """What the sink holds of the customer, as words."""


class File(Channel):
    sink = Sink.FILE

    def _prepare(self) -> None:
        self.runs: list[str] = []

    def deliver(self, part: Part) -> None:
        account, outcomes = self.account, self.account.outcomes_of(self.sink, part)
        members = parts.read(account.s3, LAKE, part)
        self.runs.append(part.run)
        file_adapter.deliver(members, outcomes, account.state, account.gates, account.renderer, account.s3, LAKE)
        outcomes.write(account.s3, LAKE)

    def rows(self) -> Iterator[Row]:
        for run in dict.fromkeys(self.runs):
            for key in self.account.keys(zones.messaging_files(run, self.sink)):
                text = s3.get(self.account.s3, LAKE, key).decode()
                yield from ({"run": run, **row} for row in csv.DictReader(io.StringIO(text)))

    def held(self) -> dict[str, float]:
        return {row["customer_id"]: float(row["churn_propensity"]) for row in self.rows()}

    def messages(self) -> Counter[tuple[str, str]]:
        return Counter((row["customer_id"], f"{row['propensity_as_of']}/{row['churn_propensity']}") for row in self.rows())

    def words(self, customer_id: str) -> dict[str, str]:
        return {name: str(value) for row in self.rows() if row["customer_id"] == customer_id for name, value in row.items()}


class Connect(Channel):
    sink = Sink.CONNECT

    def _prepare(self) -> None:
        self.client = self.account.serving.client("customer-profiles")
        self.client.create_domain(DomainName=DOMAIN, DefaultExpirationDays=EXPIRATION_DAYS)
        self.client.put_profile_object_type(
            DomainName=DOMAIN,
            ObjectTypeName=OBJECT_TYPE,
            Description="scores",
            AllowProfileCreation=True,
            SourceLastUpdatedTimestampFormat=TIME_FORMAT,
            Fields=connect_objects.fields(),
            Keys=connect_objects.keys(),
        )
        self.offset = 0

    def impatient(self, seconds: float) -> Any:
        """A client that waits so long for an answer."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=seconds)
        url = f"{self.account.serving.server.url}/aws/customer-profiles"
        return SESSION.client("customer-profiles", endpoint_url=url, config=config)

    def deliver(self, part: Part) -> None:
        """Until it is done, as the state machine does, which asks a few times more when the sink is away."""
        for _ in range(8):
            self.account.waits.clear()
            if self.once(part):
                return

    def load(self, part: Part) -> bool:
        """The part as a file, polled until its job is over: whether the service took one."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                if not self.load_once(part):
                    return True
            except NotTaken:
                return False
        raise AssertionError(f"the upload job is running after {PATIENCE_SECONDS:.0f} s")

    def load_once(self, part: Part) -> bool:
        """One call of the function: whether a file is being read."""
        account, members = self.account, parts.read(self.account.s3, LAKE, part)
        outcomes = account.outcomes_of(self.sink, part)
        return connect_load.load(members, outcomes, account.state, account.gates, account.catalog, self.uploads, account.lake)

    @property
    def uploads(self) -> Uploads:
        return Uploads(profiles=self.client, domain=DOMAIN)

    def once(self, part: Part) -> bool:
        """One call of the function: whether it is done."""
        account, outcomes = self.account, self.account.outcomes_of(self.sink, part)
        members, sender = parts.read(account.s3, LAKE, part), self._sender()
        if not self.offset:
            connect_load.leave(part, self.uploads, account.lake)
        connect_adapter.resume(members[: self.offset], outcomes, account.s3, LAKE)
        try:
            place = connect_adapter.deliver(members, outcomes, sender, account.state, account.gates, account.catalog, offset=self.offset)
        except SinkUnavailable:
            outcomes.write(account.s3, LAKE)
            return False
        outcomes.write(account.s3, LAKE)
        # The function answers with the offset when the ledger is written: one that ends before is called again with the old one.
        self.offset = 0 if place == len(members) else place
        return place == len(members)

    def _sender(self) -> ProfileSender:
        account = self.account
        return ProfileSender(
            profiles=self.client, domain=DOMAIN, object_type=OBJECT_TYPE, remaining=account.remaining,
            sleep=account.waits.append, jitter=lambda _, most: most,
        )  # fmt: skip

    def held(self) -> dict[str, float]:
        return {each["customer_id"]: float(each["churn_propensity"]) for each in self._attributes()}

    def messages(self) -> Counter[tuple[str, str]]:
        found = Counter[tuple[str, str]]()
        for line in self._received():
            for item in line:
                body = json.loads(item["Object"])
                found[body["customer_id"], body["message_id"]] += 1
        for row in self._uploaded():
            found[row["customer_id"], row["message_id"]] += 1
        return found

    def _uploaded(self) -> list[Row]:
        shown = self.account.serving.inspect(f"customer-profiles/objects?domain={DOMAIN}")
        return [json.loads(each["object"]) for each in shown if each["type"] != OBJECT_TYPE]

    def words(self, customer_id: str) -> dict[str, str]:
        return next(each for each in self._attributes() if each["customer_id"] == customer_id)

    def _attributes(self) -> list[dict[str, str]]:
        shown = self.account.serving.inspect(f"customer-profiles/profiles?domain={DOMAIN}")
        return [{**each["Attributes"], "EmailAddress": each.get("EmailAddress", "")} for each in shown]

    def _received(self) -> Iterator[list[Row]]:
        path = self.account.serving.directory / "twins" / "customer-profiles" / "received.jsonl"
        for line in path.read_text().splitlines() if path.exists() else ():
            found = json.loads(line)
            if found.get("operation") == "BatchPutProfileObject":
                # A call that was refused before the work was done leaves no request.
                yield found.get("request", {}).get("Items", [])


class ConnectFiles(Connect):
    """What was never there goes as files first, as in a first load."""

    def deliver(self, part: Part) -> None:
        self.load(part)
        super().deliver(part)


class PinpointImports(Channel):
    sink = Sink.PINPOINT

    def _prepare(self) -> None:
        self.client = self.account.serving.client("pinpoint")
        self.app = self.client.create_app(CreateApplicationRequest={"Name": "shop"})["ApplicationResponse"]["Id"]
        self.pinpoint = Pinpoint(client=self.client, application_id=self.app, import_role_arn=ROLE)

    def deliver(self, part: Part) -> None:
        self.send(part)
        self.import_all(part)

    def send(self, part: Part) -> int:
        account, outcomes = self.account, self.account.outcomes_of(self.sink, part)
        members = parts.read(account.s3, LAKE, part)
        return pinpoint_adapter.send(members, outcomes, account.state, account.gates, account.catalog, self.pinpoint, account.lake)

    def import_all(self, part: Part) -> str:
        """The job, polled until it has ended; gives how."""
        job = pinpoint_adapter.start(part.run, part.as_of, self.pinpoint, self.account.lake)
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            account = self.account
            job = pinpoint_adapter.poll(part.run, job["job_id"], self.pinpoint, account.state, account.lake, account.at)
            if job["status"] in ENDED:
                return job["status"]
            if time.monotonic() > end:
                raise AssertionError(f"the import job is {job['status']} after {PATIENCE_SECONDS:.0f} s")

    def held(self) -> dict[str, float]:
        return {each["User"]["UserId"]: float(each["Metrics"]["churn_propensity"]) for each in self._endpoints()}

    def messages(self) -> Counter[tuple[str, str]]:
        jobs = self.account.serving.inspect(f"pinpoint/jobs?app={self.app}")
        return Counter(
            {("jobs", job["Id"]): 1 for job in jobs} | {(e["Id"], e["Attributes"]["message_id"][0]): 1 for e in self._endpoints()}
        )

    def words(self, customer_id: str) -> dict[str, str]:
        found = next(each for each in self._endpoints() if each["User"]["UserId"] == customer_id)
        return {name: "|".join(values) for name, values in found["Attributes"].items()}

    def _endpoints(self) -> list[Row]:
        return list(self.account.serving.inspect(f"pinpoint/endpoints?app={self.app}"))


CHANNELS: dict[str, Callable[[Account], Channel]] = {
    "file": File,
    "connect": Connect,
    "connect-files": ConnectFiles,
    "pinpoint": PinpointImports,
}


@contextmanager
def account(directory: Path) -> Iterator[Account]:
    """An empty account with twins beside it, until the block ends."""
    with mock_aws(config={"core": {"mock_credentials": False}}):
        serving = Serving(directory)
        try:
            yield Account(serving)
        finally:
            serving.stop()


def later(day: str, days: int) -> str:
    """The date so many days after."""
    return (datetime.fromisoformat(day) + timedelta(days=days)).date().isoformat()


def _record(customer_id: str, score: float, as_of: str, decision: Decision | None) -> Row:
    traits: Row = {"churn_propensity": score, "churn_band": "high" if score > 0.5 else "low", "propensity_as_of": as_of}
    if decision:
        traits |= {"next_best_action": decision.action, "recommended_items": list(decision.items)}
    return {"customer_id": customer_id, "customer_ref": "", "traits": traits, "decision": decision.to_dict() if decision else None}
