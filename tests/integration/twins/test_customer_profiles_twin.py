"""The Customer Profiles twin maps objects onto profiles, evaluates segments, and keeps the service's limits."""

import base64
import hashlib
import json

import pytest
import urllib3
from botocore.exceptions import ClientError

FIELDS = {
    "customer_ref": {"Source": "_source.customer_ref", "Target": "_profile.AccountNumber", "ContentType": "STRING"},
    "email": {"Source": "_source.email", "Target": "_profile.PersonalEmailAddress", "ContentType": "EMAIL_ADDRESS"},
    "city": {"Source": "_source.address.city", "Target": "_profile.Address.City"},
    "churn_band": {"Source": "_source.churn_band", "Target": "_profile.Attributes.churn_band"},
    "churn_score": {"Source": "_source.churn_score", "Target": "_profile.Attributes.churn_score"},
    "full_name": {"Source": "{{_source.first}} {{_source.last}}", "Target": "_profile.Attributes.full_name"},
}
KEYS = {
    "_account": [{"StandardIdentifiers": ["UNIQUE", "PROFILE"], "FieldNames": ["customer_ref"]}],
    "_email": [{"StandardIdentifiers": ["PROFILE", "SECONDARY"], "FieldNames": ["email"]}],
}
WHERE = {"DomainName": "shop"}
SCORES = {**WHERE, "ObjectTypeName": "Scores"}
GONE = "f" * 32


@pytest.fixture
def profiles(serving):
    client = serving.client("customer-profiles")
    client.create_domain(**WHERE, DefaultExpirationDays=366)
    client.put_profile_object_type(**SCORES, Description="scores", AllowProfileCreation=True, Fields=FIELDS, Keys=KEYS)
    return client


@pytest.fixture
def put(profiles):
    def put(ref="c1", **more):
        return profiles.put_profile_object(**SCORES, Object=json.dumps({"customer_ref": ref, **more}))["ProfileObjectUniqueKey"]

    return put


def _found(profiles, value, key="_account"):
    return profiles.search_profiles(**WHERE, KeyName=key, Values=[value])["Items"]


def _refusal(call, *arguments, **members):
    with pytest.raises(ClientError) as refused:
        call(*arguments, **members)
    return refused.value.response["Error"]


def _groups(kind, *values, name="churn_band"):
    return {"Groups": [{"Dimensions": [{"ProfileAttributes": {"Attributes": {name: {"DimensionType": kind, "Values": list(values)}}}}]}]}


def _segment(profiles, name, groups):
    return profiles.create_segment_definition(**WHERE, SegmentDefinitionName=name, DisplayName=name, SegmentGroups=groups)


def test_an_object_becomes_a_profile_by_its_types_fields(profiles, put):
    put(email="A@example.org", address={"city": "Bonn"}, churn_band="high", churn_score=0.25, first="Ann", last="Lee")

    [profile] = _found(profiles, "c1")

    assert profile | {"ProfileId": "", "FoundByItems": []} == {
        "ProfileId": "",
        "FoundByItems": [],
        "AccountNumber": "c1",
        "PersonalEmailAddress": "A@example.org",
        "Address": {"City": "Bonn"},
        "Attributes": {"churn_band": "high", "churn_score": "0.25", "full_name": "Ann Lee"},
    }


def test_the_same_unique_key_changes_one_object_and_one_profile(profiles, put):
    first = put(churn_band="high", churn_score="0.9")
    second = put(churn_band="low")

    [profile] = _found(profiles, "c1")
    listed = profiles.list_profile_objects(**SCORES, ProfileId=profile["ProfileId"])["Items"]

    assert first == second
    assert profile["Attributes"] == {"churn_band": "low", "churn_score": "0.9"}
    assert [json.loads(each["Object"])["churn_band"] for each in listed] == ["low"]


def test_a_secondary_key_finds_the_profile_when_no_other_does(profiles, put):
    created = profiles.create_profile(**WHERE, PersonalEmailAddress="a@example.org")["ProfileId"]

    put("c9", email="A@Example.org", churn_band="high")

    assert [each["ProfileId"] for each in _found(profiles, "c9")] == [created]


def test_without_profile_creation_an_object_waits_for_nobody(serving, profiles):
    profiles.put_profile_object_type(**SCORES, Description="scores", Fields=FIELDS, Keys=KEYS)

    profiles.put_profile_object(**SCORES, Object='{"customer_ref": "c1"}')

    assert _found(profiles, "c1") == []
    assert [each["profile"] for each in serving.inspect("customer-profiles/objects")] == [None]


