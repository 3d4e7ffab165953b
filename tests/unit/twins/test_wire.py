"""Each protocol is exercised with what botocore's own client would send and read."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.twins.authorization import Authorization
from sandbox.twins.cloud import Cloud, Credentials
from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.messages import Response
from sandbox.twins.records import Records
from sandbox.twins.registry import Twins
from sandbox.twins.routing import Routing
from sandbox.twins.server import TwinServer
from sandbox.twins.store import Store

NOON = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/importer"


class Pinpoint:
    """Answers what the tests ask for and remembers what it was given."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context

    def resource(self, operation: str, request: dict[str, Any]) -> str:
        return f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{request.get('ApplicationId', '*')}"

    def create_import_job(self, request: dict[str, Any]) -> dict[str, Any]:
        job = {"ApplicationId": request["ApplicationId"], "Id": "1", "JobStatus": "CREATED", "Type": "IMPORT", "CreationDate": "now"}
        definition = {key: request["ImportJobRequest"][key] for key in ("Format", "RoleArn", "S3Url")}
        return {"ImportJobResponse": {**job, "Definition": definition, "FailedPieces": None}}

    def get_app(self, request: dict[str, Any]) -> dict[str, Any]:
        raise ServiceError("NotFoundException", f"no application {request['ApplicationId']}")

    def get_apps(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"ApplicationsResponse": {"Items": "not a list"}}

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        return {"what": what, **query}

    def control(self, what: str, body: dict[str, Any]) -> Any:
        return {what: body}


class Events:
    """Personalize's event door."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context

    def put_events(self, request: dict[str, Any]) -> dict[str, Any]:
        assert request["eventList"][0]["sentAt"] == NOON.replace(microsecond=0)
        return {}


class Personalize:
    """Answers one control operation with a time in it."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context

    def describe_dataset_group(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"datasetGroup": {"datasetGroupArn": request["datasetGroupArn"], "creationDateTime": NOON}}


