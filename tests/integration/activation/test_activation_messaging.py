"""The messaging port: who is reached, by a file or by Pinpoint's import job, and what the ledger says of the rest."""

import csv
import io
import json

import pytest
from botocore.stub import ANY, Stubber

from lambdas import file_bridge, pinpoint_bridge
from omnichannel.aws import clients
from omnichannel.ledger.close import SinkFailed
from omnichannel.ledger.tally import closes

COUNT = 12
EMAIL_REFUSED = {"marketing/email": {"granted": False, "at": "2026-02-01T00:00:00Z"}}
FILES = "activation/run=run-1/messaging"


@pytest.fixture
def audience(retailer):
    """12 customers in two parts: one refuses, one has no address, one is not in the customer view."""
    retailer.customers(COUNT - 1)
    retailer.customer(1, consents=EMAIL_REFUSED)
    retailer.customer(2, email=" ")
    return retailer.audience("run-1", retailer.score_everyone(COUNT))


def _expected():
    delivered = {f"c_{number:04d}": "delivered" for number in range(COUNT)}
    return delivered | {"c_0001": "no-consent", "c_0002": "no-address", "c_0011": "no-consent"}


def _csv_rows(body):
    return list(csv.DictReader(io.StringIO(body.decode())))


def test_the_file_has_everyone_with_an_address_and_a_consent(retailer, audience):
    retailer.activate(audience, file_bridge)

    rows = [row for body in retailer.lake(f"{FILES}/file/").values() for row in _csv_rows(body)]
    assert retailer.outcomes("messaging", "run-1", "file") == _expected()
    assert [row["customer_id"] for row in rows] == [customer for customer, outcome in _expected().items() if outcome == "delivered"]
    assert rows[0] == {
        "address": "canary0@example.org",
        "channel": "email",
        "customer_id": "c_0000",
        "churn_propensity": "0.5",
        "churn_band": "low",
        "repurchase_propensity": "0.5",
        "repurchase_band": "low",
        "customer_segment": "",
        "next_best_action": "",
        "recommended_items": "",
        "propensity_as_of": "2026-03-01",
        "action": "",
        "campaign": "",
        "not_before": "",
        "subject": "",
        "body": "",
    }


def test_the_ledger_of_the_file_closes(retailer, audience):
    retailer.activate(audience, file_bridge)

    (row,) = retailer.close(audience, "file")
    assert (row["flow"], row["sink"], row["delivered"], closes(row)) == ("messaging", "file", COUNT - 3, True)


def test_the_same_run_again_writes_the_same_file_and_rows(retailer, audience):
    retailer.activate(audience, file_bridge)
    files, rows, sent = retailer.lake(FILES), retailer.rows("messaging", "run-1", "file"), retailer.sent()

    retailer.activate(audience, file_bridge)

    delivered = {customer: row for customer, row in rows.items() if row["status"] == "delivered"}
    again = retailer.rows("messaging", "run-1", "file")
    assert (retailer.lake(FILES), retailer.sent()) == (files, sent)
    assert {customer: again[customer] for customer in delivered} == delivered


def test_who_withdraws_before_the_run_is_repeated_leaves_the_file(retailer, audience):
    retailer.activate(audience, file_bridge)
    retailer.customer(0, consents=EMAIL_REFUSED)

    retailer.activate(audience, file_bridge)

    rows = [row for body in retailer.lake(f"{FILES}/file/").values() for row in _csv_rows(body)]
    assert "c_0000" not in {row["customer_id"] for row in rows}
    assert retailer.outcomes("messaging", "run-1", "file")["c_0000"] == "no-consent"


def test_unchanged_scores_make_a_file_of_nobody(retailer, audience):
    retailer.activate(audience, file_bridge)

    later = retailer.audience("run-2", retailer.score_everyone(COUNT, run="s2", as_of="2026-03-02"), as_of="2026-03-02")
    retailer.activate(later, file_bridge)

    assert [_csv_rows(body) for body in retailer.lake("activation/run=run-2/messaging/").values()] == [[], []]
    assert retailer.close(later)[0]["withheld"] == {"no-address": 1, "no-consent": 2, "unchanged": COUNT - 3}


def test_no_personal_data_is_logged(retailer, audience, monkeypatch):
    heard = io.StringIO()
    for bridge in (file_bridge, pinpoint_bridge):
        monkeypatch.setattr(bridge.logger.registered_handler, "stream", heard)

    retailer.activate(audience, file_bridge, pinpoint_bridge)

    assert heard.getvalue().count("run-1") == 2 * len(audience["parts"])
    assert "canary" not in heard.getvalue().lower()