def test_a_lookup_only_key_matches_but_is_not_kept(profiles):
    keys = {**KEYS, "loyalty": [{"StandardIdentifiers": ["PROFILE", "LOOKUP_ONLY"], "FieldNames": ["city"]}]}
    profiles.put_profile_object_type(**SCORES, Description="s", AllowProfileCreation=True, Fields=FIELDS, Keys=keys)

    profiles.put_profile_object(**SCORES, Object='{"customer_ref": "c1", "address": {"city": "Bonn"}}')

    assert _found(profiles, "Bonn", "loyalty") == []


def test_a_batch_tells_each_item_that_failed(profiles):
    objects = [
        '{"customer_ref": "c1"}',
        "no json",
        '{"email": "b@example.org"}',
        json.dumps({"customer_ref": "c2", "churn_band": "x" * 256}),
    ]
    objects += [json.dumps({"customer_ref": "c3", "note": "é" * 130_000}, ensure_ascii=False)]
    items = [{"Id": str(number), "Object": text} for number, text in enumerate(objects)]

    answer = profiles.batch_put_profile_object(**SCORES, Items=items)

    assert [each["Id"] for each in answer["Successful"]] == ["0"]
    assert [(each["Id"], each["Code"], each["Message"]) for each in answer["Failed"]] == [
        ("1", 400, "the object is not JSON"),
        ("2", 400, "the object lacks a field of its UNIQUE key"),
        ("3", 400, "field churn_band has 256 characters; _profile.Attributes.churn_band takes 255"),
        ("4", 400, "the object has 260034 bytes; at most 256000"),
    ]


@pytest.mark.parametrize(
    "items", [[{"Id": str(n), "Object": "{}"} for n in range(11)], [{"Id": "1", "Object": "x" * 256_001}]], ids=["eleven", "too long"]
)
def test_what_the_model_forbids_refuses_the_whole_batch(profiles, items):
    assert _refusal(profiles.batch_put_profile_object, **SCORES, Items=items)["Code"] == "BadRequestException"


@pytest.mark.parametrize(
    ("fields", "keys", "says"),
    [
        (FIELDS, {}, "0 UNIQUE keys"),
        (FIELDS, {"a": [{"StandardIdentifiers": ["UNIQUE"], "FieldNames": ["email"]}]}, "no PROFILE key"),
        (FIELDS, {"a": [{"StandardIdentifiers": ["UNIQUE", "PROFILE"], "FieldNames": ["absent"]}]}, "unknown fields absent"),
        ({**FIELDS, "a": {"Source": "x", "Target": "_profile.FirstName"}}, KEYS, "expected _source.NAME"),
        ({**FIELDS, "a": {"Source": "_source.x", "Target": "_order.Name"}}, KEYS, "Target"),
    ],
)  # fmt: skip
def test_an_object_type_that_could_map_nothing_is_refused(profiles, fields, keys, says):
    refusal = _refusal(profiles.put_profile_object_type, **SCORES, Description="d", Fields=fields, Keys=keys)

    assert refusal["Code"] == "BadRequestException"
    assert says in refusal["Message"]


def test_an_empty_text_is_refused_since_its_meaning_is_not_documented(profiles):
    refusal = _refusal(profiles.put_profile_object, **SCORES, Object='{"customer_ref": "c1", "churn_band": ""}')

    assert "not documented" in refusal["Message"]


def test_searching_by_several_keys_needs_to_say_how(profiles, put):
    put("c1", email="a@example.org")
    put("c2", email="b@example.org")
    more = {"AdditionalSearchKeys": [{"KeyName": "_email", "Values": ["b@example.org"]}], **WHERE, "KeyName": "_account", "Values": ["c1"]}

    both = profiles.search_profiles(**more, LogicalOperator="AND")["Items"]
    either = profiles.search_profiles(**more, LogicalOperator="OR")["Items"]

    assert both == []
    assert [each["AccountNumber"] for each in either] == ["c1", "c2"]
    assert "LogicalOperator" in _refusal(profiles.search_profiles, **more)["Message"]


def test_profiles_are_updated_found_by_added_keys_and_deleted(serving, profiles, put):
    put(email="a@example.org")
    [profile] = _found(profiles, "c1")
    who = {**WHERE, "ProfileId": profile["ProfileId"]}

    profiles.update_profile(**who, FirstName="Ann", PersonalEmailAddress="", Attributes={"tier": "gold"})
    profiles.add_profile_key(**who, KeyName="loyalty", Values=["L1"])
    [changed] = _found(profiles, "L1", "loyalty")
    profiles.delete_profile_key(**who, KeyName="loyalty", Values=["L1"])
    gone = _found(profiles, "L1", "loyalty")
    profiles.delete_profile(**who)

    assert changed["FirstName"] == "Ann"
    assert changed["Attributes"] == {"tier": "gold"}
    assert "PersonalEmailAddress" not in changed
    assert (gone, _found(profiles, "c1")) == ([], [])
    assert "a@example.org" not in json.dumps(serving.inspect("customer-profiles/received"))


