"""An account in memory with customers, products, a decided run and look-alikes; and the function that makes lists of them."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from moto import mock_aws

from lambdas import campaign_audiences
from omnichannel.activation.audience import packed
from omnichannel.aws import clients, dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.decisions import Decision
from omnichannel.contracts.environment.activation import CampaignAudiencesEnv
from omnichannel.contracts.segments import AUDIENCE_COLUMNS
from omnichannel.contracts.store import IdType, link_key
from omnichannel.playbook.experiments import CONTROL, experiments_playbook

LAKE, CUSTOMERS, PRODUCTS = "lake", "customers", "products"
RUN, AS_OF = "r1", "2026-03-01"
YES, NO = {"granted": True, "at": "2026-01-01T00:00:00Z"}, {"granted": False, "at": "2026-02-28T00:00:00Z"}
AGREED = {"marketing/email": YES, "advertising/web": YES}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def email_of(customer_id: str) -> str:
    return digest(f"{customer_id}@example.org")


def phone_of(customer_id: str) -> str:
    return digest(f"+49{customer_id}")


class Retailer:
    """What a test says of the world."""

    def customer(self, customer_id: str, **changes: Any) -> str:
        """Somebody with consents, and the links of their hashes."""
        item = {"customer_id": customer_id, "email": f"{customer_id}@example.org", "consents": AGREED, **changes}
        links = [
            {"customer_id": link_key(kind, value), "customer": customer_id}
            for kind, value in ((IdType.EMAIL_SHA256, email_of(customer_id)), (IdType.PHONE_SHA256, phone_of(customer_id)))
        ]
        dynamodb.batch_put(_dynamodb(), CUSTOMERS, [item, *links])
        return customer_id

    def product(self, product_id: str, **changes: Any) -> None:
        known = {"product_id": product_id, "name": f"Cup {product_id}", "price": "12.90", "currency": "EUR", "active": True, "stock": 3}
        dynamodb.batch_put(_dynamodb(), PRODUCTS, [{**known, **changes}])

    def decided(self, *decisions: Decision | str) -> list[str]:
        """A part of those decisions; a text is somebody for whom nothing was decided. Gives the keys of the run's parts."""
        records = []
        for each in decisions:
            customer_id = each if isinstance(each, str) else each.customer_id
            decision = None if isinstance(each, str) else each.to_dict()
            records.append({"customer_id": customer_id, "customer_ref": f"CRM-{customer_id}", "traits": {}, "decision": decision})
        key = zones.decided_part(RUN, f"part-{len(self.keys(zones.activation_run(RUN) + 'decided/')):03d}")
        clients.client("s3").put_object(Bucket=LAKE, Key=key, Body=packed(records))
        return self.keys(f"{zones.activation_run(RUN)}decided/")

    def lookalikes(self, seed: list[tuple[str, str]], *, run: str = "l1", as_of: str = AS_OF, empty: Any = None) -> None:
        """A finished look-alikes run with that seed, and an expansion of one."""
        prefix = zones.lookalikes_run(datetime.fromisoformat(as_of).date(), run)
        for name, rows in (("seed.csv.gz", seed), ("audience.csv.gz", [(email_of("c_like"), "")])):
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows([AUDIENCE_COLUMNS, *rows])
            clients.client("s3").put_object(Bucket=LAKE, Key=prefix + name, Body=gzip.compress(text.getvalue().encode()))
        clients.client("s3").put_object(Bucket=LAKE, Key=prefix + zones.MANIFEST, Body=json.dumps({"empty": empty}).encode())

    def lists(self, parts: list[str] | None = None, *, as_of: str = AS_OF) -> dict[str, Any]:
        """Runs the function; gives its answer."""
        return campaign_audiences.handler({"run": RUN, "as_of": as_of, "parts": parts or []}, None)  # type: ignore[arg-type]

    def rows(self, campaign: str) -> list[dict[str, str]]:
        text = gzip.decompress(self.body(campaign)).decode()
        return list(csv.DictReader(io.StringIO(text)))

    def body(self, campaign: str) -> bytes:
        return bytes(clients.client("s3").get_object(Bucket=LAKE, Key=zones.campaign_list(RUN, campaign))["Body"].read())

    @property
    def manifest(self) -> dict[str, Any]:
        found = clients.client("s3").get_object(Bucket=LAKE, Key=zones.campaign_manifest(RUN))
        return dict(json.loads(found["Body"].read())["campaigns"])

    def keys(self, prefix: str) -> list[str]:
        return [each["Key"] for each in clients.client("s3").list_objects_v2(Bucket=LAKE, Prefix=prefix).get("Contents", [])]


def win_back(customer_id: str, **changes: Any) -> Decision:
    given = {
        "action": "win-back-voucher",
        "campaign": "win-back",
        "channel": "email",
        "items": ("P1", "P2"),
        "arms": {"win-back-message": "voucher"},
    }
    return Decision(customer_id=customer_id, at="2026-03-01T08:00:00+00:00", **{**given, **changes})


def in_control(campaign: str, wanted: bool) -> str:
    """Somebody who is, or is not, in the campaign's control group."""
    experiment = experiments_playbook().of_campaign(campaign)
    return next(each for each in (f"c_{n:04d}" for n in range(10_000)) if (experiment.arm(each) == CONTROL) is wanted)


@pytest.fixture
def retailer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Retailer]:
    """The account; nobody is held out until a test says so."""
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        clients.forget()
        clients.client("s3").create_bucket(Bucket=LAKE)
        for table, key in ((CUSTOMERS, "customer_id"), (PRODUCTS, "product_id")):
            _dynamodb().create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        hold_out(monkeypatch, 0)
        made = Retailer()
        made.product("P1")
        made.product("P2", price="1249")
        yield made
    clients.forget()


def hold_out(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Every customer with that chance, by the salt `s`."""
    holdout = json.dumps({"salt": "s", "share": share})
    env = CampaignAudiencesEnv(lake_bucket=LAKE, customers_table=CUSTOMERS, products_table=PRODUCTS, holdout=holdout)
    for name, value in env.variables().items():
        monkeypatch.setenv(name, value)


def _dynamodb() -> Any:
    return clients.client("dynamodb")
