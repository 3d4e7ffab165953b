"""An erasure beside an upload job of Customer Profiles: whom the job brings back is deleted again once it is over."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from omnichannel.activation import connect_upload
from omnichannel.activation.connect_upload import Stand, Uploads
from omnichannel.contracts.profiles import EXPIRATION_DAYS
from omnichannel.privacy import profiles, sinks
from omnichannel.privacy.profiles import STARTED_WITHIN
from omnichannel.privacy.sinks import Sinks

DOMAIN = "shop"


class Desk:
    """A request's folder."""

    def __init__(self, *customer_ids):
        self.notes, self.person = {}, SimpleNamespace(customer_ids=customer_ids)

    def kept(self, name):
        return self.notes.get(name)

    def keep(self, name, value):
        self.notes[name] = value

    def subject(self):
        return self.person


@pytest.fixture
def service(serving):
    client = serving.client("customer-profiles")
    client.create_domain(DomainName=DOMAIN, DefaultExpirationDays=EXPIRATION_DAYS)
    return client


def _job(service, *customer_ids):
    uploads = Uploads(profiles=service, domain=DOMAIN)
    job = uploads.create("first-load")
    rows = (connect_upload.row(f'{{"customer_id": "{each}", "email": "{each}@shop.example"}}') for each in customer_ids)
    uploads.put(job, connect_upload.file(rows))
    return uploads, job


def _ended(uploads, job, rows):
    """Whether the job took so many rows, once it is over."""
    now = datetime.now(UTC)
    while (stand := uploads.stand(job, rows, now, datetime.now(UTC))) is Stand.RUNNING:
        pass
    return stand is Stand.TAKEN


def _told(service, desk):
    return sinks.tell(desk, desk.subject(), Sinks(profiles=service, profiles_domain=DOMAIN), datetime.now(UTC))


def _looked(service, desk):
    return sinks.look(desk, Sinks(profiles=service, profiles_domain=DOMAIN), datetime.now(UTC))


def _ids(service, *customer_ids):
    return [each["Attributes"]["customer_id"] for each in profiles.found(service, DOMAIN, customer_ids)]


def test_whom_a_job_brings_back_is_deleted_again(service):
    uploads, job = _job(service, "c_1", "c_2")
    desk = Desk("c_1")

    before = _told(service, desk)
    uploads.start(job)
    assert _ended(uploads, job, 2)
    back = _ids(service, "c_1")
    after = _looked(service, desk)

    assert (before["settled"], back, after["settled"]) == (False, ["c_1"], True)
    assert _ids(service, "c_1", "c_2") == ["c_2"]
    assert desk.kept(sinks.NOTE)["connect"]["deleted"] == 1


def test_a_job_that_goes_on_is_waited_for_and_a_later_one_is_not(service):
    _job(service, "c_1")
    desk = Desk("c_1")
    _told(service, desk)
    uploads, _ = _job(service, "c_2")

    assert not _looked(service, desk)["settled"]
    uploads.stop(desk.kept(sinks.NOTE)["connect"]["jobs"][0])
    assert _looked(service, desk)["settled"]


def test_without_a_job_nothing_is_waited_for(service):
    assert _told(service, Desk("c_1")) == {"settled": True, "sinks": {"connect": "deleted"}}


def test_a_job_that_was_never_started_is_not_waited_for(service):
    _, job = _job(service, "c_1")
    now = datetime.now(UTC)

    assert profiles.uploading(service, DOMAIN, now) == [job]
    assert profiles.uploading(service, DOMAIN, now + STARTED_WITHIN + timedelta(seconds=5)) == []


def test_jobs_on_more_pages_are_all_found(service):
    class Pages:
        """The service, one job a page."""

        @staticmethod
        def list_upload_jobs(**asked):
            return service.list_upload_jobs(**{**asked, "MaxResults": 1})

    jobs = {_job(service, "c_1")[1] for _ in range(3)}

    assert {*profiles.uploading(Pages(), DOMAIN, datetime.now(UTC))} == jobs