@pytest.fixture
def pinpoint(retailer):
    """Pinpoint by its service model: a request that it would refuse, or one that nobody expects, is an error."""
    with Stubber(clients.client("pinpoint")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def _job(status, **more):
    definition = {"Format": "JSON", "S3Url": "s3://lake/x", "RoleArn": "r"}
    job = {"ApplicationId": "app", "CreationDate": "2026-03-01T00:00:00Z", "Definition": definition, "Id": "job-1", "Type": "IMPORT"}
    return {"ImportJobResponse": {**job, "JobStatus": status, **more}}


def _expect_start(pinpoint):
    request = {
        "Format": "JSON",
        "S3Url": f"s3://lake/{FILES}/pinpoint/first/",
        "RoleArn": "arn:aws:iam::000000000000:role/import",
        "RegisterEndpoints": True,
        "DefineSegment": True,
        "SegmentName": "propensity-2026-03-01-run-1",
    }
    pinpoint.add_response("create_import_job", _job("CREATED"), {"ApplicationId": "app", "ImportJobRequest": request})


def _expect_poll(pinpoint, status, **more):
    pinpoint.add_response("get_import_job", _job(status, **more), {"ApplicationId": "app", "JobId": "job-1"})


def _start(retailer, run="run-1"):
    return pinpoint_bridge.handler({"action": "start", "run": run, "as_of": "2026-03-01"}, retailer.context)


def _poll(retailer, job_id="job-1", run="run-1"):
    return pinpoint_bridge.handler({"action": "poll", "run": run, "job_id": job_id}, retailer.context)


def test_an_import_file_has_an_endpoint_a_line(retailer, audience):
    answers = retailer.activate(audience, pinpoint_bridge)

    lines = [json.loads(line) for body in retailer.lake(f"{FILES}/pinpoint/").values() for line in body.splitlines()]
    assert [answer["pending"] for answer in answers] == [8, 1]
    assert lines[0] == {
        "ChannelType": "EMAIL",
        "Address": "canary0@example.org",
        "Id": "c_0000.email",
        "User": {"UserId": "c_0000"},
        "Attributes": {
            "churn_band": ["low"],
            "repurchase_band": ["low"],
            "customer_segment": ["none"],
            "next_best_action": ["none"],
            "campaign": ["none"],
            "subgroup": ["none"],
            "channel": ["email"],
            "not_before": ["none"],
            "propensity_as_of": ["2026-03-01"],
            "recommended_items": ["none"],
            "recommended_item_names": ["none"],
            "message_id": [ANY],
        },
        "Metrics": {"churn_propensity": 0.5, "repurchase_propensity": 0.5},
    }


def test_delivered_is_what_the_finished_job_took(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_start(pinpoint)
    _expect_poll(pinpoint, "PROCESSING")
    _expect_poll(pinpoint, "COMPLETED", TotalFailures=0)

    started, waiting = _start(retailer), _poll(retailer)
    unfinished = retailer.outcomes("messaging", "run-1", "pinpoint")
    finished = _poll(retailer)

    assert [answer["status"] for answer in (started, waiting, finished)] == ["CREATED", "PROCESSING", "COMPLETED"]
    assert set(unfinished) == {"c_0001", "c_0002", "c_0011"}
    assert retailer.outcomes("messaging", "run-1", "pinpoint") == _expected()
    assert closes(retailer.close(audience, "pinpoint")[0])
    assert {customer for customer, _ in retailer.sent()} == {
        customer for customer, outcome in _expected().items() if outcome == "delivered"
    }


def test_endpoints_that_the_job_names_as_failed_are_rejected(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_poll(pinpoint, "COMPLETED", TotalFailures=1, Failures=['{"Id":"c_0005.email"}: invalid address'])
    pinpoint.add_client_error("get_endpoint", "NotFoundException", http_status_code=404)

    _poll(retailer)

    assert retailer.outcomes("messaging", "run-1", "pinpoint") == _expected() | {"c_0005": "refused-by-sink"}
    assert retailer.sent()["c_0005", "pinpoint"]["traits_hash"] == ""


def test_failures_that_the_job_does_not_name_are_looked_for(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_poll(pinpoint, "COMPLETED", TotalFailures=1)
    for line in (line for body in retailer.lake(f"{FILES}/pinpoint/").values() for line in body.splitlines()):
        endpoint = json.loads(line)
        if endpoint["Id"] == "c_0006.email":
            pinpoint.add_client_error("get_endpoint", "NotFoundException", http_status_code=404)
        else:
            held = {"EndpointResponse": {"Attributes": endpoint["Attributes"]}}
            pinpoint.add_response("get_endpoint", held, {"ApplicationId": "app", "EndpointId": endpoint["Id"]})

    _poll(retailer)

    assert retailer.outcomes("messaging", "run-1", "pinpoint") == _expected() | {"c_0006": "refused-by-sink"}


def test_a_failed_job_delivers_nothing_and_fails_the_run(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_poll(pinpoint, "FAILED")

    answer = _poll(retailer)

    assert (answer["status"], {held["traits_hash"] for held in retailer.sent().values()}) == ("FAILED", {""})
    with pytest.raises(SinkFailed, match="pinpoint did not take 9 sink-unavailable"):
        retailer.close(audience, "pinpoint")


def test_starting_twice_finds_the_same_job(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_start(pinpoint)
    _expect_poll(pinpoint, "PROCESSING")

    first, second = _start(retailer), _start(retailer)

    assert (first["job_id"], second) == ("job-1", {"status": "PROCESSING", "job_id": "job-1"})


def test_the_same_run_again_imports_nobody(retailer, audience, pinpoint):
    retailer.activate(audience, pinpoint_bridge)
    _expect_poll(pinpoint, "COMPLETED", TotalFailures=0)
    _poll(retailer)
    before = retailer.rows("messaging", "run-1", "pinpoint")

    retailer.activate(audience, pinpoint_bridge)

    again = retailer.rows("messaging", "run-1", "pinpoint")
    assert _start(retailer) == _poll(retailer, job_id="") == {"status": "COMPLETED", "job_id": ""}
    assert {c: r for c, r in again.items() if r["status"] == "delivered"} == {c: r for c, r in before.items() if r["status"] == "delivered"}
    assert closes(retailer.close(audience, "pinpoint")[0])


def test_an_unknown_action_says_which_are_known(retailer):
    with pytest.raises(ValueError, match="expected send, start, poll or campaigns"):
        pinpoint_bridge.handler({"action": "stop", "run": "r"}, retailer.context)
