"""The function of the adapter `connect`, one audience part a call, against the twin of Customer Profiles."""

import io

import pytest
from botocore.exceptions import ClientError

from lambdas import profiles_bridge
from omnichannel.activation import connect_objects
from omnichannel.activation.sender import SinkUnavailable
from omnichannel.aws import clients
from omnichannel.contracts.profiles import EXPIRATION_DAYS, OBJECT_TYPE, TIME_FORMAT
from omnichannel.ledger.tally import closes
from tests.integration.twins.conftest import Serving

COUNT, DOMAIN = 12, "omni-test"
EMAIL_REFUSED = {"marketing/email": {"granted": False, "at": "2026-02-01T00:00:00Z"}}


@pytest.fixture
def twin(retailer, tmp_path, monkeypatch):
    serving = Serving(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "root",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_CUSTOMER_PROFILES": f"{serving.server.url}/aws/customer-profiles",
    }.items():
        monkeypatch.setenv(name, value)
    clients.forget()
    service = clients.client("customer-profiles")
    service.create_domain(DomainName=DOMAIN, DefaultExpirationDays=EXPIRATION_DAYS)
    service.put_profile_object_type(
        DomainName=DOMAIN, ObjectTypeName=OBJECT_TYPE, Description="scores", AllowProfileCreation=True,
        SourceLastUpdatedTimestampFormat=TIME_FORMAT, Fields=connect_objects.fields(), Keys=connect_objects.keys(),
    )  # fmt: skip
    yield serving
    serving.stop()


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


def _delivered(retailer):
    """The rows that keep their time: who is withheld again is so at the moment of the later run."""
    return {name: row for name, row in retailer.rows("messaging", "run-1", "connect").items() if row["status"] == "delivered"}


def _held(twin):
    return sorted(each["Attributes"]["customer_id"] for each in twin.inspect(f"customer-profiles/profiles?domain={DOMAIN}"))


def _faults(twin, *answers):
    twin.twins.faults("customer-profiles").configure(answers=[{"operation": "BatchPutProfileObject", **each} for each in answers])


def test_every_part_is_put_and_the_ledger_closes(retailer, audience, twin):
    answers = retailer.activate(audience, profiles_bridge)

    assert [(answer["done"], answer["offset"], answer["part"]) for answer in answers] == [
        (True, count, part) for count, part in zip((10, 2), audience["parts"], strict=True)
    ]
    assert retailer.outcomes("messaging", "run-1", "connect") == _expected()
    assert _held(twin) == [customer for customer, outcome in _expected().items() if outcome == "delivered"]
    assert closes(retailer.close(audience, "connect")[0])


def test_the_same_run_again_changes_nothing(retailer, audience, twin):
    retailer.activate(audience, profiles_bridge)
    rows, outcomes, sent = _delivered(retailer), retailer.outcomes("messaging", "run-1", "connect"), retailer.sent()

    retailer.activate(audience, profiles_bridge)

    assert (_delivered(retailer), retailer.outcomes("messaging", "run-1", "connect"), retailer.sent()) == (rows, outcomes, sent)


def test_a_sink_that_is_away_is_told_to_the_state_machine_and_the_ledger_is_written(retailer, audience, twin, time):
    time.left = 0.0
    _faults(twin, {"status": 503, "times": 50})

    with pytest.raises(SinkUnavailable):
        retailer.activate(audience, profiles_bridge)

    assert retailer.rows("messaging", "run-1", "connect")
    assert retailer.sent() == {}
    _faults(twin)
    time.left = 900.0
    retailer.activate(audience, profiles_bridge)
    assert retailer.outcomes("messaging", "run-1", "connect") == _expected()


@pytest.fixture
def heard(monkeypatch):
    """What the function's log says: its stream is that of the process's start, which no capture of a test sees."""
    stream, handler = io.StringIO(), profiles_bridge.logger.registered_handler
    monkeypatch.setattr(handler, "stream", stream)
    return stream


def _names_somebody(said):
    return [word for word in ("canary", "@example.org", "crm-") if word in said.lower()]


def test_no_personal_data_is_logged(retailer, audience, twin, heard):
    _faults(twin, {"fail_items": 2, "status": 400}, {"fail_items": 2, "status": 400})

    retailer.activate(audience, profiles_bridge)

    assert heard.getvalue().count("part put") == len(audience["parts"])
    assert "refused-by-sink" in heard.getvalue()
    assert _names_somebody(heard.getvalue()) == []


def test_a_failure_names_nobody(retailer, audience, twin, heard):
    clients.client("dynamodb").delete_table(TableName="customers")

    with pytest.raises(ClientError, match="BatchGetItem") as failed:
        retailer.activate(audience, profiles_bridge)

    assert _names_somebody(f"{failed.value!r}{heard.getvalue()}") == []