def test_profiles_and_their_keys_survive_a_restart(serving, profiles, put):
    put(churn_band="high")

    serving.stop()
    serving.start()

    assert _found(serving.client("customer-profiles"), "c1")[0]["Attributes"] == {"churn_band": "high"}


@pytest.mark.parametrize(
    ("groups", "members"),
    [
        (_groups("INCLUSIVE", "high", "mid"), ["c1", "c2"]),
        (_groups("EXCLUSIVE", "high"), ["c2", "c3", "c4"]),
        (_groups("CONTAINS", "i"), ["c1", "c2"]),
        (_groups("BEGINS_WITH", "lo"), ["c3"]),
        (_groups("GREATER_THAN", "0.5", name="churn_score"), ["c1"]),
        (_groups("LESS_THAN_OR_EQUAL", "0.5", name="churn_score"), ["c2"]),
        ({**_groups("INCLUSIVE", "high"), "Include": "NONE"}, ["c2", "c3", "c4"]),
    ],
)
def test_a_segments_members_are_those_its_dimensions_match(serving, profiles, put, groups, members):
    put("c1", churn_band="high", churn_score=0.9)
    put("c2", churn_band="mid", churn_score=0.5)
    put("c3", churn_band="low")
    put("c4")
    _segment(profiles, "s", groups)

    held = serving.inspect("customer-profiles/members?segment=s")
    estimate = profiles.create_segment_estimate(**WHERE, SegmentQuery=groups)["EstimateId"]

    assert sorted(each["AccountNumber"] for each in serving.inspect("customer-profiles/profiles") if each["ProfileId"] in held) == members
    assert profiles.get_segment_estimate(**WHERE, EstimateId=estimate)["Estimate"] == str(len(members))


def test_membership_is_told_for_up_to_a_hundred_profiles(profiles, put):
    put("c1", churn_band="high")
    put("c2", churn_band="low")
    ids = [_found(profiles, each)[0]["ProfileId"] for each in ("c1", "c2")]
    _segment(profiles, "high", _groups("INCLUSIVE", "high"))

    answer = profiles.get_segment_membership(**WHERE, SegmentDefinitionName="high", ProfileIds=[*ids, GONE])

    assert [each["QueryResult"] for each in answer["Profiles"]] == ["PRESENT", "ABSENT"]
    assert [each["ProfileId"] for each in answer["Failures"]] == [GONE]
    assert _refusal(profiles.get_segment_membership, **WHERE, SegmentDefinitionName="high", ProfileIds=[GONE] * 101)["Code"] == (
        "BadRequestException"
    )


def test_comparing_text_that_is_no_number_says_that_nobody_knows(profiles, put):
    put("c1", churn_band="high")
    _segment(profiles, "odd", _groups("GREATER_THAN", "1"))

    refusal = _refusal(
        profiles.get_segment_membership, **WHERE, SegmentDefinitionName="odd", ProfileIds=[_found(profiles, "c1")[0]["ProfileId"]]
    )

    assert "not documented" in refusal["Message"]


def test_a_segment_is_never_changed(profiles):
    created = _segment(profiles, "high", _groups("INCLUSIVE", "high"))

    refusal = _refusal(_segment, profiles, "high", _groups("INCLUSIVE", "low"))
    profiles.delete_segment_definition(**WHERE, SegmentDefinitionName="high")

    assert created["SegmentDefinitionArn"] == "arn:aws:profile:us-east-1:000000000000:domains/shop/segment-definitions/high"
    assert "exists already" in refusal["Message"]
    assert profiles.list_segment_definitions(**WHERE)["Items"] == []


@pytest.mark.parametrize(("data_format", "lines"), [("JSONL", 1), ("CSV", 2)])
def test_a_snapshot_is_written_as_the_role(serving, profiles, put, lake, eventually, data_format, lines):
    put("kim", churn_band="high")
    put("otto", churn_band="low")
    _segment(profiles, "high", _groups("INCLUSIVE", "high"))
    where = {**WHERE, "SegmentDefinitionName": "high"}
    wanted = {"DataFormat": data_format, "RoleArn": lake.role, "DestinationUri": f"{lake.url}segments"}
    snapshot = profiles.create_segment_snapshot(**where, **wanted)["SnapshotId"]

    ended = eventually(lambda: profiles.get_segment_snapshot(**where, SnapshotId=snapshot), lambda each: each["Status"] != "IN_PROGRESS")

    body = serving.cloud.client("s3").get_object(Bucket="lake", Key=f"segments/{snapshot}.{data_format.lower()}")["Body"].read().decode()
    assert ended["Status"] == "COMPLETED"
    assert (len(body.splitlines()), "kim" in body, "otto" in body) == (lines, True, False)
    assert lake.role in serving.cloud.roles


