"""A segments run in the lake, written onto customers' items and told to whoever asks."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pyarrow as pa
import pytest

from lambdas import profiles_api, segment_writer
from omnichannel.aws.dynamodb import batch_put, decode
from omnichannel.contracts import zones
from omnichannel.contracts.segments import SEGMENT_COLUMNS
from omnichannel.privacy import rewrite, unpack
from omnichannel.privacy.fields import Kind
from omnichannel.privacy.matcher import Matcher
from omnichannel.privacy.subject import Subject
from omnichannel.privacy.unpack import Stored
from omnichannel.segments import members, names
from omnichannel.segments.runs import NotASegmentsRun, parse, runs
from omnichannel.view.answer import answer
from omnichannel.view.fields import Field
from omnichannel.view.question import Question
from omnichannel.view.scores import SEGMENTED, write_scores
from pipelines.segmenting.customers import UnusableCustomersError
from pipelines.steps import segments
from tests.integration.segments.conftest import CUSTOMERS, LAKE, SIZES
from tests.unit.segmenting.conftest import AS_OF, groups_of, people

MONTH = timedelta(days=30)


def test_the_manifest_comes_last_and_says_what_the_parts_hold(cloud, left, playbook, monkeypatch):
    monkeypatch.setattr(segments, "ROWS_A_PART", 150)

    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    rows = cloud.rows(manifest)
    stored = cloud.keys(zones.segments_run(AS_OF, manifest["run"]))
    assert sorted(stored) == sorted([*manifest["parts"], zones.segments_run(AS_OF, manifest["run"]) + zones.MANIFEST])
    assert (len(manifest["parts"]), rows.num_rows, manifest["rows"]) == (3, 400, 400)
    assert tuple(rows.schema.names) == SEGMENT_COLUMNS
    assert rows.column("customer_id").to_pylist() == sorted(rows.column("customer_id").to_pylist())
    assert manifest["sizes"] == dict(sorted(Counter(rows.column("segment").to_pylist()).items()))
    assert manifest["lifecycle"] == {"active": 400}
    assert sum(manifest["rfm"].values()) == 400
    assert [point["k"] for point in manifest["choice"]["curve"]] == list(range(1, 9))
    assert all(point["silhouette"] is not None for point in manifest["choice"]["curve"][1:])


def test_groups_have_segments_of_their_own_and_names_that_say_why(cloud, left, playbook):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    rows = cloud.rows(manifest)
    pairs = set(zip(groups_of(rows.column("customer_id").to_pylist()), rows.column("segment_name").to_pylist(), strict=True))
    by_group = dict(pairs)
    assert len(pairs) == len(set(by_group.values())) == 3
    assert "long silent" in by_group["lapsed"].lower()
    assert "big spenders" in by_group["regulars"].lower() or "frequent buyers" in by_group["regulars"].lower()


def test_the_same_data_again_writes_nothing(cloud, left, playbook):
    first = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    before = {key: cloud.s3.head_object(Bucket=LAKE, Key=key)["VersionId"] for key in cloud.keys("segments/")}

    again = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    assert again == first
    assert before == {key: cloud.s3.head_object(Bucket=LAKE, Key=key)["VersionId"] for key in cloud.keys("segments/")}


def test_other_data_of_the_same_date_keep_the_segments(cloud, left, monthly):
    first = segments.make(cloud.s3, LAKE, left(people(SIZES)), monthly, AS_OF)

    second = segments.make(cloud.s3, LAKE, left(people(SIZES, seed=8), snapshot="s2"), monthly, AS_OF)

    assert second["run"] != first["run"]
    assert (second["refitted"], second["model"]) == ("kept", first["model"])


def test_moves_since_the_last_run_are_counted(cloud, left, playbook):
    first = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    rows = cloud.rows(first)
    of = dict(zip(groups_of(rows.column("customer_id").to_pylist()), rows.column("segment").to_pylist(), strict=True))
    # A group's numbers follow on the other's: twenty regulars of before are lapsed now, and ten customers are new.
    after = people({"regulars": 100, "lapsed": 230, "lookers": 80})
    ids = [
        f"c_{'regulars' if int(c[-5:]) < 120 else 'lapsed' if int(c[-5:]) < 320 else 'lookers'}{c[-6:]}"
        for c in after["customer_id"].to_pylist()
    ]
    renamed = after.set_column(0, "customer_id", pa.array(ids))

    moved = segments.make(cloud.s3, LAKE, left(renamed, snapshot="s2"), playbook, AS_OF + MONTH)

    assert moved["previous"] == zones.segments_run(AS_OF, first["run"])
    assert {(m["from"], m["to"]): m["customers"] for m in moved["moves"]} == {
        (of["regulars"], of["lapsed"]): 20,
        (of["lookers"], of["lapsed"]): 10,
        ("", of["lookers"]): 10,
    }


def test_a_run_of_an_earlier_date_gives_no_number_twice(cloud, left, playbook):
    later = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    earlier = segments.make(cloud.s3, LAKE, left(people(SIZES), snapshot="s0"), playbook, AS_OF - MONTH)

    assert earlier["previous"] is None
    assert not {s["id"] for s in earlier["model"]["segments"]} & {s["id"] for s in later["model"]["segments"]}


def test_a_file_without_lifecycle_is_named(left, tmp_path):
    customers = left(people(SIZES).drop_columns(["lifecycle"]))
    folder = customers.files[0].parent

    with pytest.raises(UnusableCustomersError, match="lifecycle"):
        segments.main(["--as-of", "2026-11-01", "--bucket", LAKE, "--customers", str(folder), "--meta", f"{folder}/../meta"])


def test_the_command_line_is_the_step(cloud, left):
    folder = left(people(SIZES)).files[0].parent

    segments.main(["--as-of", "2026-11-01", "--bucket", LAKE, "--customers", str(folder), "--meta", f"{folder}/../meta"])

    [run] = runs(cloud.s3, LAKE)
    assert run.manifest(cloud.s3, LAKE)["rows"] == 400


@pytest.mark.parametrize("key", ["segments/as_of=2026-13-01/run=r/_manifest.json", "segments/part-0.parquet", "scores/_manifest.json"])
def test_what_is_no_manifest_is_refused(key):
    with pytest.raises(NotASegmentsRun, match="expected segments/as_of="):
        parse(key)


def _record(body, number=0):
    return {"messageId": str(number), "body": json.dumps(body), "attributes": {}}


def _told(manifest_key):
    return _record({"detail": {"object": {"key": manifest_key}}})


def _work_off(cloud, manifest):
    """The manifest's event, and every message that it leads to."""
    key = zones.segments_run(date.fromisoformat(manifest["as_of"]), manifest["run"]) + zones.MANIFEST
    answers = [segment_writer.handler({"Records": [_told(key)]}, None)]
    while found := cloud.sqs.receive_message(QueueUrl=cloud.queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            answers.append(segment_writer.handler({"Records": [_record(json.loads(message["Body"]))]}, None))
            cloud.sqs.delete_message(QueueUrl=cloud.queue_url, ReceiptHandle=message["ReceiptHandle"])
    assert all(found == {"batchItemFailures": []} for found in answers)


def _item(cloud, customer_id):
    return decode(cloud.dynamodb.get_item(TableName=CUSTOMERS, Key={"customer_id": {"S": customer_id}})["Item"])


@pytest.fixture
def known(cloud):
    """Items of some of the customers, as a rebuild of the view leaves them."""
    batch_put(cloud.dynamodb, CUSTOMERS, [
        {"customer_id": f"c_{group}_{n:05d}", "segments": {"lifecycle": "active"}, "version": 1}
        for group, n in (("regulars", 0), ("lapsed", 120), ("lookers", 320))
    ])  # fmt: skip
    return "c_regulars_00000"


def test_members_are_written_onto_their_items_beside_what_a_rebuild_writes(cloud, left, playbook, known, monkeypatch):
    monkeypatch.setattr(segments, "ROWS_A_PART", 30)
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    _work_off(cloud, manifest)

    item = _item(cloud, known)
    held = item["customer_segments"]
    assert item["segments"] == {"lifecycle": "active"}
    assert held["behaviour"]["id"] in manifest["sizes"]
    assert (held["behaviour"]["as_of"], held["behaviour"]["run"]) == ("2026-11-01", manifest["run"])
    assert held["rfm"]["name"] in manifest["rfm"]


def test_an_older_run_that_comes_late_changes_nothing(cloud, left, playbook, known):
    older = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    newer = segments.make(cloud.s3, LAKE, left(people(SIZES), snapshot="s2"), playbook, AS_OF + MONTH)

    _work_off(cloud, newer)
    _work_off(cloud, older)

    assert _item(cloud, known)["customer_segments"]["behaviour"]["run"] == newer["run"]


def test_the_profiles_api_tells_both_writers_segments_as_one(cloud, left, playbook, known):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    _work_off(cloud, manifest)
    item = _item(cloud, known)

    told = answer(Question(key=known, fields=(Field.SEGMENTS,)), lambda key, wanted: {n: item[n] for n in wanted if n in item})

    assert set(told["segments"]) == {"lifecycle", "behaviour", "rfm"}


def _members(**query):
    event = {"routeKey": "GET /members", "requestContext": {"requestId": "r-1"}, "queryStringParameters": query}
    answer = profiles_api.handler(event, None)
    return answer["statusCode"], json.loads(answer["body"])


def test_the_customers_of_a_segment_are_told_page_by_page_each_once(cloud, left, playbook, monkeypatch):
    monkeypatch.setenv("CUSTOMERS_TABLE", CUSTOMERS)
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    rows = cloud.rows(manifest).to_pylist()
    batch_put(cloud.dynamodb, CUSTOMERS, [{"customer_id": row["customer_id"], "version": 1} for row in rows[::4]])
    batch_put(cloud.dynamodb, CUSTOMERS, [{"customer_id": "customer_ref#R1", "customer": rows[0]["customer_id"]}])
    _work_off(cloud, manifest)
    name = rows[0]["segment_name"]
    expected = [row["customer_id"] for row in rows[::4] if row["segment_name"] == name]

    pages = [_members(segment=name, limit="7", fields="segments")]
    while pages[-1][1]["next"]:
        pages.append(_members(segment=name, limit="7", fields="segments", after=pages[-1][1]["next"]))

    assert {status for status, _ in pages} == {200}
    assert [each["customer_id"] for _, page in pages for each in page["profiles"]] == expected
    assert {each["segments"]["behaviour"]["name"] for _, page in pages for each in page["profiles"]} == {name}
    assert all(len(page["profiles"]) == 7 for _, page in pages[:-1])
    assert _members(segment="No such segment") == (200, {"segment": "No such segment", "profiles": [], "next": None})
    assert _members(limit="7")[0] == _members(segment=name, limit="101")[0] == 400


def test_who_moves_to_another_segment_is_told_in_that_one_alone(cloud, left, playbook, known, monkeypatch):
    monkeypatch.setenv("CUSTOMERS_TABLE", CUSTOMERS)
    _work_off(cloud, segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF))
    before = _item(cloud, known)["customer_segments"]["behaviour"]["name"]
    moved = [(known, {"behaviour": {"id": "s-9", "name": "Moved", "run": "r2"}})]

    write_scores(cloud.dynamodb, CUSTOMERS, moved, as_of="2026-12-01", at="2026-12-01T00:00:00+00:00", attribute=SEGMENTED)

    ids = {name: [each["customer_id"] for each in _members(segment=name)[1]["profiles"]] for name in (before, "Moved")}
    assert known not in ids[before]
    assert ids["Moved"] == [known]


