"""The sinks of the sandbox forget a user as theirs would: asked by the clients that the functions use."""

import json

import pytest
import urllib3

from omnichannel.privacy.regulations import Regulations, SinkRefused
from tests.integration.privacy.conftest import BUCKET
from tests.integration.twins.conftest import ROLE, SESSION

SCHEMA = {
    "type": "record", "name": "Interactions", "namespace": "n", "version": "1.0",
    "fields": [{"name": name, "type": kind} for name, kind in (("USER_ID", "string"), ("ITEM_ID", "string"), ("TIMESTAMP", "long"))],
}  # fmt: skip


class Segment:
    def __init__(self, served):
        self.url, self.http = f"{served.server.url}/segment", urllib3.PoolManager()
        self.post("configure", {"write_keys": ["key"], "api_tokens": ["token"]})

    def post(self, what, body):
        return self.http.request("POST", self.url.replace("/segment", "/inspect/segment/") + what, body=json.dumps(body))

    def get(self, what):
        return json.loads(self.http.request("GET", self.url.replace("/segment", "/inspect/segment/") + what).data)

    def identify(self, user):
        body = json.dumps({"userId": user, "traits": {"a": 1}, "writeKey": "key"})
        return self.http.request("POST", f"{self.url}/v1/identify", body=body).status

    def api(self, token="token"):  # noqa: S107 - of the twin
        return Regulations(endpoint=self.url, token=token, http=self.http)


def test_segment_deletes_what_it_holds_and_drops_what_comes(serving, eventually):
    segment = Segment(serving)
    assert [segment.identify(user) for user in ("U1", "U2")] == [200, 200]

    regulation = segment.api().create(["U1"])

    assert segment.identify("U1") == 200
    assert [line["userId"] for line in segment.get("delivered")] == ["U2"]
    assert segment.get("counters")["suppressed"] == 1
    assert eventually(lambda: segment.api().status(regulation), lambda status: status == "FINISHED")
    assert "U1" not in "".join(path.read_text(errors="ignore") for path in serving.directory.rglob("*") if path.is_file())


def test_segment_says_what_is_wrong(serving):
    segment = Segment(serving)

    with pytest.raises(SinkRefused, match="401"):
        segment.api("other").create(["U1"])
    with pytest.raises(SinkRefused, match=r"422 .*input-validation"):
        segment.api()._call("POST", "regulations", {"regulationType": "DELETE", "subjectType": "USER_ID", "subjectIds": ["U1"]})
    with pytest.raises(SinkRefused, match="404"):
        segment.api().status("none")
    with pytest.raises(ValueError, match="5001 users"):
        segment.api().create(["U"] * 5001)


def test_personalize_forgets_users_of_a_csv(serving, eventually):
    personalize, events, s3 = serving.client("personalize"), serving.client("personalize-events"), SESSION.client("s3")
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]
    schema = personalize.create_schema(name="s", schema=json.dumps(SCHEMA))["schemaArn"]
    dataset = personalize.create_dataset(name="d", datasetGroupArn=group, datasetType="Interactions", schemaArn=schema)["datasetArn"]
    tracker = personalize.create_event_tracker(name="t", datasetGroupArn=group)["trackingId"]
    rows = "".join(f"U{n % 50},I{n % 7},{n}\n" for n in range(1000))
    s3.put_object(Bucket=BUCKET, Key="in/a.csv", Body=f"USER_ID,ITEM_ID,TIMESTAMP\n{rows}")
    job = personalize.create_dataset_import_job(
        jobName="i", datasetArn=dataset, dataSource={"dataLocation": f"s3://{BUCKET}/in/"}, roleArn=ROLE
    )
    eventually(
        lambda: personalize.describe_dataset_import_job(datasetImportJobArn=job["datasetImportJobArn"])["datasetImportJob"]["status"],
        lambda status: status == "ACTIVE",
    )
    for user, session in ((None, "s1"), ("U1", "s1"), ("U2", "s2")):
        named = {"userId": user} if user else {}
        events.put_events(trackingId=tracker, sessionId=session, eventList=[{"eventType": "View", "itemId": "I1", "sentAt": 1}], **named)
    s3.put_object(Bucket=BUCKET, Key="users.csv", Body="USER_ID\nU1\nU49\n")

    deletion = personalize.create_data_deletion_job(
        jobName="e", datasetGroupArn=group, dataSource={"dataLocation": f"s3://{BUCKET}/users.csv"}, roleArn=ROLE
    )["dataDeletionJobArn"]

    done = eventually(
        lambda: personalize.describe_data_deletion_job(dataDeletionJobArn=deletion)["dataDeletionJob"],
        lambda job: job["status"] in ("COMPLETED", "FAILED"),
    )
    assert (done["status"], done["numDeleted"]) == ("COMPLETED", 42)
    left = urllib3.PoolManager().request("GET", f"{serving.server.url}/inspect/personalize-events/events").data
    assert [line["userId"] for line in json.loads(left)] == ["U2"]
    assert [each["jobName"] for each in personalize.list_data_deletion_jobs(datasetGroupArn=group)["dataDeletionJobs"]] == ["e"]


def test_a_deletion_job_without_its_file_fails_and_says_so(serving, eventually):
    personalize = serving.client("personalize")
    group = personalize.create_dataset_group(name="g")["datasetGroupArn"]

    deletion = personalize.create_data_deletion_job(
        jobName="e", datasetGroupArn=group, dataSource={"dataLocation": f"s3://{BUCKET}/none.csv"}, roleArn=ROLE
    )["dataDeletionJobArn"]

    done = eventually(
        lambda: personalize.describe_data_deletion_job(dataDeletionJobArn=deletion)["dataDeletionJob"],
        lambda job: job["status"] == "FAILED",
    )
    assert "none.csv" in done["failureReason"]


def test_pinpoint_forgets_the_endpoints_of_a_user(serving):
    pinpoint = serving.client("pinpoint")
    app = pinpoint.create_app(CreateApplicationRequest={"Name": "a"})["ApplicationResponse"]["Id"]
    for user in ("c_1", "c_2"):
        endpoint = {"ChannelType": "EMAIL", "Address": f"{user}@x.example", "User": {"UserId": user}}
        pinpoint.update_endpoint(ApplicationId=app, EndpointId=f"{user}.email", EndpointRequest=endpoint)

    deleted = pinpoint.delete_user_endpoints(ApplicationId=app, UserId="c_1")["EndpointsResponse"]["Item"]

    assert [each["Id"] for each in deleted] == ["c_1.email"]
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.delete_user_endpoints(ApplicationId=app, UserId="c_1")
    assert pinpoint.get_endpoint(ApplicationId=app, EndpointId="c_2.email")["EndpointResponse"]["Address"] == "c_2@x.example"
    assert b"c_1" not in (serving.directory / "twins" / "pinpoint" / "received.jsonl").read_bytes()
