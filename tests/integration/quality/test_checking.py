from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from omnichannel.quality import report
from omnichannel.quality.check import check
from omnichannel.quality.rule import Kind, Result
from omnichannel.quality.rules import all_rules
from omnichannel.transform.lake import Lake
from tests.integration.quality.conftest import LAKE, NOW, Shop


def results(shop: Shop, *names: str, **instead: pa.Table) -> dict[str, Result]:
    """What those rules find, or all; with other rows in some tables."""
    rules = [rule for rule in all_rules() if not names or rule.name in names]
    return {found.rule: found for found in check(shop.lake(**instead), rules, shop.history, at=NOW)}


@pytest.fixture(scope="module")
def sound(shop: Shop) -> dict[str, Result]:
    return results(shop)


def changed(table: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(column), table.schema.field(column), values.cast(table.schema.field(column).type))


def test_what_the_contracts_say_holds_of_a_shop_that_was_onboarded(sound: dict[str, Result]):
    strict = (Kind.VALUES, Kind.RANGE, Kind.UNIQUENESS)
    required = [found for found in sound.values() if found.kind in strict or (found.kind is Kind.COMPLETENESS and found.threshold == 1)]

    assert len(required) >= 80
    assert [found.rule for found in required if not found.passed] == []


def test_every_rule_has_one_result_that_counts_what_was_looked_at(shop: Shop, sound: dict[str, Result]):
    assert {rule.name for rule in all_rules()} <= sound.keys()
    assert sound["orders.order_id.complete"].checked > 1_000
    assert sound["orders.unique"].checked == sound["orders.order_id.complete"].checked


def test_refused_rows_are_counted_by_reason_as_the_truth_has_them(shop: Shop, sound: dict[str, Result]):
    refused = sum(found.failed for found in sound.values() if ".refused." in found.rule)

    assert refused == sum(sum(staged.quarantined.values()) for staged in shop.staged) > 0


def test_a_required_value_that_is_missing_breaks_its_rule(shop: Shop):
    orders = shop.tables["orders_changes"]
    nobody = pc.if_else(pc.equal(orders["op"], "D"), orders["currency"], pa.nulls(orders.num_rows, pa.string()))

    found = results(shop, "orders.currency.complete", orders_changes=changed(orders, "currency", nobody))["orders.currency.complete"]

    assert (found.passed, found.value) == (False, 0.0)


def test_a_value_out_of_bounds_breaks_its_rule(shop: Shop):
    lines = shop.tables["order_lines_changes"]

    none = changed(lines, "quantity", pc.subtract(lines["quantity"], lines["quantity"]))

    found = results(shop, "order_lines.quantity.in-range", order_lines_changes=none)["order_lines.quantity.in-range"]

    assert not found.passed


def test_orders_of_customers_that_nobody_knows_break_the_reference(shop: Shop, sound: dict[str, Result]):
    none = shop.tables["customers_changes"].slice(0, 0)

    found = results(shop, "orders.customer_ref.refers", customers_changes=none)["orders.customer_ref.refers"]

    assert sound["orders.customer_ref.refers"].passed
    assert (found.passed, found.failed) == (False, found.checked)


def test_repeated_rows_count_as_duplicates_and_leave_the_state_unique(shop: Shop):
    events = shop.tables["events"]
    again = changed(events, "_content_id", pa.array(["again"] * events.num_rows))

    found = results(shop, "events.first", "events_once.unique", events=pa.concat_tables([events, again]))

    assert found["events.first"].value == pytest.approx(0.5, abs=0.05)
    assert not found["events.first"].passed
    assert found["events_once.unique"].passed


def test_data_that_is_too_old_is_not_fresh(shop: Shop, sound: dict[str, Result]):
    found = {f.rule: f for f in check(_later(shop), [r for r in all_rules() if r.name == "orders.fresh"], [], at=NOW)}

    assert sound["orders.fresh"].value < 24
    assert found["orders.fresh"].value == pytest.approx(sound["orders.fresh"].value + 240, abs=0.01)
    assert not found["orders.fresh"].passed


def _later(shop: Shop) -> Lake:
    lake = Lake(None, "", shop.disk, as_of=NOW + timedelta(days=10))
    for name, rows in shop.tables.items():
        lake.put(name, rows)
    return lake


@pytest.mark.parametrize("name", ["Something Else", "Completed Order"])
def test_events_outside_the_tracking_plan_break_its_coverage_and_names_of_older_plans_are_outside(
    shop: Shop, sound: dict[str, Result], name: str
):
    events = shop.tables["events"]
    other = pc.if_else(pc.equal(events["type"], "track"), name, events["event"])

    found = results(shop, "events_once.planned", events=changed(events, "event", other))

    assert sound["events_once.planned"].passed
    assert (found["events_once.planned"].passed, found["events_once.planned"].value) == (False, 0.0)


def test_nobody_is_matched_without_links(shop: Shop, sound: dict[str, Result]):
    found = results(shop, "events_once.matched", "orders.matched", identity_links=shop.tables["identity_links"].slice(0, 0))

    assert sound["events_once.matched"].value > 0 < sound["orders.matched"].value
    assert (found["events_once.matched"].value, found["orders.matched"].value) == (0.0, 0.0)


def test_an_empty_lake_breaks_nothing(shop: Shop):
    empty = {name: table.slice(0, 0) for name, table in shop.tables.items()}

    found = check(shop.lake(**empty), all_rules(), [], at=NOW)

    assert all(each.passed and each.value is None for each in found)


def test_results_come_back_as_they_were_written(shop: Shop, sound: dict[str, Result]):
    report.write(shop.s3, LAKE, list(sound.values()), at=NOW + timedelta(days=1))

    assert report.newest(shop.s3, LAKE) == list(sound.values())
