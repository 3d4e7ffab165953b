"""Planned faults take the place of an answer of any AWS twin, by operation."""

import json

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

WHERE = {"DomainName": "shop"}
SCORES = {**WHERE, "ObjectTypeName": "Scores"}
CAMPAIGN = "arn:aws:personalize:us-east-1:000000000000:campaign/x"
BATCH = "BatchPutProfileObject"


@pytest.fixture
def profiles(serving):
    client = serving.client("customer-profiles")
    client.create_domain(**WHERE, DefaultExpirationDays=366)
    keys = {"_account": [{"StandardIdentifiers": ["UNIQUE", "PROFILE"], "FieldNames": ["ref"]}]}
    fields = {"ref": {"Source": "_source.ref", "Target": "_profile.AccountNumber"}}
    client.put_profile_object_type(**SCORES, Description="s", AllowProfileCreation=True, Fields=fields, Keys=keys)
    return client


@pytest.fixture
def plan(serving):
    def plan(*answers, **rates):
        serving.twins.faults("customer-profiles").configure(answers=list(answers), rates=rates)

    return plan


def _put(profiles, *refs):
    return profiles.batch_put_profile_object(**SCORES, Items=[{"Id": ref, "Object": json.dumps({"ref": ref})} for ref in refs])


def _held(serving):
    return [each["AccountNumber"] for each in serving.inspect("customer-profiles/profiles")]


def test_a_planned_answer_refuses_so_many_calls_of_its_operation(serving, profiles):
    wanted = {"operation": BATCH, "status": 429, "headers": {"Retry-After": "1"}, "times": 2, "skip": 1}
    serving.configure("customer-profiles", answers=[wanted])

    outcomes = []
    for ref in ("c1", "c2", "c3", "c4"):
        try:
            _put(profiles, ref)
            outcomes.append("ok")
        except ClientError as error:
            response = error.response
            outcomes.append((response["Error"]["Code"], response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]))

    assert outcomes == ["ok", ("ThrottlingException", "1"), ("ThrottlingException", "1"), "ok"]
    assert _held(serving) == ["c1", "c4"]


def test_an_accepted_call_is_done_and_its_reply_lost(serving, profiles, plan):
    plan({"operation": BATCH, "status": 503, "accept": True}, {"operation": "*", "reset": True, "accept": True})

    with pytest.raises(ClientError):
        _put(profiles, "c1")
    with pytest.raises(ConnectionClosedError):
        _put(profiles, "c2")

    assert _held(serving) == ["c1", "c2"]


def test_a_reset_without_accept_does_nothing(serving, profiles, plan):
    plan({"operation": BATCH, "reset": True})

    with pytest.raises(ConnectionClosedError):
        _put(profiles, "c1")

    assert _held(serving) == []


def test_items_of_a_batch_fail_by_number(serving, profiles, plan):
    plan({"operation": BATCH, "fail_items": 2, "status": 500, "code": "InternalServerException"}, {"operation": BATCH, "fail_items": 5})

    partly, wholly = _put(profiles, "c1", "c2", "c3"), _put(profiles, "c4")

    assert [each["Id"] for each in partly["Successful"]] == ["c3"]
    assert partly["Failed"] == [{"Id": ref, "Code": 500, "Message": "InternalServerException: planned"} for ref in ("c1", "c2")]
    assert [each["Id"] for each in wholly["Failed"]] == ["c4"]
    assert _held(serving) == ["c3"]


def test_a_delay_comes_after_the_work(serving, profiles, plan):
    waited = []
    serving.twins.faults("customer-profiles").sleep = lambda seconds: waited.append((seconds, _held(serving)))
    plan({"operation": BATCH, "delay": 2.5})

    _put(profiles, "c1")

    assert waited == [(2.5, ["c1"])]


def test_a_rate_lends_one_second_and_then_throttles(serving, profiles, plan):
    plan(**{BATCH: 0.001})
    _put(profiles, "c1")

    with pytest.raises(ClientError) as refused:
        _put(profiles, "c2")

    assert refused.value.response["Error"]["Code"] == "ThrottlingException"


def test_a_plan_survives_a_restart_and_is_told_in_the_records(serving, profiles, plan):
    plan({"operation": BATCH, "status": 500})
    serving.stop()
    serving.start()

    with pytest.raises(ClientError):
        _put(serving.client("customer-profiles"), "c1")

    assert [each["operation"] for each in serving.inspect("customer-profiles/received?kind=fault")] == [BATCH]


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"answers": [{"operation": "PutMail", "status": 500}]}, "no operation PutMail"),
        ({"answers": [{"operation": BATCH, "state": 500}]}, "got operation, state"),
        ({"answers": [{"operation": BATCH}]}, "changes nothing"),
        ({"rate": {}}, "unknown rate"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(serving, plan, says):
    assert says in serving.configure("customer-profiles", **plan)["message"]


@pytest.mark.parametrize(
    ("service", "operation", "call"),
    [
        ("pinpoint", "GetApps", lambda client: client.get_apps()),
        ("personalize-runtime", "GetRecommendations", lambda client: client.get_recommendations(userId="c1", campaignArn=CAMPAIGN)),
        ("sagemaker", "ListPipelines", lambda client: client.list_pipelines()),
    ],
)  # fmt: skip
def test_every_aws_twin_has_faults(serving, service, operation, call):
    serving.configure(service, answers=[{"operation": operation, "status": 503}])

    with pytest.raises(ClientError) as refused:
        call(serving.client(service))

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