def test_a_message_that_fails_comes_again_alone(cloud, left, playbook, known):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    good = {"run": manifest["run"], "as_of": manifest["as_of"], "part": manifest["parts"][0]}

    records = [_record(good, 1), _record({**good, "part": "scores/part-000.parquet"}, 2), _record({"run": "r"}, 3)]
    told = segment_writer.handler({"Records": records}, None)

    assert [each["itemIdentifier"] for each in told["batchItemFailures"]] == ["2", "3"]


def test_a_queue_that_refuses_is_an_error(cloud, left, playbook):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    key = zones.segments_run(AS_OF, manifest["run"]) + zones.MANIFEST
    full = SimpleNamespace(send_message_batch=lambda **_: {"Failed": [{"Id": "0", "Code": "Throttled"}]})

    with pytest.raises(members.NotSent, match="Throttled"):
        members.spread(cloud.s3, full, LAKE, "url", key)


def test_an_activation_waits_for_the_segments_of_its_date_but_not_for_ever(cloud, left, playbook):
    key = cloud.scored({"c_regulars_00000": 0.9})
    now = datetime.now(UTC)

    def waits(at, patience=timedelta(minutes=30)):
        return names.awaited(cloud.s3, LAKE, names.newest(cloud.s3, LAKE, AS_OF), [key], patience, now=at)

    before = [waits(now), waits(now + timedelta(hours=1)), waits(now, timedelta(0))]
    segments.make(cloud.s3, LAKE, left(people(SIZES), snapshot="s0"), playbook, AS_OF - MONTH)
    with_older = waits(now)
    segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    assert before == [True, False, False]
    assert with_older is True
    assert waits(now) is False


