"""The Pinpoint twin reads import files as the job's role, keeps endpoints and evaluates segments."""

import json

import pytest
from botocore.exceptions import ClientError

HEADER = "ChannelType,Address,Id,User.UserId,Location.Country,Attributes.churn_band,Metrics.churn_propensity"


@pytest.fixture
def pinpoint(serving):
    return serving.client("pinpoint")


@pytest.fixture
def app(pinpoint):
    return pinpoint.create_app(CreateApplicationRequest={"Name": "omni"})["ApplicationResponse"]["Id"]


@pytest.fixture
def run_job(pinpoint, app, lake, eventually):
    def run(key, format="JSON", **more):
        wanted = {"Format": format, "S3Url": lake.url + key, "RoleArn": lake.role, "RegisterEndpoints": True, "DefineSegment": True, **more}
        job = pinpoint.create_import_job(ApplicationId=app, ImportJobRequest={"SegmentName": "propensity", **wanted})["ImportJobResponse"]

        def described():
            return pinpoint.get_import_job(ApplicationId=app, JobId=job["Id"])["ImportJobResponse"]

        return eventually(described, lambda each: each["JobStatus"] in ("COMPLETED", "FAILED"))

    return run


def _line(number, **changes):
    endpoint = {
        "Id": f"c_{number}",
        "ChannelType": "EMAIL",
        "Address": f"c{number}@example.org",
        "User": {"UserId": f"c_{number}"},
        "Attributes": {"churn_band": ["high" if number % 2 else "low"]},
        "Metrics": {"churn_propensity": number / 10},
    }
    return json.dumps({**endpoint, **changes})


def _code(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_a_job_registers_the_endpoints_of_every_file_in_the_folder(serving, pinpoint, app, lake, run_job):
    lake.put("messaging/part-000.jsonl", "\n".join(_line(n) for n in range(3)))
    lake.put("messaging/part-001.jsonl", _line(3))

    job = run_job("messaging/")

    endpoint = pinpoint.get_endpoint(ApplicationId=app, EndpointId="c_3")["EndpointResponse"]
    segment = pinpoint.get_segment(ApplicationId=app, SegmentId=job["Definition"]["SegmentId"])["SegmentResponse"]
    assert (job["JobStatus"], job["TotalPieces"], job["CompletedPieces"], job["TotalProcessed"], job["TotalFailures"]) == (
        "COMPLETED", 2, 2, 4, 0,
    )  # fmt: skip
    assert (endpoint["Metrics"], endpoint["Attributes"]) == ({"churn_propensity": 0.3}, {"churn_band": ["high"]})
    assert (segment["Name"], segment["SegmentType"], segment["ImportDefinition"]["Size"]) == ("propensity", "IMPORT", 4)
    assert set(serving.cloud.roles) == {lake.role}


def test_a_csv_with_dotted_headers_is_read_by_column(pinpoint, app, lake, run_job):
    lake.put("import.csv", f"{HEADER}\nEMAIL,a@example.org,c_1,c_1,DE,high,0.91\n")

    job = run_job("import.csv", "CSV")

    endpoint = pinpoint.get_endpoint(ApplicationId=app, EndpointId="c_1")["EndpointResponse"]
    assert job["JobStatus"] == "COMPLETED"
    assert (endpoint["Location"], endpoint["User"]["UserId"]) == ({"Country": "DE"}, "c_1")
    assert endpoint["Metrics"] == {"churn_propensity": 0.91}


@pytest.mark.parametrize(
    "line",
    [
        _line(1, Address=None),
        _line(1, ChannelType="PIGEON"),
        _line(1, Address="nobody"),
        _line(1, ChannelType="SMS"),
        _line(1, Attributes={"a" * 51: ["x"]}),
        _line(1, Attributes={"band": "high"}),
        _line(1, Metrics={"churn": "0.5"}),
        "{",
        "[]",
    ],
)
def test_an_endpoint_that_is_none_is_named_without_its_address_and_the_others_pass(lake, run_job, line):
    lake.put("import.jsonl", f"{line}\n{_line(2)}")

    job = run_job("import.jsonl")

    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 2, 1)
    assert "import.jsonl line 1" in job["Failures"][0]
    assert "@example.org" not in job["Failures"][0]


