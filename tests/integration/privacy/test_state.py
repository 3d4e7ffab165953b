"""Items of a person, on moto's DynamoDB: stopped, forgotten, held; and objects rewritten so that onboarding does nothing."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from omnichannel.aws.dynamodb import decode, encode
from omnichannel.consent.gate import allows
from omnichannel.contracts.privacy import Stand, hold_item, identifier_hash, request_item, suppressed_item
from omnichannel.contracts.store import VIEW_KEY, FileStatus
from omnichannel.privacy import holds, objects, places, proof, state
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.objects import Bench, OutOfTime, Tally
from omnichannel.privacy.places import Zone
from omnichannel.privacy.stores import Desk
from omnichannel.privacy.subject import Subject
from omnichannel.view.claim import Claim, NewerRebuild

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ANN, OLD, BOB = "c_ann_000000", "c_old_000000", "c_bob_000000"
MAIL = "ann@x.example"
SUBJECT = Subject(
    customer_ids=(ANN, OLD),
    values={Kind.CUSTOMER_ID: frozenset({ANN, OLD}), Kind.CUSTOMER_REF: frozenset({"C100001"}), Kind.EMAIL: frozenset({MAIL})},
)
TABLES = {"customers": "customer_id", "history": "content_id", "privacy": "id"}


@pytest.fixture
def cloud(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        session = boto3.Session()
        dynamodb, s3 = session.client("dynamodb"), session.client("s3")
        sorted_by = {"sent": "sink", "windows": "rule"}
        for table, key in (*TABLES.items(), ("sent", "customer_id"), ("windows", "who")):
            keys = [(key, "HASH"), *([(sorted_by[table], "RANGE")] if table in sorted_by else [])]
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            )
        for bucket in ("landing", "lake"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        yield Cloud(dynamodb, s3)


class Cloud:
    def __init__(self, dynamodb, s3):
        self.dynamodb, self.s3 = dynamodb, s3

    def put(self, table, **item):
        self.dynamodb.put_item(TableName=table, Item=encode(item))

    def items(self, table):
        return [decode(item) for item in self.dynamodb.scan(TableName=table)["Items"]]

    def keys(self, bucket, prefix=""):
        return [place.key for place in places.places(self.s3, Zone(bucket=bucket, prefix=prefix))]

    def bench(self, tmp_path: Path, **more):
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        given = {"time_left": lambda: 900.0, "note": lambda _: None} | more
        return Bench(
            s3=self.s3, dynamodb=self.dynamodb, history_table="history", landing="landing", quarantine="quarantine",
            matcher=Matcher(SUBJECT), work=work, now=lambda: NOW, **given,
        )  # fmt: skip

    def erase(self, tmp_path: Path, bucket: str, **more):
        found = list(places.places(self.s3, Zone(bucket=bucket)))
        return objects.erase(found, self.bench(tmp_path, **more), Tally())


def test_a_merged_id_leads_to_the_person_and_all_their_ids(cloud):
    cloud.put("customers", customer_id=ANN, customer_ref="C100001")
    cloud.put("customers", customer_id=OLD, customer=ANN)
    cloud.put("customers", customer_id="customer_ref#C100001", customer=ANN)

    assert state.customer(cloud.dynamodb, "customers", OLD) == ((ANN, OLD), {"customer_id": ANN, "customer_ref": "C100001"})


def test_after_the_stop_nothing_is_allowed_and_the_person_is_recognised(cloud):
    granted = {"granted": True, "at": "2026-10-01T00:00:00+00:00"}
    cloud.put("customers", customer_id=ANN, consents={"marketing/email": granted, "personalization/web": granted})
    cloud.put("customers", customer_id=OLD, customer=ANN)

    done = state.stop(cloud.dynamodb, "customers", "privacy", SUBJECT, "e1", NOW)

    item = next(each for each in cloud.items("customers") if each["customer_id"] == ANN)
    tombstones = {each["id"] for each in cloud.items("privacy")}
    assert not any(
        allows(item["consents"], purpose, channel) for purpose in ("marketing", "personalization") for channel in ("email", "web")
    )
    assert done == {"customers": 1, "tombstones": 4}
    assert suppressed_item(identifier_hash("email", MAIL)) in tombstones
    assert MAIL not in str(cloud.items("privacy"))


def test_forgetting_leaves_what_is_others(cloud):
    for item in (
        {"customer_id": ANN, "email": MAIL},
        {"customer_id": OLD, "customer": ANN},
        {"customer_id": "customer_ref#C100001", "customer": ANN},
        {"customer_id": f"email_sha256#{'a' * 64}", "customer": ANN},
        {"customer_id": f"email#{MAIL}", "customer": BOB},
        {"customer_id": BOB, "email": "bob@x.example"},
    ):
        cloud.put("customers", **item)
    for who in (ANN, BOB):
        cloud.put("sent", customer_id=who, sink="segment")
        cloud.put("windows", who=who, rule="highly-interested", state="[]")
    cloud.put("history", content_id="1", key="support/C100001.csv", duplicates={"a", f"to/{MAIL}/b"})
    cloud.put("privacy", id=request_item("x1"), customer_id=ANN)
    cloud.put("privacy", id=request_item("e1"), customer_id=ANN)
    names = {table: table for table in ("customers", "sent", "windows", "history", "privacy")}

    done = state.forget(cloud.dynamodb, request="e1", subject=SUBJECT, matcher=Matcher(SUBJECT), at=NOW, **names)

    assert done == {"customers": 4, "sent": 1, "windows": 1, "requests": 1, "history": 1}
    assert {each["customer_id"] for each in cloud.items("customers")} == {BOB, f"email#{MAIL}", VIEW_KEY}
    assert [each["customer_id"] for each in cloud.items("sent")] == [BOB]
    assert [each["who"] for each in cloud.items("windows")] == [BOB]
    assert cloud.items("history") == [{"content_id": "1", "key": state.ERASED, "duplicates": {"a", state.ERASED}}]
    desk = Desk(request="e1", lake="lake", dynamodb=cloud.dynamodb)
    assert proof.items(desk, ["sent", "windows", "history", "privacy"], Matcher(SUBJECT))["found"] == 0
    assert proof.items(desk, ["customers"], Matcher(SUBJECT)) == {"items": 3, "tables": 1, "found": 1, "found in customers": 1}


def test_a_rebuild_that_read_the_person_before_the_erasure_writes_nothing_after_it(cloud):
    before = Claim(dynamodb=cloud.dynamodb, table="customers", began_at=NOW)
    before.make()
    names = {table: table for table in ("customers", "sent", "windows", "history", "privacy")}

    state.forget(cloud.dynamodb, request="e1", subject=SUBJECT, matcher=Matcher(SUBJECT), at=NOW + timedelta(seconds=1), **names)

    with pytest.raises(NewerRebuild):
        next(before.held(iter([ANN])))


def test_a_hold_refuses_and_remembers_who_waits(cloud):
    desk = Desk(request="e1", lake="lake", privacy_table="privacy", dynamodb=cloud.dynamodb)
    desk.open("erase", ANN, NOW)
    holds.hold(cloud.dynamodb, "privacy", OLD, "dispute", date(2026, 12, 1), NOW)

    found = holds.held(cloud.dynamodb, "privacy", (ANN, OLD), date(2026, 12, 1))
    for _ in range(2):
        holds.refuse(desk, found, NOW)

    assert (desk.item()["status"], desk.item()["reason"]) == (Stand.HELD, "dispute")
    assert holds.release(cloud.dynamodb, "privacy", OLD) == ["e1"]
    assert holds.release(cloud.dynamodb, "privacy", OLD) is None


def test_a_hold_ends_with_its_last_day(cloud):
    holds.hold(cloud.dynamodb, "privacy", ANN, "dispute", date(2026, 12, 1), NOW)

    assert holds.held(cloud.dynamodb, "privacy", (ANN,), date(2026, 12, 2)) is None
    assert hold_item(ANN) not in {each["id"] for each in cloud.items("privacy")}


def test_a_request_taken_up_again_keeps_its_first_time_and_its_steps(cloud):
    desk = Desk(request="e1", lake="lake", privacy_table="privacy", dynamodb=cloud.dynamodb)
    desk.open("erase", ANN, NOW)
    desk.progress("stop", NOW, customers=1)

    desk.open("erase", ANN, datetime(2026, 12, 1, tzinfo=UTC))

    assert desk.item()["asked_at"] == NOW.isoformat()
    assert desk.item()["steps"]["stop"]["customers"] == 1


def test_objects_are_rewritten_and_no_version_names_the_person(cloud, tmp_path):
    line, other = json.dumps({"userId": "C100001"}) + "\n", '{"userId":"C2"}\n'
    for body in (line + other, other + line):
        cloud.s3.put_object(Bucket="landing", Key="segment-logs/s/1/a.gz", Body=gzip.compress(body.encode()))
    cloud.s3.put_object(Bucket="landing", Key="segment-logs/s/1/mine.gz", Body=gzip.compress(line.encode()))
    cloud.s3.put_object(Bucket="landing", Key="segment-logs/s/1/other.gz", Body=gzip.compress(other.encode()))
    cloud.s3.put_object(Bucket="landing", Key=f"consents/{MAIL}.csv", Body=b"a\n")
    cloud.s3.put_object(Bucket="landing", Key="support/tickets/gone.csv", Body=f"email\n{MAIL}\n".encode())
    cloud.s3.delete_object(Bucket="landing", Key="support/tickets/gone.csv")

    done = cloud.erase(tmp_path, "landing").counts["landing"]

    left = {place.key: place for place in places.places(cloud.s3, Zone(bucket="landing"))}
    assert set(left) == {"segment-logs/s/1/a.gz", "segment-logs/s/1/other.gz"}
    assert [len(place.versions) for place in left.values()] == [1, 1]
    body = cloud.s3.get_object(Bucket="landing", Key="segment-logs/s/1/a.gz")["Body"].read()
    assert gzip.decompress(body).decode() == other
    assert (done["looked"], done["rewritten"], done["removed"], done["records"]) == (5, 1, 2, 2)
    # Two of a, mine, the one named after the person, and the deleted one with its marker.
    assert done["versions"] == 6
    counted = proof.look(list(left.values()), cloud.s3, Matcher(SUBJECT), tmp_path / "work", "none/", lambda: 900.0)
    assert counted["found"] == 0


def test_a_rewritten_landed_file_is_known_before_it_lands(cloud, tmp_path):
    cloud.s3.put_object(Bucket="landing", Key="support/tickets/a.csv", Body=f"ticket_id,email\n1,{MAIL}\n2,b@x.example\n".encode())

    cloud.erase(tmp_path, "landing")

    stream = cloud.s3.get_object(Bucket="landing", Key="support/tickets/a.csv")["Body"]
    (item,) = cloud.items("history")
    assert (item["content_id"], item["status"]) == (objects.content_id(stream, "support/tickets/a.csv"), FileStatus.ERASED)


def test_a_staged_file_on_its_way_waits_for_the_next_round(cloud, tmp_path):
    rows = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"email": [MAIL]}), rows)
    for content, status in (("1", FileStatus.STAGED), ("2", FileStatus.COMMITTED)):
        cloud.put("history", content_id=content, status=status.value)
        cloud.s3.upload_file(str(rows), "lake", f"staging/support/tickets/{content}/part-000.parquet")

    done = cloud.erase(tmp_path, "lake").counts["staging"]

    assert (done["pending"], done["rewritten"]) == (1, 1)


def test_a_file_that_changes_meanwhile_is_left_to_the_next_round(cloud, tmp_path, monkeypatch):
    cloud.s3.put_object(Bucket="lake", Key="scores/a.csv", Body=f"email\n{MAIL}\nb@x.example\n".encode())
    bench = cloud.bench(tmp_path)
    whole = objects.rewrite.without

    def meanwhile(*given):
        cloud.s3.put_object(Bucket="lake", Key="scores/a.csv", Body=b"email\nnew@x.example\n")
        return whole(*given)

    monkeypatch.setattr(objects.rewrite, "without", meanwhile)
    found = list(places.places(cloud.s3, Zone(bucket="lake")))
    done = objects.erase(found, bench, Tally()).counts["scores"]

    assert done["pending"] == 1
    assert cloud.s3.get_object(Bucket="lake", Key="scores/a.csv")["Body"].read() == b"email\nnew@x.example\n"


def test_a_portion_that_runs_out_of_time_goes_on_and_counts_once(cloud, tmp_path):
    for n in range(4):
        cloud.s3.put_object(Bucket="lake", Key=f"scores/{n}.csv", Body=f"email\n{MAIL}\nb@x.example\n".encode())
    found, notes, left = list(places.places(cloud.s3, Zone(bucket="lake"))), [], iter([900.0, 900.0, 1.0])

    with pytest.raises(OutOfTime):
        objects.erase(found, cloud.bench(tmp_path, time_left=lambda: next(left), note=notes.append), Tally())
    done = objects.erase(found, cloud.bench(tmp_path, note=notes.append), Tally.of(notes[-1]))

    assert dict(done.counts["scores"]) == {"looked": 4, "rewritten": 4, "records": 4, "versions": 4}


def test_portions_go_on_from_their_cursor(cloud, monkeypatch):
    monkeypatch.setattr(places, "KEYS_AT_ONCE", 2)
    monkeypatch.setattr(places, "PORTIONS_AT_ONCE", 2)
    for n in range(9):
        cloud.s3.put_object(Bucket="landing" if n < 4 else "lake", Key=f"k{n}", Body=b"x")
    zones, cursor, seen = [Zone(bucket="landing"), Zone(bucket="lake", prefix="k")], {"more": False}, []

    while not seen or cursor["more"]:
        answer = places.portions(cloud.s3, zones, "lake", "privacy/requests/e1/objects/1/", cursor)
        seen += [place.key for key in answer["portions"] for place in places.portion(cloud.s3, "lake", key)]
        cursor = answer["cursor"]

    assert seen == [f"k{n}" for n in range(9)]
