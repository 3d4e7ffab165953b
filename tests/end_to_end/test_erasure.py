"""A person is erased in a small sandbox; a searcher of this file's own reads every byte that is left and finds nothing.

Nothing of the product's own search is used: objects are unpacked by the formats' libraries, tables are scanned, twins' stores are opened.
"""

import csv
import gzip
import io
import json
import os
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import urllib3

from omnichannel.contracts.privacy import requests
from sandbox import launcher
from sandbox.cloud import Cloud
from sandbox.flow.privacy import customer_named
from sandbox.flow.twins import ask, configure
from tests.end_to_end.conftest import omni

CUSTOMERS = 60
SEEDED = "seeded"


@dataclass(frozen=True)
class Person:
    """What the source systems know of somebody, and our id."""

    ref: str
    customer_id: str
    email: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Shop:
    """A sandbox with a shop's data onboarded and the customer view built; nothing was trained."""

    home: Path
    cloud: Cloud

    def omni(self, *arguments: str) -> str:
        done = omni(self.home, *arguments)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def crm(self) -> list[dict[str, str]]:
        files = sorted((self.home / "landing" / "dms" / "crm" / "customers").glob("*.csv"))
        return [row for path in files for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8", errors="ignore"), newline=""))]

    def person(self, number: int) -> Person:
        known = [row for row in self.crm() if all(row.get(name) for name in ("customer_ref", "email", "phone", "loyalty_card"))]
        row = known[number]
        customer_id = customer_named(self.cloud, f"ref:{row['customer_ref']}")
        words = (row["customer_ref"], row["email"], row["phone"], row["loyalty_card"], customer_id)
        return Person(ref=row["customer_ref"], customer_id=customer_id, email=row["email"], words=words)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    reuse = os.environ.get("ERASURE_HOME")  # a shop that was onboarded already, while these tests are being worked on
    home = Path(reuse) if reuse else tmp_path_factory.mktemp("privacy")
    try:
        if not reuse:
            onboard(home)
        made = Shop(home, Cloud.of_sandbox(launcher.running(home / "default")))
        assert made.cloud.sandbox is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(made.cloud.sandbox.ca_bundle))
            yield made
    finally:
        if not reuse:
            omni(home, "down", "--wipe")


def onboard(home: Path) -> None:
    """A shop without bad records: a refused file would end the loading."""
    landing = str(home / "landing")
    sizes = ("--customers", str(CUSTOMERS), "--events", "2000", "--months", "6", "--clean")
    made = ("generate", *sizes, "--out", landing)
    for step in (("up",), ("deploy",), ("migrate",), made, ("load", landing), ("rebuild", "view")):
        done = omni(home, *step)
        assert done.returncode == 0, f"{step}: {done.stdout}\n{done.stderr}"


def plant(shop: Shop, person: Person) -> None:
    """What a run of models and sinks would leave about the person, and about somebody else beside them."""
    s3, lake = shop.cloud.client("s3"), shop.cloud.deployment.lake_bucket
    scores = pa.table({"customer_id": [person.customer_id, "c_other"], "score": [0.5, 0.1], "reasons": [[person.email], []]})
    parquet = io.BytesIO()
    pq.write_table(scores, parquet)
    lines = "".join(json.dumps({"customer_id": each}) + "\n" for each in (person.customer_id, "c_other")).encode()
    table = f'customer_id,note\n{person.customer_id},"two\nlines"\nc_other,x\n'.encode()
    for _ in range(2):  # so that there is an older version
        for key, body in (
            (f"scores/model=churn/as_of=2026-01-01/run={SEEDED}/part-000.parquet", parquet.getvalue()),
            (f"activation/run={SEEDED}/audience/part-000.jsonl.gz", gzip.compress(lines)),
            (f"activation/run={SEEDED}/messaging/file/part-000.csv", table),
            (f"ledger/flow=segment/run={SEEDED}/sink=segment/part-000.jsonl.gz", gzip.compress(lines)),
            (f"athena/{SEEDED}.csv", table),
            (f"activation/run={SEEDED}/by-{person.ref}.json", b"{}"),
        ):
            s3.put_object(Bucket=lake, Key=key, Body=body)
    landing = shop.cloud.deployment.landing_bucket
    s3.put_object(Bucket=landing, Key=f"support/tickets/{SEEDED}.csv", Body=f"ticket_id,email\n1,{person.email}\n".encode("utf-16"))
    _send(shop, person)


