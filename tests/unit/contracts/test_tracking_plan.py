"""The tracking plan speaks of columns that exist, and says what a message lacks."""

from hypothesis import given
from hypothesis import strategies as st

from omnichannel.contracts.datasets import EVENTS
from omnichannel.contracts.events import EventName
from omnichannel.contracts.tracking_plan import FORMERLY, PLAN, Gap, Planned

COLUMNS = [column.name for column in EVENTS.columns]


def test_everything_we_act_on_is_planned():
    assert set(EventName) <= set(PLAN)


def test_the_plan_names_columns_of_the_events():
    assert [(planned.name, c) for planned in PLAN.values() for c in planned.columns if c not in COLUMNS] == []


def test_a_former_name_leads_to_one_of_today():
    assert FORMERLY["Completed Order"] == EventName.ORDER_COMPLETED
    assert not set(FORMERLY) & set(PLAN)


def test_an_order_needs_its_number_its_products_and_any_amount():
    order = PLAN[EventName.ORDER_COMPLETED]

    assert list(order.gaps({"revenue", "products"})) == [(Gap.MISSING_PROPERTY, "order_id"), (Gap.EXPECTED_PROPERTY, "currency")]
    assert (Gap.MISSING_PROPERTY, "total or revenue or value") in list(order.gaps({"order_id", "products"}))


@given(st.sampled_from(list(PLAN.values())), st.sets(st.sampled_from(COLUMNS)))
def test_filling_more_never_opens_a_gap(planned: Planned, present: set[str]):
    before = set(planned.gaps(present))

    assert before >= set(planned.gaps({*present, *planned.required}))
    assert list(planned.gaps(planned.columns)) == []
