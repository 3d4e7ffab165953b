"""What the history knows: versions of a key, contents of an erasure, files with more bad rows than their data set tolerates."""

from datetime import UTC, datetime

import orjson
import pytest

from omnichannel.contracts.store import FileStatus
from omnichannel.onboarding import history
from omnichannel.onboarding.stage import Landed, stage_file
from tests.integration.onboarding.conftest import HISTORY, LAKE, LANDING, NOW, QUARANTINE
from tests.integration.onboarding.test_stage_a import GOOD_ORDER, ORDERS, orders

AT = datetime(2026, 11, 1, tzinfo=UTC)


def many(good, bad=0):
    """A file of orders; the bad ones come last and have an unknown channel."""
    rows = [GOOD_ORDER.replace("O1", f"O{n}") for n in range(good)]
    return orders(*rows, *(GOOD_ORDER.replace("O1", f"B{n}").replace("web", "fax") for n in range(bad)))


def versions(cloud, key=ORDERS):
    return [version.content_id for version in history.versions(cloud.dynamodb, HISTORY, LANDING, key)]


def test_the_same_file_again_is_no_new_version(cloud):
    first = cloud.stage(ORDERS, many(3))

    again = cloud.stage(ORDERS, many(3))

    assert again == first
    assert set(versions(cloud)) == {first.content_id}


def test_the_same_key_with_new_content_is_a_new_version(cloud):
    first, second = cloud.stage(ORDERS, many(3)), cloud.stage(ORDERS, many(4))

    assert set(versions(cloud)) == {first.content_id, second.content_id}
    assert cloud.history(second.content_id)["key"] == ORDERS


def test_a_file_that_is_replaced_before_it_is_read_counts_as_it_landed_and_so_does_the_other(cloud, tmp_path):
    cloud.s3.put_bucket_versioning(Bucket=LANDING, VersioningConfiguration={"Status": "Enabled"})
    landed = [cloud.s3.put_object(Bucket=LANDING, Key=ORDERS, Body=many(rows).encode())["VersionId"] for rows in (3, 4)]

    found = [read(cloud, tmp_path / version, version) for version in reversed(landed)]

    assert [each.rows_staged for each in found] == [4, 3]
    assert set(versions(cloud)) == {each.content_id for each in found}


def test_of_a_version_that_an_erasure_removed_the_rest_is_read(cloud, tmp_path):
    cloud.s3.put_bucket_versioning(Bucket=LANDING, VersioningConfiguration={"Status": "Enabled"})
    gone, _ = (cloud.s3.put_object(Bucket=LANDING, Key=ORDERS, Body=many(rows).encode())["VersionId"] for rows in (3, 2))
    cloud.s3.delete_object(Bucket=LANDING, Key=ORDERS, VersionId=gone)

    assert read(cloud, tmp_path / "work", gone).rows_staged == 2


def read(cloud, work, version):
    """Stage A of a version of the key."""
    work.mkdir()
    event = {"bucket": LANDING, "key": ORDERS, "size": 1, "version": version}
    return stage_file(Landed.of(event), cloud.stores, work, now=NOW)


@pytest.mark.parametrize("wrong", ["dms/sales/orders/a.txt", "dms/sales/orders/a.parquet", "dms/sales/orders/a.json"])
def test_content_refused_under_a_misleading_name_is_looked_at_anew_under_a_better_one(cloud, wrong):
    refused = cloud.stage(wrong, many(40), tolerant=False)

    renamed = cloud.stage(ORDERS, many(40), tolerant=False)

    assert (refused.rows_staged, renamed.status, renamed.rows_staged) == (0, "staged", 40)
    assert cloud.stage(ORDERS, many(40)) == renamed
    assert cloud.stage(wrong, many(40)) == refused
    assert versions(cloud) == [renamed.content_id]
    assert cloud.history(renamed.content_id)["key"] == ORDERS


def test_contents_are_listed_by_data_set_and_status_without_the_items_of_keys(cloud):
    staged, refused = cloud.stage(ORDERS, many(2)), cloud.stage(ORDERS, b"")
    other = cloud.stage("consents/a.csv", b"")

    def listed(**wanted):
        return {item["content_id"] for item in history.contents(cloud.dynamodb, HISTORY, **wanted)}

    assert listed() == {staged.content_id, refused.content_id, other.content_id}
    assert listed(dataset="sales/orders") == {staged.content_id, refused.content_id}
    assert listed(dataset="sales/orders", status="quarantined") == {refused.content_id}


def test_content_that_an_erasure_wrote_is_a_version_and_nothing_else(cloud):
    landed = cloud.stage(ORDERS, many(3))
    rewritten = many(2)
    probe = cloud.stage("dms/sales/orders/probe.csv", rewritten)
    cloud.dynamodb.delete_item(TableName=HISTORY, Key={"content_id": {"S": probe.content_id}})
    about = {"dataset": "sales/orders", "key": ORDERS, "replaces": landed.content_id, "at": AT}

    known = history.know(cloud.dynamodb, HISTORY, probe.content_id, **about)
    answer = cloud.stage(ORDERS, rewritten)

    assert (known, history.know(cloud.dynamodb, HISTORY, probe.content_id, **about)) == (True, False)
    assert (answer.status, answer.content_id, answer.rows_in) == ("duplicate", probe.content_id, 0)
    assert versions(cloud)[-1] == probe.content_id or set(versions(cloud)) == {landed.content_id, probe.content_id}
    assert (cloud.history(probe.content_id)["status"], cloud.history(probe.content_id)["replaces"]) == (
        FileStatus.ERASED,
        landed.content_id,
    )


