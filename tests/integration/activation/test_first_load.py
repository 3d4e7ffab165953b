"""A first load by upload job: the proof that comes before it, and what the file holds."""

import csv
import io
import time
from datetime import timedelta

import pytest

from omnichannel.activation import connect_load, connect_objects, connect_proof, connect_upload
from omnichannel.activation.connect_proof import NO, WAITING, YES, Proof
from omnichannel.activation.connect_upload import NotTaken
from omnichannel.contracts.profiles import KEY
from sandbox.twins.customer_profiles import work
from tests.faults.channels import DOMAIN, LAKE, Connect, account, win_back

PATIENCE_SECONDS = 30.0


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with account(tmp_path) as made:
        yield made


@pytest.fixture
def channel(shop):
    return Connect(shop)


def _part(shop, count=12, run="r1"):
    return shop.part(run, dict.fromkeys(shop.customers(range(count)), 0.7))


def _proof(channel):
    return Proof(uploads=channel.uploads, lake=channel.account.lake, state=channel.account.state, now=channel.account.at)


def _proven(channel, run="r1", least=10):
    """The answer, asked for as the state machine does."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (answer := _proof(channel).load(run, least)) == WAITING and time.monotonic() < end:
        pass
    return answer


def _profiles(shop):
    return shop.serving.inspect(f"customer-profiles/profiles?domain={DOMAIN}")


def _jobs(shop):
    return shop.serving.inspect(f"customer-profiles/jobs?domain={DOMAIN}")


def test_a_row_that_meets_its_object_is_proof_and_leaves_nothing_behind(shop, channel):
    _part(shop)

    assert _proven(channel) == YES
    assert _profiles(shop) == []
    assert _proof(channel).load("r1", 10) == YES
    assert len(_jobs(shop)) == 1


@pytest.mark.parametrize("least", [0, 13])
def test_a_run_that_is_small_or_must_not_asks_nothing(shop, channel, least):
    _part(shop)

    assert _proven(channel, least=least) == NO
    assert _jobs(shop) == []


def test_a_domain_that_was_loaded_before_is_not_loaded_again(shop, channel):
    channel.deliver(_part(shop))
    _part(shop, run="r2")

    assert _proven(channel, run="r2") == NO
    assert _jobs(shop) == []


def test_rows_under_a_key_of_their_own_are_no_proof(shop, channel, monkeypatch):
    made = work.object_type

    def apart(fields, unique):
        wanted = made(fields, unique)
        return {**wanted, "Keys": {"_upload": next(iter(wanted["Keys"].values()))}}

    monkeypatch.setattr(work, "object_type", apart)
    _part(shop)
    proof = _proof(channel)
    assert proof.load("r1", 10) == WAITING
    shop.at += connect_proof.PATIENCE + timedelta(minutes=1)

    assert _proven(channel) == NO


def test_rows_that_expire_sooner_than_objects_are_no_proof(shop, channel, monkeypatch):
    monkeypatch.setattr(connect_upload.Uploads, "lasts", lambda *_: 90)
    _part(shop)

    assert _proven(channel) == NO
    assert _profiles(shop) == []


@pytest.mark.parametrize("operation", ["CreateUploadJob", "GetUploadJobPath", "StartUploadJob", "GetUploadJob", "SearchProfiles"])
def test_a_service_that_refuses_is_no_proof(shop, channel, operation):
    _part(shop)
    shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": operation, "status": 400, "times": 3}])

    assert _proven(channel) == NO


def test_a_loaded_part_is_one_job_and_no_batch(shop, channel):
    part = _part(shop)

    assert channel.load(part)
    channel.deliver(part)

    assert set(shop.outcomes(channel.sink, part).values()) == {"delivered"}
    assert [job["ResultsSummary"] for job in _jobs(shop)] == [{"UpdatedRecords": 0, "CreatedRecords": 12, "FailedRecords": 0}]
    assert list(channel._received()) == []


def test_a_loaded_profile_is_that_of_a_batch_to_the_letter(shop, channel):
    one, other = shop.customers(range(2))
    shop.product("p1", "Riesling Kabinett, 2024")
    decisions = {one: win_back(one, "p1"), other: win_back(other, "p1")}
    by_file, by_batch = shop.part("r1", {one: 0.7}, decisions=decisions), shop.part("r2", {other: 0.7}, decisions=decisions)

    channel.load(by_file)
    channel.deliver(by_batch)

    said = [{**channel.words(each), "message_id": "", "customer_id": "", "EmailAddress": ""} for each in (one, other)]
    assert said[0] == said[1]
    assert [channel.words(each)["EmailAddress"] for each in (one, other)] == ["canary0@example.org", "canary1@example.org"]


def test_a_change_after_the_load_is_put_into_the_same_profile(shop, channel):
    part = _part(shop)
    channel.load(part)
    channel.deliver(part)

    channel.deliver(shop.part("r2", dict.fromkeys(channel.held(), 0.2), "2026-03-02"))

    assert len(_profiles(shop)) == 12
    assert set(channel.held().values()) == {0.2}


def test_an_action_of_a_job_that_nobody_followed_is_taken_back_when_consent_goes(shop, channel):
    (one,) = shop.customers([1])
    part = shop.part("r1", {one: 0.7}, decisions={one: win_back(one, "p1")})
    channel.load_once(part)
    end = time.monotonic() + PATIENCE_SECONDS
    while _jobs(shop)[0]["Status"] == "IN_PROGRESS" and time.monotonic() < end:
        pass
    shop.customers([1], consents={"marketing/email": {"granted": False, "at": "2026-03-01T00:00:00Z"}})

    channel.deliver(shop.part("r2", {one: 0.7}, "2026-03-02"))

    assert channel.words(one)["next_best_action"] == "none"


def test_a_job_that_takes_too_long_is_stopped(shop, channel, monkeypatch):
    part = _part(shop)
    monkeypatch.setattr(work, "rows_of", lambda *_: iter(()))
    monkeypatch.setattr("sandbox.twins.customer_profiles.jobs.JobOperations._end", lambda *_: None)
    assert channel.load_once(part)
    shop.at += connect_upload.LONGEST

    assert not channel.load_once(part)
    assert [job["Status"] for job in _jobs(shop)] == ["STOPPED"]


def test_a_job_of_which_nothing_is_told_is_stopped_before_its_customers_go_in_batches(shop, channel, monkeypatch):
    """What it read later would bring back an action that was taken back meanwhile."""
    part = _part(shop)
    monkeypatch.setattr(work, "rows_of", lambda *_: iter(()))
    monkeypatch.setattr("sandbox.twins.customer_profiles.jobs.JobOperations._end", lambda *_: None)
    assert channel.load_once(part)
    shop.serving.twins.faults("customer-profiles").configure(answers=[{"operation": "GetUploadJob", "status": 400}])

    with pytest.raises(NotTaken):
        channel.load_once(part)
    assert [job["Status"] for job in _jobs(shop)] == ["STOPPED"]
    assert not channel.load_once(part)


def test_a_job_that_nobody_follows_is_stopped_before_its_customers_go_in_batches(shop, channel, monkeypatch):
    part = _part(shop)
    monkeypatch.setattr(work, "rows_of", lambda *_: iter(()))
    monkeypatch.setattr("sandbox.twins.customer_profiles.jobs.JobOperations._end", lambda *_: None)
    assert channel.load_once(part)

    channel.deliver(part)

    assert [job["Status"] for job in _jobs(shop)] == ["STOPPED"]
    assert set(shop.outcomes(channel.sink, part).values()) == {"delivered"}


def test_consent_is_asked_for_a_last_time_when_the_job_is_there(shop, channel, monkeypatch):
    """Whoever withdraws it after that finds the job; whoever withdrew it before is in no file."""
    part, permitted, there = _part(shop), connect_load.messaging.permitted, []

    def asked(*given):
        there.append([job["Status"] for job in _jobs(shop)])
        return permitted(*given)

    monkeypatch.setattr(connect_load.messaging, "permitted", asked)
    channel.load_once(part)

    assert there == [["CREATED"]]


def test_a_job_for_nobody_is_given_up(shop, channel, monkeypatch):
    part = _part(shop)
    monkeypatch.setattr(connect_load.messaging, "permitted", lambda *_: [])

    assert not channel.load_once(part)
    assert [job["Status"] for job in _jobs(shop)] == ["STOPPED"]


def test_the_file_has_a_header_and_no_mark_before_it():
    rows = [connect_upload.row(f'{{"customer_id": "{name}", "churn_band": "a \\"b\\", c"}}') for name in ("c_1", "c_é")]

    body = connect_upload.file(rows)

    assert body.startswith(b"customer_id,churn_propensity,")
    assert [(each["customer_id"], each["churn_band"], each["phone"]) for each in csv.DictReader(io.StringIO(body.decode()))] == [
        ("c_1", 'a "b", c', ""),
        ("c_é", 'a "b", c', ""),
    ]


def test_a_job_maps_what_the_object_type_maps_and_has_the_key_under_its_name():
    of_type = {each["Target"] for each in connect_objects.fields().values() if "Target" in each}

    assert {each["Target"] for each in connect_upload.fields().values()} == of_type
    assert connect_upload.fields()[KEY]["Target"] == "_profile.Attributes.customer_id"


def test_a_file_holds_what_the_function_can(shop, channel, monkeypatch):
    monkeypatch.setattr(connect_load, "FILE_BYTES", 1_000)
    part = _part(shop)

    channel.load(part)
    channel.deliver(part)

    assert 0 < _jobs(shop)[0]["ResultsSummary"]["CreatedRecords"] < 12
    assert set(shop.outcomes(channel.sink, part).values()) == {"delivered"}


def test_a_customer_can_be_taken_out_of_the_note(shop, channel):
    part = _part(shop)
    channel.load_once(part)

    (key,) = shop.keys("activation/run=r1/messaging/connect-notes/")
    lines = shop.s3.get_object(Bucket=LAKE, Key=key)["Body"].read().splitlines()

    assert len(lines) == 12
    assert all(b'"customer_id": "c_' in line for line in lines)
    channel.load(part)
