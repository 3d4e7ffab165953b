"""When a data set counts as silent: against its own rhythm, and never within two weeks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines import check
from pipelines.check import DataSetCheck, usual_gap
from pipelines.tables import Facts
from pipelines.tasks import SilentDataSetError
from tests.unit.pipelines.shops import AS_OF, Shop

WEEK = timedelta(days=7)


def test_the_usual_gap_leaves_out_the_rare_ones() -> None:
    days = [date(2025, 1, 1) + timedelta(days=n) for n in range(60) if not 20 <= n < 30]

    assert usual_gap(days) == 1


def test_a_data_set_that_was_loaded_once_has_no_rhythm() -> None:
    assert usual_gap([date(2025, 1, 1)]) is None


@pytest.mark.parametrize(("silent", "verdict"), [(13, check.ARRIVING), (20, check.ARRIVING), (22, check.SILENT)])
def test_a_weekly_data_set_is_silent_after_three_weeks(silent: int, verdict: str, facts_of: Callable[..., Facts], empty_shop: Shop) -> None:
    newest = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC) - timedelta(days=silent + 1)
    ref = empty_shop.customer("A")
    for n in range(10):
        empty_shop.order(ref, newest - n * WEEK)

    engine = facts_of(empty_shop).engine
    orders = next(c for c in check.data_sets(engine, AS_OF) if c.name == "sales/orders")

    assert (orders.rows, orders.silent_days, orders.usual_gap_days, orders.verdict) == (10, silent, 7, verdict)


def test_only_a_data_set_that_is_needed_stops_the_step() -> None:
    silent = {"rows": 9, "newest_day": date(2025, 1, 1), "silent_days": 58, "usual_gap_days": 2, "verdict": check.SILENT}
    events, orders = (DataSetCheck(name=name, needed=name == "sales/orders", **silent) for name in ("events", "sales/orders"))

    check.refuse_silent([events], AS_OF)
    with pytest.raises(SilentDataSetError, match=r"sales/orders stopped arriving: .* is of 2025-01-01, 58 days .* up to 2025-01-02"):
        check.refuse_silent([events, orders], AS_OF)
    assert check.warnings([events])[0].startswith("events stopped arriving: nothing since 2025-01-01")