@pytest.mark.parametrize(
    ("key", "text", "format"),
    [("nothing.jsonl", b"", "JSON"), ("a.csv", b"ChannelType,Shoe\nEMAIL,42\n", "CSV"), ("b.jsonl", _line(1).encode("utf-16"), "JSON")],
)
def test_a_job_without_a_usable_file_fails_and_says_why(lake, run_job, key, text, format):
    lake.put(key, text)

    job = run_job(key, format)

    assert job["JobStatus"] == "FAILED"
    assert job["Failures"]


def test_an_update_changes_what_it_names_and_keeps_the_rest(pinpoint, app):
    pinpoint.update_endpoint(ApplicationId=app, EndpointId="c_1", EndpointRequest=_request(1))

    pinpoint.update_endpoint(ApplicationId=app, EndpointId="c_1", EndpointRequest={"Attributes": {"segment": ["vip"]}})

    endpoint = pinpoint.get_endpoint(ApplicationId=app, EndpointId="c_1")["EndpointResponse"]
    assert endpoint["Attributes"] == {"churn_band": ["high"], "segment": ["vip"]}
    assert endpoint["Address"] == "c1@example.org"


def _request(number):
    return {name: value for name, value in json.loads(_line(number)).items() if name != "Id"}


def test_limits_of_endpoints_and_batches_are_bad_requests(pinpoint, app):
    too_many = [json.loads(_line(n)) for n in range(101)]

    codes = [
        _code(lambda: pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": too_many})),
        _code(lambda: pinpoint.update_endpoint(ApplicationId=app, EndpointId="x", EndpointRequest={"ChannelType": "EMAIL"})),
        _code(lambda: pinpoint.get_endpoint(ApplicationId=app, EndpointId="nobody")),
        _code(lambda: pinpoint.get_app(ApplicationId="none")),
    ]

    assert codes == ["BadRequestException", "BadRequestException", "NotFoundException", "NotFoundException"]


@pytest.mark.parametrize(
    ("dimensions", "found"),
    [
        ({"Metrics": {"churn_propensity": {"ComparisonOperator": "GREATER_THAN_OR_EQUAL", "Value": 0.3}}}, ["c_3", "c_4"]),
        ({"Attributes": {"churn_band": {"AttributeType": "INCLUSIVE", "Values": ["high"]}}}, ["c_1", "c_3"]),
        ({"Attributes": {"churn_band": {"AttributeType": "EXCLUSIVE", "Values": ["high"]}}}, ["c_0", "c_2", "c_4"]),
        ({"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["SMS"]}}}, []),
    ],
)
def test_a_segment_holds_those_that_match_its_dimensions(serving, pinpoint, app, dimensions, found):
    pinpoint.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": [json.loads(_line(n)) for n in range(5)]})

    segment = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest={"Name": "s", "Dimensions": dimensions})["SegmentResponse"]

    assert serving.inspect(f"pinpoint/members?app={app}&segment={segment['Id']}") == found


def test_an_imported_segment_can_be_narrowed_by_a_metric(serving, pinpoint, app, lake, run_job):
    lake.put("import.jsonl", "\n".join(_line(n) for n in range(3)))
    pinpoint.update_endpoint(ApplicationId=app, EndpointId="c_9", EndpointRequest=_request(9))
    imported = run_job("import.jsonl")["Definition"]["SegmentId"]
    metric = {"Metrics": {"churn_propensity": {"ComparisonOperator": "GREATER_THAN", "Value": 0.1}}}
    groups = [{"SourceSegments": [{"Id": imported}], "SourceType": "ALL", "Type": "ALL", "Dimensions": [metric]}]

    request = {"Name": "s", "SegmentGroups": {"Groups": groups, "Include": "ALL"}}
    segment = pinpoint.create_segment(ApplicationId=app, WriteSegmentRequest=request)["SegmentResponse"]

    assert serving.inspect(f"pinpoint/members?app={app}&segment={segment['Id']}") == ["c_2"]


def test_everything_survives_a_restart(serving, pinpoint, app):
    pinpoint.update_endpoint(ApplicationId=app, EndpointId="c_1", EndpointRequest=_request(1))

    serving.stop()
    serving.start()

    assert [each["Id"] for each in serving.inspect(f"pinpoint/endpoints?app={app}")] == ["c_1"]
