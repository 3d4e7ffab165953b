"""A run's account lands once, is trusted by its contract, and what failed of the run is tried again and nothing else."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from omnichannel.aws.dynamodb import batch_get
from omnichannel.contracts import zones
from omnichannel.contracts.datasets import dataset_of
from omnichannel.contracts.decisions import Decision, Rule
from omnichannel.contracts.ledger import LedgerRow, Sink, Status
from omnichannel.contracts.own_data import OWN
from omnichannel.contracts.reasons import Reason
from omnichannel.ledger import close, landing
from omnichannel.ledger.parts import write_part
from omnichannel.ledger.replaying import Replay, Undecided, failures, gather
from omnichannel.onboarding.schema import TABLES
from omnichannel.onboarding.stage import Landed, Stores, stage_file
from omnichannel.privacy import rewrite, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.identify import columns_of, values_of
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject

LAKE, LANDING, QUARANTINE, SENT, HISTORY = "lake", "landing", "quarantine", "sent", "history"
RUN, AS_OF, NOW = "r1", "2026-03-01", datetime(2026, 3, 1, 12, tzinfo=UTC)
DELIVERED, DOWN, REFUSED = (Status.DELIVERED, None), (Status.REJECTED, Reason.SINK_UNAVAILABLE), (Status.REJECTED, Reason.TOO_LARGE)


class Account:
    """The buckets and tables, and a run's objects in them."""

    def __init__(self) -> None:
        self.s3, self.dynamodb = boto3.client("s3", region_name="us-east-1"), boto3.client("dynamodb", region_name="us-east-1")
        for bucket in (LAKE, LANDING, QUARANTINE):
            self.s3.create_bucket(Bucket=bucket)
        for name, keys in ((SENT, ("customer_id", "sink")), (HISTORY, ("content_id",))):
            kinds: Any = ("HASH", "RANGE")
            self.dynamodb.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )

    def audience(self, *parts: list[str], run: str = RUN, decided: bool = True) -> None:
        keys = [zones.audience_part(run, number) for number in range(len(parts))]
        for key, customers in zip(keys, parts, strict=True):
            members: list[dict[str, Any]] = [{"customer_id": each, "customer_ref": None, "traits": {}, "scores": {}} for each in customers]
            self.put(key, members)
            if run == RUN and decided:
                self.put(zones.decided_part(run, zones.part_name(key)), members)
        index = {"run": run, "as_of": AS_OF, "parts": keys, "customers": sum(map(len, parts))}
        self.s3.put_object(Bucket=LAKE, Key=zones.audience_index(run), Body=json.dumps(index).encode())

    def decided(self, part: str, *decisions: Decision) -> None:
        lines = [
            {"customer_id": d.customer_id, "customer_ref": None, "traits": {}, "scores": {}, "decision": d.to_dict()} for d in decisions
        ]
        self.put(zones.decided_part(RUN, part), lines)

    def ledger(self, sink: Sink, part: str, at: datetime = NOW, **outcomes: Any) -> None:
        rows = [
            LedgerRow(flow=sink.flow, run=RUN, customer_id=who, sink=sink, status=status, reason=reason, message_id="m", at=at.isoformat())
            for who, (status, reason) in outcomes.items()
        ]
        write_part(self.s3, LAKE, flow=sink.flow, run=RUN, sink=sink, part=part, rows=rows)

    def put(self, key: str, records: list[dict[str, Any]]) -> None:
        self.s3.put_object(Bucket=LAKE, Key=key, Body=gzip.compress("".join(json.dumps(r) + "\n" for r in records).encode()))

    def customers(self, key: str) -> list[str]:
        body = gzip.decompress(self.s3.get_object(Bucket=LAKE, Key=key)["Body"].read())
        return [json.loads(line)["customer_id"] for line in body.splitlines()]

    def landed(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each landed object."""
        found = self.s3.list_objects_v2(Bucket=LANDING).get("Contents", [])
        bodies = {o["Key"]: gzip.decompress(self.s3.get_object(Bucket=LANDING, Key=o["Key"])["Body"].read()) for o in found}
        return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}

    def rows(self, dataset: str) -> list[dict[str, Any]]:
        return [row for key, rows in self.landed().items() if dataset_of(key).table == dataset for row in rows]

    def land(self, *names: str) -> dict[str, int]:
        of = landing.Run(run=RUN, as_of=AS_OF, s3=self.s3, lake=LAKE, landing=LANDING, dynamodb=self.dynamodb, sent_table=SENT)
        counts = [landing.land(of, name) for name in names or landing.part_names(self.s3, LAKE, RUN)]
        return {table: sum(count[table] for count in counts) for table in ("activation_log", "decisions", "assignments")}

    def replay(self, number: int = 1, *, superseded: bool = False) -> Replay:
        return Replay(run=RUN, number=number, superseded=superseded, at=NOW, s3=self.s3, lake=LAKE)

    def close(self, customers: int, *sinks: Sink) -> dict[str, dict[str, Any]]:
        return {row["sink"]: row for row in close.summarize(self.s3, LAKE, RUN, customers=customers, sinks=sinks)}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Account()


def _decision(customer: str, at: datetime = NOW, **more: Any) -> Decision:
    return Decision(
        customer_id=customer, at=at.isoformat(), action="win-back", campaign="spring", channel="email", p=0.123456, value=20.0,
        score=2.46912, items=("P1",), refused={"renewal": (Rule.NOT_ELIGIBLE,)}, arms={"holdout": "in", "spring": "treatment"},
        playbook="d", **more,
    )  # fmt: skip


def test_every_outcome_and_decision_lands_and_a_second_landing_lands_nothing(account: Account) -> None:
    account.audience(["a", "b"], ["c"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=(Status.WITHHELD, Reason.NO_CONSENT))
    account.ledger(Sink.FILE, "part-000", a=DELIVERED, b=DELIVERED)
    account.ledger(Sink.SEGMENT, "part-001", c=DELIVERED)
    account.decided("part-000", _decision("a"), _decision("b"))

    first, second = account.land(), account.land()

    assert first == {"activation_log": 5, "decisions": 2, "assignments": 4}
    assert second == {"activation_log": 0, "decisions": 0, "assignments": 0}
    assert {(r["customer_id"], r["sink"], r["reason"]) for r in account.rows("activation_log") if r["status"] == "withheld"} == {
        ("b", "segment", "no-consent")
    }
    assert account.rows("decisions")[0]["score"] == 2.4691


def test_what_landed_is_trusted_by_its_contract_row_by_row(account: Account, tmp_path: Path) -> None:
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=(Status.REJECTED, Reason.TOO_LARGE), c=(Status.DEAD_LETTERED, None))
    account.decided("part-000", _decision("a", not_before="2026-03-02T08:00:00+00:00"), Decision(customer_id="b", at=NOW.isoformat()))
    account.land()
    stores = Stores(s3=account.s3, dynamodb=account.dynamodb, lake_bucket=LAKE, quarantine_bucket=QUARANTINE, history_table=HISTORY)

    for number, key in enumerate(account.landed()):
        (work := tmp_path / str(number)).mkdir()
        staged = stage_file(Landed(bucket=LANDING, key=key, size=1000), stores, work, now=NOW)
        assert (staged.status, staged.quarantined, staged.rows_staged) == ("staged", {}, len(account.landed()[key]))

    assert len(account.landed()) == 3


def test_only_arms_that_are_new_or_changed_land(account: Account) -> None:
    account.decided("part-000", _decision("a"))
    account.land()
    changed = {**_decision("a").to_dict(), "arms": {"holdout": "in", "spring": "control", "summer": "treatment"}}
    account.decided("part-000", Decision.of(changed), _decision("b"))

    account.land()

    found = sorted((row["customer_id"], row["experiment"], row["arm"]) for row in account.rows("assignments"))
    assert found == [
        ("a", "holdout", "in"), ("a", "spring", "control"), ("a", "spring", "treatment"), ("a", "summer", "treatment"),
        ("b", "holdout", "in"), ("b", "spring", "treatment"),
    ]  # fmt: skip


def test_broken_off_before_arms_are_remembered_they_land_under_the_same_name(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.decided("part-000", _decision("a"))
    with monkeypatch.context() as broken:
        broken.setattr(landing, "_remember", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            account.land()

    account.land()

    assert len(account.rows("assignments")) == 2
    assert next(batch_get(account.dynamodb, SENT, [{"customer_id": "a", "sink": landing.ARMS_KEY}]))["arms"]["spring"] == "treatment"


def test_a_replay_has_those_whom_a_sink_did_not_take_and_those_of_whom_nothing_is_known(account: Account) -> None:
    account.audience(["a", "b", "c", "d"], ["e"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=DOWN, c=REFUSED)
    account.ledger(Sink.SEGMENT, "part-001", e=(Status.DEAD_LETTERED, None))
    account.ledger(Sink.FILE, "part-000", a=DELIVERED, b=DELIVERED, c=DELIVERED, d=DELIVERED)
    account.ledger(Sink.FILE, "part-001", e=(Status.WITHHELD, Reason.NO_CONSENT))

    found = gather(account.replay(), [Sink.SEGMENT, Sink.FILE])

    assert {sink: [account.customers(key) for key in keys] for sink, keys in found.items()} == {"segment": [["b", "d"], ["e"]], "file": []}
    assert failures(account.replay(), [Sink.SEGMENT, Sink.FILE]) == {"segment": 3, "file": 0}


def test_a_replay_sends_what_was_decided(account: Account) -> None:
    account.audience(["a"])
    account.decided("part-000", _decision("a"))

    [key] = gather(account.replay(), [Sink.FILE])["file"]

    [line] = gzip.decompress(account.s3.get_object(Bucket=LAKE, Key=key)["Body"].read()).splitlines()
    assert json.loads(line)["decision"]["action"] == "win-back"


def test_what_was_never_decided_is_not_sent_once_more(account: Account) -> None:
    account.audience(["a"], decided=False)

    with pytest.raises(Undecided, match=r"part-000 of run r1 was never decided; .*start a new one"):
        gather(account.replay(), [Sink.FILE])
    assert gather(account.replay(superseded=True), [Sink.FILE]) == {"file": []}


def test_after_replays_the_ledger_closes_with_everyone_once(account: Account) -> None:
    account.audience(["a", "b", "c"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=DOWN)
    with pytest.raises(close.LedgerOpen):
        close.check(account.close(3, Sink.SEGMENT).values())
    account.ledger(Sink.SEGMENT, "part-000-replay-1", b=DELIVERED, c=DOWN)
    with pytest.raises(close.SinkFailed, match="omni replay r1"):
        close.check(account.close(3, Sink.SEGMENT).values())
    [key] = gather(account.replay(2), [Sink.SEGMENT])["segment"]
    account.ledger(Sink.SEGMENT, zones.part_name(key), c=DELIVERED)

    summary = account.close(3, Sink.SEGMENT)["segment"]

    close.check([summary])
    assert (account.customers(key), summary["delivered"], summary["rejected"], summary["twice"]) == (["c"], 3, {}, 0)


def test_what_was_delivered_stays_delivered_whatever_a_replay_says(account: Account) -> None:
    account.audience(["a"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED)
    account.ledger(Sink.SEGMENT, "part-000-replay-1", a=(Status.WITHHELD, Reason.SUPERSEDED))

    assert account.close(1, Sink.SEGMENT)["segment"]["delivered"] == 1


def test_a_customer_twice_in_a_part_still_leaves_the_ledger_open(account: Account) -> None:
    row = LedgerRow(flow=Sink.FILE.flow, run=RUN, customer_id="a", sink=Sink.FILE, status=Status.DELIVERED, at="t")
    write_part(account.s3, LAKE, flow=Sink.FILE.flow, run=RUN, sink=Sink.FILE, part="part-000", rows=[row, row])

    assert account.close(1, Sink.FILE)["file"]["twice"] == 1


def test_of_a_superseded_run_nothing_is_sent_and_the_ledger_says_so(account: Account) -> None:
    account.audience(["a", "b"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=DOWN)

    found = gather(account.replay(superseded=True), [Sink.SEGMENT])

    summary = account.close(2, Sink.SEGMENT)["segment"]
    close.check([summary])
    assert (found, summary["delivered"], summary["withheld"]) == ({"segment": []}, 1, {"superseded": 1})


def test_gathered_again_after_a_crash_a_replay_is_the_same(account: Account) -> None:
    account.audience(["a", "b"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=DOWN)
    first = gather(account.replay(), [Sink.SEGMENT])
    account.ledger(Sink.SEGMENT, "part-000-replay-1", b=DELIVERED)

    assert gather(account.replay(), [Sink.SEGMENT]) == first


def test_a_replay_lands_what_it_changed_and_nothing_else(account: Account) -> None:
    account.audience(["a", "b"])
    account.ledger(Sink.SEGMENT, "part-000", a=DELIVERED, b=DOWN)
    account.land()
    account.ledger(Sink.SEGMENT, "part-000-replay-1", b=DELIVERED)

    assert account.land()["activation_log"] == 1
    assert sorted((row["customer_id"], row["status"]) for row in account.rows("activation_log")) == [
        ("a", "delivered"), ("b", "delivered"), ("b", "rejected"),
    ]  # fmt: skip


def test_a_landed_outcome_says_whose_campaign_it_is_about_after_a_replay_too(account: Account) -> None:
    account.audience(["a", "b"])
    account.decided("part-000", _decision("a"), Decision(customer_id="b", at=NOW.isoformat()))
    account.ledger(Sink.FILE, "part-000", a=DOWN, b=(Status.WITHHELD, Reason.HOLDOUT))
    account.ledger(Sink.FILE, "part-000-replay-1", a=DELIVERED)

    account.land()

    assert sorted((row["customer_id"], row["status"], row["campaign"]) for row in account.rows("activation_log")) == [
        ("a", "delivered", "spring"), ("a", "rejected", "spring"), ("b", "withheld", None),
    ]  # fmt: skip


def test_an_erasure_takes_a_customer_out_of_landed_files_and_out_of_every_table(account: Account, tmp_path: Path) -> None:
    erased, other = "c_4f2a91d07be3", "c_000000000001"
    account.ledger(Sink.SEGMENT, "part-000", c_4f2a91d07be3=DELIVERED, c_000000000001=DELIVERED)
    account.decided("part-000", _decision(erased), _decision(other))
    account.land()
    subject = Subject(customer_ids=(erased,), values={Kind.CUSTOMER_ID: frozenset({erased})})

    for key, rows in account.landed().items():
        body = account.s3.get_object(Bucket=LANDING, Key=key)["Body"].read()
        (tmp_path / "in").write_bytes(body)
        stored = unpack.Stored(stream=lambda: (tmp_path / "in").open("rb"), local=lambda: tmp_path / "in")
        done = rewrite.without(stored, unpack.form_of(stored), Matcher(subject), tmp_path / "out")
        left = gzip.decompress((tmp_path / "out").read_bytes())
        assert (done.removed, done.kept, erased.encode() in left) == (len(rows) // 2, len(rows) // 2, False)

    for dataset in OWN:
        wanted = values_of(subject, columns_of([column.name for column in TABLES[dataset.table]])).columns
        assert {name: list(values) for name, values in wanted.items()} == {"customer_id": [erased]}