class Upload:
    """An upload job from its start to its end."""

    def __init__(self, profiles, eventually):
        self.profiles, self.eventually = profiles, eventually
        job = profiles.create_upload_job(**WHERE, DisplayName="first load", Fields=FIELDS_OF_CSV, UniqueKey="customer_ref")
        self.job = {**WHERE, "JobId": job["JobId"]}

    def send(self, body, **headers):
        path = self.profiles.get_upload_job_path(**self.job)
        token = path["ClientToken"]
        digest = base64.b64encode(hashlib.md5(base64.b64decode(token)).digest()).decode()
        customer = {"customer-algorithm": "AES256", "customer-key": token, "customer-key-MD5": digest} | headers
        named = {f"x-amz-server-side-encryption-{name}": value for name, value in customer.items()}
        return urllib3.request("PUT", path["Url"], body=body, headers=named).status

    def run(self, body):
        self.send(body)
        self.profiles.start_upload_job(**self.job)
        return self.eventually(lambda: self.profiles.get_upload_job(**self.job), lambda each: each["Status"] not in RUNNING)


RUNNING = ("CREATED", "IN_PROGRESS")
FIELDS_OF_CSV = {
    "customer_ref": {"Source": "_source.customer_ref", "Target": "_profile.AccountNumber"},
    "churn_band": {"Source": "_source.churn_band", "Target": "_profile.Attributes.churn_band"},
}


def test_an_upload_creates_and_updates_profiles_and_counts_what_failed(profiles, put, eventually):
    put("c1", churn_band="low")

    job = Upload(profiles, eventually).run(f"customer_ref,churn_band\nc1,high\nc2,mid\nc3,{'x' * 256}\n".encode())

    assert job["Status"] == "PARTIALLY_SUCCEEDED"
    assert job["ResultsSummary"] == {"UpdatedRecords": 1, "CreatedRecords": 1, "FailedRecords": 1}
    assert [_found(profiles, each)[0]["Attributes"] for each in ("c1", "c2")] == [{"churn_band": "high"}, {"churn_band": "mid"}]


def test_what_an_upload_made_is_found_by_later_objects(serving, profiles, put, eventually):
    Upload(profiles, eventually).run(b"customer_ref,churn_band\nc1,high\n")

    put("c1", churn_band="low")

    assert [each["Attributes"]["churn_band"] for each in serving.inspect("customer-profiles/profiles")] == ["low"]


@pytest.mark.parametrize("body", [b"customer_ref\nc1\n", b"customer_ref,churn_band\n\xff,a\n"], ids=["no column", "no text"])
def test_a_file_that_is_not_the_jobs_fails_validation(profiles, eventually, body):
    job = Upload(profiles, eventually).run(body)

    assert (job["Status"], job["StatusReason"]) == ("FAILED", "VALIDATION_FAILURE")


def test_a_file_without_the_customers_key_is_not_taken(profiles, eventually):
    upload = Upload(profiles, eventually)

    status = upload.send(b"customer_ref,churn_band\n", **{"customer-key-MD5": "x"})

    assert status == 403
    assert "no file yet" in _refusal(profiles.start_upload_job, **upload.job)["Message"]


def test_definitions_are_kept_until_their_domain_goes(serving, profiles):
    uri = {**WHERE, "Uri": "arn:aws:events:us-east-1:000000000000:event-source/x"}
    attribute = {**WHERE, "CalculatedAttributeName": "orders"}
    profiles.put_integration(**uri, ObjectTypeName="Scores")
    details = {"Attributes": [{"Name": "churn_band"}], "Expression": "{churn_band}"}
    profiles.create_calculated_attribute_definition(**attribute, AttributeDetails=details, Statistic="COUNT")

    kept = (profiles.get_integration(**uri)["ObjectTypeName"], profiles.get_calculated_attribute_definition(**attribute)["Statistic"])
    profiles.delete_domain(**WHERE)
    profiles.create_domain(**WHERE, DefaultExpirationDays=1)

    assert kept == ("Scores", "COUNT")
    assert profiles.list_integrations(**WHERE)["Items"] == []
    assert profiles.list_profile_object_types(**WHERE)["Items"] == []
    assert profiles.get_domain(**WHERE)["Stats"]["ProfileCount"] == 0