def test_an_activation_takes_the_newest_names_that_are_not_after_its_date(cloud, left, playbook):
    old = segments.make(cloud.s3, LAKE, left(people(SIZES), snapshot="s0"), playbook, AS_OF - MONTH)
    segments.make(cloud.s3, LAKE, left(people({**SIZES, "lookers": 0})), playbook, AS_OF + MONTH)

    found = names.newest(cloud.s3, LAKE, AS_OF)

    assert found.run.run == old["run"]
    assert not found.of_the_date
    by_customer = names.of(cloud.s3, LAKE, found.run)
    assert len(by_customer) == 400
    assert set(by_customer.values()) == {s["name"] for s in old["model"]["segments"]}


def test_one_segment_of_everybody_is_no_trait(cloud, left, playbook):
    segments.make(cloud.s3, LAKE, left(people({"regulars": 10})), playbook, AS_OF)

    assert names.of(cloud.s3, LAKE, names.newest(cloud.s3, LAKE, AS_OF).run) == {}
    assert names.of(cloud.s3, LAKE, None) == {}


def test_an_erased_customer_leaves_the_run(cloud, left, playbook, tmp_path):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)
    source = tmp_path / "part"
    source.write_bytes(cloud.body(manifest["parts"][0]))
    stored = Stored(stream=lambda: source.open("rb"), local=lambda: source)
    matcher = Matcher(Subject(customer_ids=("c_regulars_00003",), values={Kind.CUSTOMER_ID: frozenset({"c_regulars_00003"})}))

    done = rewrite.without(stored, unpack.form_of(stored), matcher, tmp_path / "out")
    cloud.s3.put_object(Bucket=LAKE, Key=manifest["parts"][0], Body=(tmp_path / "out").read_bytes())

    assert (done.removed, done.kept) == (1, 399)
    [run] = runs(cloud.s3, LAKE)
    left_over = run.members(cloud.s3, LAKE, manifest).column("customer_id").to_pylist()
    assert len(left_over) == 399
    assert "c_regulars_00003" not in left_over


def test_a_refit_knob_of_the_playbook_makes_another_run(cloud, left, playbook, monthly):
    first = segments.run_id(left(people(SIZES)), playbook, AS_OF)

    assert segments.run_id(left(people(SIZES)), replace(playbook, families={}), AS_OF) != first
    assert segments.run_id(left(people(SIZES)), monthly, AS_OF) != first
    assert segments.run_id(left(people(SIZES), snapshot="s2"), playbook, AS_OF) != first
