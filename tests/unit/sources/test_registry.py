from datetime import UTC, datetime, timedelta

import pytest

from omnichannel.contracts.datasets import DATASETS
from omnichannel.contracts.sources import LONGEST_HOURS, SOURCES, Basis, Freshness, freshness, source_of
from sandbox.flow.source_states import source_states

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ORDERS = SOURCES["sales-orders"]


def test_every_landing_prefix_has_one_source():
    prefixes = sorted(prefix for dataset in DATASETS for prefix in dataset.prefixes)

    assert sorted(prefix for source in SOURCES.values() for prefix in source.prefixes) == prefixes


def test_every_source_says_why_it_may_be_held_and_cloudwatch_can_watch_it():
    for source in SOURCES.values():
        assert source.datasets, source.name
        assert (source.basis is Basis.NONE) is not source.personal, source.name
        assert 1 <= source.hours <= LONGEST_HOURS
        assert source.owner
        assert source.consent


def test_a_landed_key_tells_its_source():
    assert source_of("dms/sales/order_lines/LOAD00000001.parquet") is ORDERS
    assert source_of("pos/orders/2026/11/01/a.jsonl.gz") is SOURCES["tills"]
    assert source_of("unknown/a.csv") is None


@pytest.mark.parametrize(
    ("hours", "state"), [(0, Freshness.OK), (23.9, Freshness.OK), (24, Freshness.LATE), (47, Freshness.LATE), (48, Freshness.SILENT)]
)
def test_a_source_is_late_after_its_hours_and_silent_after_twice_as_many(hours: float, state: Freshness):
    assert freshness(ORDERS, hours) is state


def test_a_source_that_never_landed_is_silent():
    assert freshness(ORDERS, None) is Freshness.SILENT


def content(key: str, hours_ago: float, status: str = "committed") -> dict[str, object]:
    return {"key": key, "status": status, "at": (NOW - timedelta(hours=hours_ago)).isoformat()}


def test_a_source_stands_as_its_newest_file_that_was_not_refused():
    contents = [
        content("dms/sales/orders/LOAD00000001.csv", 400),
        content("dms/sales/orders/20261030-000000000.csv", 30),
        content("dms/sales/orders/20261101-000000000.csv", 1, status="quarantined"),
        content("elsewhere/a.csv", 1),
    ]

    states = {found.source.name: found for found in source_states(contents, NOW)}

    assert (states["sales-orders"].files, states["sales-orders"].state) == (2, Freshness.LATE)
    assert states["sales-orders"].landed_at == NOW - timedelta(hours=30)
    assert (states["tills"].landed_at, states["tills"].state) == (None, Freshness.SILENT)
    assert list(states) == list(SOURCES)
