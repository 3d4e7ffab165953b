"""`omni decide`: by the tables of a deployment, for a moment that may be another one."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from omnichannel.contracts.store import IdType, link_key
from sandbox.errors import SandboxError
from sandbox.flow.decision_commands import decided
from tests.integration.decisions.conftest import CUSTOMERS, TABLES, Account, customers_where

DAY, NIGHT = datetime(2026, 11, 18, 11, tzinfo=UTC), datetime(2026, 11, 18, 23, tzinfo=UTC)
RENEWS = {"orders": 1, "subscriptions": 1, "renews_at": "2026-12-20T00:00:00+00:00"}


@pytest.fixture
def cloud(account: Account) -> Any:
    (customer,) = customers_where({"renewal": "treatment"}, 1)
    account.customer(customer, aggregates=RENEWS)
    account.put(CUSTOMERS, {"customer_id": link_key(IdType.CUSTOMER_REF, "R1"), "customer": customer})
    return SimpleNamespace(client=lambda _: account.dynamodb, deployment=SimpleNamespace(**TABLES))


def test_by_day_it_is_said_and_at_night_it_is_not_or_waits(cloud: Any):
    by_day, live, run = (decided(cloud, "ref:R1", at, live=how)["decision"] for at, how in ((DAY, True), (NIGHT, True), (NIGHT, False)))

    assert by_day["action"] == "renewal-offer"
    assert (live["action"], live["refused"]["renewal-offer"]) == ("", ["quiet-hours"])
    assert (run["action"], run["not_before"]) == ("renewal-offer", "2026-11-19T07:00:00+00:00")


@pytest.mark.parametrize("live", [True, False])
def test_nobody_is_told_as_such(cloud: Any, live: bool):
    with pytest.raises(SandboxError, match="nobody is known by 'c_unknown'"):
        decided(cloud, "c_unknown", DAY, live=live)