def _send(shop: Shop, person: Person) -> None:
    configure(shop.cloud, "segment", write_keys=["erasure"])
    for user in (person.ref, "C-other"):
        assert _identify(shop, user) == 200
    pinpoint, app = shop.cloud.client("pinpoint"), shop.cloud.deployment.pinpoint_application
    endpoint = {"ChannelType": "EMAIL", "Address": person.email, "User": {"UserId": person.customer_id}}
    pinpoint.update_endpoint(ApplicationId=app, EndpointId=f"{person.customer_id}.email", EndpointRequest=endpoint)
    event = {"eventType": "View", "itemId": "P1", "sentAt": 1_790_000_000}
    tracker = shop.cloud.deployment.personalize_tracking_id
    shop.cloud.client("personalize-events").put_events(trackingId=tracker, sessionId="s", userId=person.customer_id, eventList=[event])


def _identify(shop: Shop, user: str) -> int:
    assert shop.cloud.sandbox is not None
    url = f"{shop.cloud.sandbox.twin_url}/segment/v1/identify"
    return urllib3.PoolManager().request("POST", url, body=json.dumps({"userId": user, "traits": {"a": 1}, "writeKey": "erasure"})).status


def everything(shop: Shop) -> Iterator[tuple[str, bytes]]:
    """Every place where something is kept, and its content."""
    s3, dynamodb = shop.cloud.client("s3"), shop.cloud.client("dynamodb")
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                where = f"{bucket}/{version['Key']}"
                yield where, version["Key"].encode()
                yield where, s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield table, json.dumps(page["Items"], ensure_ascii=False).encode()
    for path in (shop.home / "default" / "twins").rglob("*"):
        if path.suffix == ".sqlite":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
                yield str(path), repr(store.execute("SELECT key, value FROM documents").fetchall()).encode()
        elif path.is_file() and ".sqlite" not in path.name:
            yield str(path), path.read_bytes()


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content as it lies there and as its format's own library reads it."""
    yield content
    with suppress(UnicodeDecodeError):
        yield content.decode("utf-16").encode()
    if content.startswith(b"\x1f\x8b"):
        yield zlib.decompressobj(wbits=31).decompress(content)
    if content.startswith(b"PAR1"):
        with suppress(pa.ArrowInvalid):
            yield repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
    if content.startswith(b"Obj\x01"):
        yield from _deflated(content)


def _deflated(content: bytes) -> Iterator[bytes]:
    """Whatever in an Avro file can be inflated, from wherever it may begin."""
    for start in range(len(content)):
        with suppress(zlib.error):
            found = zlib.decompressobj(wbits=-15).decompress(content[start:])
            if len(found) > 64:
                yield found


def naming(shop: Shop, person: Person) -> dict[str, str]:
    """Where the person is named, and by what."""
    words = {
        word: re.compile(rb"(?<![A-Za-z0-9])" + re.escape(word.encode()) + rb"(?![A-Za-z0-9])", re.IGNORECASE) for word in person.words
    }
    kept = requests("")[:-1]
    return {
        where: word
        for where, content in everything(shop)
        if kept not in where
        for text in unpacked(content)
        for word, pattern in words.items()
        if pattern.search(text)
    }


