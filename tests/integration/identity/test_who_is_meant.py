"""How a customer is named on the command line, looked up in the table of customers."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from omnichannel.aws.dynamodb import batch_put
from omnichannel.contracts.privacy import Stand, identifier_hash, request_item, suppressed_item
from omnichannel.contracts.store import VIEW_KEY, IdType, link_key
from omnichannel.identity.normalise import email_sha256
from sandbox.errors import SandboxError
from sandbox.flow.privacy import customer_named
from sandbox.flow.who import our_id

CUSTOMERS, PRIVACY = "customers", "privacy"
LINKS = {
    IdType.CUSTOMER_REF: "C100001",
    IdType.LOYALTY_CARD: "LC123456",
    IdType.EMAIL_SHA256: str(email_sha256("zoe@shop.example")),
    IdType.ANONYMOUS_ID: "browser-1",
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Any]:
    """A table in which c_zoe is known by a reference, a card, an address, a browser and a former id."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        dynamodb = boto3.client("dynamodb", region_name="us-east-1")
        for table, key in ((CUSTOMERS, "customer_id"), (PRIVACY, "id")):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )
        redirects = [{"customer_id": link_key(*link), "customer": "c_zoe"} for link in LINKS.items()]
        batch_put(dynamodb, CUSTOMERS, [{"customer_id": "c_zoe"}, {"customer_id": "c_old", "customer": "c_zoe"}, *redirects])
        batch_put(dynamodb, CUSTOMERS, [{"customer_id": VIEW_KEY}])
        tables = SimpleNamespace(customers_table=CUSTOMERS, privacy_table=PRIVACY, lake_bucket="lake")
        yield SimpleNamespace(client=lambda service: dynamodb, deployment=tables)


@pytest.mark.parametrize("who", ["c_zoe", "c_old", "C100001", "ref:C100001", "lc 1234-56", " Zoe@Shop.example ", " c_zoe "])
def test_a_customer_is_meant_by_every_name_that_a_person_may_know(cloud: Any, who: str) -> None:
    assert our_id(cloud, who) == "c_zoe"


@pytest.mark.parametrize("who", ["nobody", "", " ", "ref:", "ref:c_zoe", "ref:LC123456", VIEW_KEY, "customer_ref#C100001", "browser-1"])
def test_nobody_is_meant_by_other_words_nor_by_the_keys_of_the_table(cloud: Any, who: str) -> None:
    with pytest.raises(SandboxError, match="nobody is known by"):
        our_id(cloud, who)


def test_an_unknown_address_is_not_repeated(cloud: Any) -> None:
    with pytest.raises(SandboxError) as refused:
        our_id(cloud, "stranger@shop.example")

    assert "stranger" not in f"{refused.value} {refused.value.hint}"


@pytest.fixture
def erased(cloud: Any) -> Any:
    """Somebody whose reference is what another one's card is called, and what became of the request to erase them."""

    def erased(status: Stand) -> None:
        stone = suppressed_item(identifier_hash(IdType.CUSTOMER_REF, "LC123456"))
        request = {"id": request_item("e1"), "status": status.value, "customer_id": "c_gone"}
        batch_put(cloud.client("dynamodb"), PRIVACY, [{"id": stone, "request": "e1"}, request])

    return erased


def test_an_erasure_that_goes_on_is_of_who_bore_the_surest_identifier_not_of_who_has_such_a_card(cloud: Any, erased: Any) -> None:
    erased(Stand.RUNNING)

    assert customer_named(cloud, "LC123456") == "c_gone"


def test_of_who_was_erased_nobody_with_such_a_card_is_meant_instead(cloud: Any, erased: Any) -> None:
    erased(Stand.DONE)

    with pytest.raises(SandboxError, match="was erased"):
        customer_named(cloud, "LC123456")
    assert customer_named(cloud, "zoe@shop.example") == customer_named(cloud, "c_zoe") == "c_zoe"
