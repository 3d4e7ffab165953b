"""A person's profiles in Customer Profiles: shown to them as they stand, and gone when they ask for that."""

import json

import pytest

from omnichannel.activation import connect_objects
from omnichannel.contracts.profiles import EXPIRATION_DAYS, KEY, OBJECT_TYPE, TIME_FORMAT
from omnichannel.privacy import profiles

DOMAIN = "shop"
AT = "2026-03-01T12:00:00.000Z"


@pytest.fixture
def service(serving):
    client = serving.client("customer-profiles")
    client.create_domain(DomainName=DOMAIN, DefaultExpirationDays=EXPIRATION_DAYS)
    client.put_profile_object_type(
        DomainName=DOMAIN, ObjectTypeName=OBJECT_TYPE, Description="scores", AllowProfileCreation=True,
        SourceLastUpdatedTimestampFormat=TIME_FORMAT, Fields=connect_objects.fields(), Keys=connect_objects.keys(),
    )  # fmt: skip
    return client


@pytest.fixture
def put(service):
    def put(customer_id, **more):
        found = {"customer_id": customer_id, "email": f"canary-{customer_id}@example.org", "sourceLastUpdatedTimestamp": AT, **more}
        service.put_profile_object(DomainName=DOMAIN, ObjectTypeName=OBJECT_TYPE, Object=json.dumps(found))

    return put


def _ids(service, *customer_ids):
    return {each["Attributes"]["customer_id"] for each in profiles.found(service, DOMAIN, customer_ids)}


def test_a_profile_is_shown_with_what_we_put_there(service, put):
    put("c_1", churn_band="high")
    put("c_2", churn_band="low")

    [shown] = profiles.found(service, DOMAIN, ["c_1"])

    assert (shown["Attributes"]["customer_id"], shown["Attributes"]["churn_band"]) == ("c_1", "high")
    assert "canary-c_1@example.org" in json.dumps(shown, default=str)
    assert "c_2" not in json.dumps(shown, default=str)


def test_every_id_that_a_person_had_is_looked_for(service, put):
    put("c_1")
    put("c_2")
    put("c_3")

    assert _ids(service, "c_1", "c_3", "c_9") == {"c_1", "c_3"}


def test_who_has_no_profile_is_shown_nothing_and_deletes_nothing(service, put):
    put("c_1")

    assert list(profiles.found(service, DOMAIN, ["c_9"])) == []
    assert profiles.delete(service, DOMAIN, ["c_9"]) == 0
    assert _ids(service, "c_1") == {"c_1"}


def test_a_deleted_person_is_nowhere_and_nobody_else_is_touched(service, put, serving):
    for customer_id in ("c_1", "c_2", "c_3"):
        put(customer_id)

    assert profiles.delete(service, DOMAIN, ["c_1", "c_3"]) == 2

    assert _ids(service, "c_1", "c_2", "c_3") == {"c_2"}
    told = json.dumps(serving.inspect(f"customer-profiles/profiles?domain={DOMAIN}"))
    told += "".join(path.read_text() for path in serving.directory.rglob("*.jsonl"))
    assert [name for name in ("canary-c_1@", "canary-c_2@", "canary-c_3@") if name in told] == ["canary-c_2@"]


def test_a_profile_of_two_ids_is_deleted_once(service, put):
    put("c_1")
    [shown] = profiles.found(service, DOMAIN, ["c_1"])
    service.add_profile_key(DomainName=DOMAIN, ProfileId=shown["ProfileId"], KeyName=KEY, Values=["c_2"])

    assert profiles.delete(service, DOMAIN, ["c_1", "c_2"]) == 1
    assert profiles.delete(service, DOMAIN, ["c_1", "c_2"]) == 0


def test_more_profiles_than_a_page_are_all_found_and_deleted(service, put):
    class Pages:
        """The service, one profile a page."""

        delete_profile = service.delete_profile

        def search_profiles(self, **asked):
            return service.search_profiles(**{**asked, "MaxResults": 1})

    for number in range(3):
        created = service.create_profile(DomainName=DOMAIN, PersonalEmailAddress=f"canary{number}@example.org")["ProfileId"]
        service.add_profile_key(DomainName=DOMAIN, ProfileId=created, KeyName=KEY, Values=["c_1"])

    assert len(list(profiles.found(Pages(), DOMAIN, ["c_1"]))) == 3
    assert profiles.delete(Pages(), DOMAIN, ["c_1"]) == 3
    assert list(profiles.found(service, DOMAIN, ["c_1"])) == []