def test_a_person_is_erased_everywhere_and_nobody_else_is(shop: Shop, tmp_path: Path) -> None:
    person, other = shop.person(3), shop.person(7)
    plant(shop, person)
    before, others = naming(shop, person), naming(shop, other)
    folders = {where.split("/")[1] for where in before if where.startswith("omni") and "/" in where}
    assert len(before) > 20, before
    assert {"scores", "activation", "ledger", "athena", "staging", "trusted", "dms", "support"} <= folders

    shop.omni("erase", f"ref:{person.ref}", "--out", str(tmp_path))

    assert naming(shop, person) == {}
    assert {where.split("/")[0] for where in naming(shop, other)} == {where.split("/")[0] for where in others}
    certificate = json.loads(next(tmp_path.glob("*.json")).read_text())
    assert certificate["proof"]["found"] == 0
    assert certificate["proof"]["objects"] > 100
    assert certificate["raw_identifiers_deleted"] is True
    assert {name: told["status"] for name, told in certificate["sinks"].items()} == {
        "segment": "FINISHED",
        "personalize": "COMPLETED",
        "pinpoint": "deleted",
    }
    assert not [word for word in person.words if word in json.dumps(certificate) + next(tmp_path.glob("*.md")).read_text()]


def test_a_sink_forgets_the_person_and_drops_what_still_comes(shop: Shop) -> None:
    before = len(ask(shop.cloud, "segment/delivered"))
    gone = next(row["customer_ref"] for row in shop.crm() if _erased(shop, row["customer_ref"]))

    assert _identify(shop, gone) == 200

    assert len(ask(shop.cloud, "segment/delivered")) == before
    assert [line["userId"] for line in ask(shop.cloud, "segment/delivered")] == ["C-other"]


def test_landing_the_rewritten_files_again_brings_nothing(shop: Shop) -> None:
    s3, landing = shop.cloud.client("s3"), shop.cloud.deployment.landing_bucket
    states = shop.cloud.client("stepfunctions")

    def outcomes() -> list[str]:
        machine = shop.cloud.deployment.onboarding_state_machine
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
        return [states.describe_execution(executionArn=each["executionArn"]).get("output", "") for p in pages for each in p["executions"]]

    rewritten = [json.loads(each) for each in outcomes() if each and json.loads(each).get("status") == "duplicate"]
    assert rewritten
    assert all(each["rows_staged"] == 0 for each in rewritten)
    assert all(s3.head_object(Bucket=landing, Key=each["key"]) for each in rewritten)


def test_a_held_customer_is_not_erased_until_the_hold_ends(shop: Shop, tmp_path: Path) -> None:
    person = shop.person(11)
    shop.omni("hold", f"ref:{person.ref}", "--reason", "dispute 12")

    refused = omni(shop.home, "erase", f"ref:{person.ref}", "--out", str(tmp_path))

    assert refused.returncode == 1
    assert "dispute 12" in refused.stdout
    assert naming(shop, person)
    assert "started: e" in shop.omni("release", f"ref:{person.ref}")


def test_a_person_gets_what_is_held_about_them(shop: Shop, tmp_path: Path) -> None:
    person = shop.person(17)

    shop.omni("export", f"ref:{person.ref}", "--out", str(tmp_path))

    with zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as bundle:
        names = set(bundle.namelist())
        customers = list(csv.DictReader(io.StringIO(bundle.read("tables/customers_changes.csv").decode(), newline="")))
        identifiers = json.loads(bundle.read("identifiers.json"))
    assert {"README.md", "profile.json", "identifiers.json", "tables/customers_changes.csv", "tables/events.csv"} <= names
    assert {row["customer_ref"] for row in customers} == {person.ref}
    assert identifiers["known"]["customer_ref"] == [person.ref]


def _erased(shop: Shop, ref: str) -> bool:
    key = {"customer_id": {"S": f"customer_ref#{ref}"}}
    return "Item" not in shop.cloud.client("dynamodb").get_item(TableName=shop.cloud.deployment.customers_table, Key=key)