@pytest.mark.parametrize(("good", "bad"), [(0, 1), (1, 1), (95, 5), (190, 10)])
def test_as_many_bad_rows_as_tolerated_go_to_quarantine(cloud, good, bad):
    staged = cloud.stage(ORDERS, many(good, bad), tolerant=False)

    assert (staged.status, staged.rows_staged, staged.quarantined) == ("staged" if good else "quarantined", good, {"unknown-value": bad})


@pytest.mark.parametrize(("good", "bad", "tolerated"), [(0, 2, 1), (10, 2, 1), (94, 6, 5)])
def test_one_bad_row_more_fails_the_file_and_stages_none_of_it(cloud, good, bad, tolerated):
    staged = cloud.stage(ORDERS, many(good, bad), tolerant=False)

    counted = {"unknown-value": bad} | ({"too-many-bad-rows": good} if good else {})
    assert (staged.status, staged.rows_in, staged.rows_staged, staged.quarantined) == ("failed", good + bad, 0, counted)
    assert staged.tolerated == tolerated
    assert cloud.s3.list_objects_v2(Bucket=LAKE)["KeyCount"] == 0
    assert cloud.quarantined(staged) == [
        (0, "", "too-many-bad-rows"),
        *((n, "channel", "unknown-value") for n in range(good + 1, good + bad + 1)),
    ]
    assert cloud.history(staged.content_id)["status"] == FileStatus.FAILED


def test_a_failed_file_says_why_and_what_to_do_and_nothing_of_its_values(cloud):
    staged = cloud.stage(ORDERS, many(10, 3).replace("fax", "secret-value"), tolerant=False)

    assert staged.said.startswith(f"{ORDERS}: 3 of 13 rows are bad (3 unknown-value), 1 are tolerated; none of it is staged.")
    assert staged.said.endswith(f"omni redrive {ORDERS}")
    assert "secret-value" not in orjson.dumps(staged.to_dict()).decode()


def test_a_failed_file_fails_as_loudly_under_another_key(cloud):
    first = cloud.stage(ORDERS, many(10, 3), tolerant=False)

    again = cloud.stage("dms/sales/orders/copy.csv", many(10, 3), tolerant=False)

    assert again == first
    assert cloud.history(first.content_id)["duplicates"] == {"dms/sales/orders/copy.csv"}


class Crash(BaseException):
    """The process is gone: nothing after this line runs."""


class Dying:
    """A client whose process dies before or after the call of that name and number."""

    def __init__(self, client, name, number, when):
        self._client, self._name, self._left, self._when = client, name, number, when

    def __getattr__(self, name):
        call = getattr(self._client, name)
        if name != self._name:
            return call

        def dying(*args, **more):
            self._left -= 1
            if self._left == 0 and self._when == "before":
                raise Crash
            answer = call(*args, **more)
            if self._left == 0:
                raise Crash
            return answer

        return dying


EFFECTS = (
    ("download", "s3", "get_object", 1),
    ("quarantine", "s3", "upload_file", 1),
    ("staging", "s3", "upload_file", 2),
    ("history", "dynamodb", "put_item", 1),
    ("version", "dynamodb", "update_item", 1),
)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("service", "call", "number"), [effect[1:] for effect in EFFECTS], ids=[effect[0] for effect in EFFECTS])
def test_killed_at_any_step_the_rerun_leaves_what_one_run_leaves(cloud, monkeypatch, service, call, number, when):
    content = many(30, 1)
    expected = left_behind(cloud, cloud.stage("dms/sales/orders/reference.csv", content, tolerant=False))
    cloud.dynamodb.delete_item(TableName=HISTORY, Key={"content_id": {"S": expected[0].content_id}})
    for bucket in (LAKE, QUARANTINE):
        for item in cloud.s3.list_objects_v2(Bucket=bucket)["Contents"]:
            cloud.s3.delete_object(Bucket=bucket, Key=item["Key"])
    dying = Dying(getattr(cloud, service), call, number, when)

    def killed(landed, stores, work, **more):
        return stage_file(landed, type(stores)(**{**vars(stores), service: dying}), work, **more)

    with monkeypatch.context() as patch:
        patch.setattr("tests.integration.onboarding.conftest.stage_file", killed)
        with pytest.raises(Crash):
            cloud.stage(ORDERS, content, tolerant=False)
    answers = [cloud.stage(ORDERS, content, tolerant=False) for _ in range(2)]

    found = left_behind(cloud, answers[0])
    assert answers[0] == answers[1]
    assert found[1:] == expected[1:]
    assert (found[0].rows_in, found[0].rows_staged, found[0].quarantined) == (31, 30, {"unknown-value": 1})
    assert len(list(history.contents(cloud.dynamodb, HISTORY))) == 1
    assert versions(cloud) == [found[0].content_id]


def left_behind(cloud, staged):
    """The answer, the bytes that were staged, and what was quarantined but for the file's name."""
    body = cloud.s3.get_object(Bucket=LAKE, Key=staged.staged_key)["Body"].read()
    return staged, body, cloud.quarantined(staged)