class Segment:
    """A plain HTTP twin that echoes."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Response:
        return Response.json({"method": method, "path": path, "body": body.decode()})


@contextmanager
def served(directory: Path, allowed: set[tuple[str, str]]) -> Iterator[str]:
    cloud = Cloud("http://127.0.0.1:1", "us-east-1", Credentials(access_key="root", secret_key="secret"))

    def context_for(name: str) -> TwinContext:
        folder = directory / name
        records = Records(folder / "received.jsonl", lambda: NOON)
        return TwinContext(directory=folder, records=records, store=Store(folder / "state.sqlite"), cloud=cloud, now=lambda: NOON)

    names = {"pinpoint": "Pinpoint", "personalize": "Personalize", "personalize-events": "Events", "segment": "Segment"}
    twins = Twins(context_for, {name: f"{__name__}:{attribute}" for name, attribute in names.items()})

    def simulate(role: str, action: str, resource: str, context: Mapping[str, str]) -> str:
        return "allowed" if (action, resource) in allowed else "implicitDeny"

    server = TwinServer(0, Routing(twins, Authorization(simulate, account="000000000000", root_key="root")))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        twins.close()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    app = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/shop"
    with served(tmp_path, {("mobiletargeting:CreateImportJob", app), ("iam:PassRole", ROLE)}) as address:
        yield address


def client(url: str, service: str, role: str | None = None, key: str = "root") -> Any:
    endpoint = f"{url}/aws/{service}" + (f"/as/{role}" if role else "")
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return boto3.session.Session().client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key="secret", config=config
    )


def import_request(**changes: str) -> dict[str, str]:
    return {"Format": "CSV", "RoleArn": ROLE, "S3Url": "s3://bucket/key"} | changes


def fetch(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    return urllib3.request("POST" if body else "GET", url, body=body, headers=headers).json()


def test_a_rest_operation_gets_its_labels_and_payload_and_answers_with_the_status_of_the_model(url: str) -> None:
    answer = client(url, "pinpoint").create_import_job(ApplicationId="shop", ImportJobRequest=import_request())

    assert answer["ImportJobResponse"]["Definition"] == import_request()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201


def test_a_json_operation_answers_with_times_to_the_millisecond(url: str) -> None:
    arn = "arn:aws:personalize:us-east-1:000000000000:dataset-group/shop"

    answer = client(url, "personalize").describe_dataset_group(datasetGroupArn=arn)

    assert answer["datasetGroup"]["creationDateTime"] == NOON


def test_times_in_a_request_arrive_as_aware_datetimes(url: str) -> None:
    event = {"eventType": "view", "sentAt": NOON.replace(microsecond=0), "itemId": "p1"}

    answer = client(url, "personalize-events").put_events(trackingId="t", sessionId="s", eventList=[event])

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_modelled_error_has_the_status_of_the_model(url: str) -> None:
    with pytest.raises(ClientError) as refused:
        client(url, "pinpoint").get_app(ApplicationId="shop")

    assert refused.value.response["Error"] == {"Code": "NotFoundException", "Message": "no application shop"}
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [({"Format": "XML"}, "enum value set: \\[CSV, JSON\\]"), ({"S3Url": 7}, "Invalid type for parameter ImportJobRequest.S3Url")],
)
def test_a_request_that_breaks_the_model_is_refused_by_the_services_own_error(url: str, change: dict[str, str], words: str) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        client(url, "pinpoint").create_import_job(ApplicationId="shop", ImportJobRequest=import_request(**change))

    assert refused.value.response["Error"]["Code"] == "BadRequestException"


def test_an_operation_without_a_method_is_named(url: str) -> None:
    with pytest.raises(ClientError, match="does not implement CreateCampaign"):
        client(url, "pinpoint").create_campaign(ApplicationId="shop", WriteCampaignRequest={})


def test_an_answer_that_the_service_does_not_give_is_a_failure_that_names_the_member(url: str) -> None:
    with pytest.raises(ClientError, match='Unknown parameter in ApplicationsResponse: "Items"') as failed:
        client(url, "pinpoint").get_apps()

    assert failed.value.response["Error"]["Code"] == "InternalFailure"


def test_a_role_may_do_what_its_policies_allow(url: str) -> None:
    answer = client(url, "pinpoint", role="bridge").create_import_job(ApplicationId="shop", ImportJobRequest=import_request())

    assert answer["ImportJobResponse"]["JobStatus"] == "CREATED"


def test_a_role_is_denied_on_other_resources_in_the_words_of_aws(url: str) -> None:
    with pytest.raises(ClientError) as denied:
        client(url, "pinpoint", role="bridge").create_import_job(ApplicationId="other", ImportJobRequest=import_request())

    assert denied.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": "User: arn:aws:sts::000000000000:assumed-role/bridge/sandbox"
        " is not authorized to perform: mobiletargeting:CreateImportJob"
        " on resource: arn:aws:mobiletargeting:us-east-1:000000000000:apps/other"
        " because no identity-based policy allows the mobiletargeting:CreateImportJob action",
    }


def test_handing_over_a_role_needs_pass_role(url: str) -> None:
    request = import_request(RoleArn="arn:aws:iam::000000000000:role/admin")

    with pytest.raises(ClientError, match="perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/admin"):
        client(url, "pinpoint", role="bridge").create_import_job(ApplicationId="shop", ImportJobRequest=request)


def test_a_call_without_a_role_needs_the_root_key(url: str) -> None:
    with pytest.raises(ClientError) as denied:
        client(url, "pinpoint", key="somebody").get_app(ApplicationId="shop")

    assert denied.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_what_was_received_and_how_it_went_can_be_inspected(url: str) -> None:
    client(url, "pinpoint", role="bridge").create_import_job(ApplicationId="shop", ImportJobRequest=import_request())

    received = fetch(f"{url}/inspect/pinpoint/received?operation=CreateImportJob")

    assert [(line["role"], line["outcome"], line["request"]["ApplicationId"]) for line in received] == [("bridge", "ok", "shop")]


def test_a_twin_answers_questions_and_takes_orders_of_its_own(url: str) -> None:
    asked = fetch(f"{url}/inspect/pinpoint/endpoints?segment=3")
    ordered = fetch(f"{url}/inspect/pinpoint/rate", body=b'{"limit": 2}')

    assert (asked, ordered) == ({"what": "endpoints", "segment": "3"}, {"rate": {"limit": 2}})


def test_a_plain_twin_gets_its_path_query_and_unzipped_body(url: str) -> None:
    answer = fetch(f"{url}/segment/v1/batch?a=1", gzip.compress(b"{}"), {"Content-Encoding": "gzip"})

    assert answer == {"method": "POST", "path": "/v1/batch?a=1", "body": "{}"}


def test_health_names_the_twins(url: str) -> None:
    assert fetch(f"{url}/health")["twins"] == ["pinpoint", "personalize", "personalize-events", "segment"]
