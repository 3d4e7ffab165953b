import re

import pytest

from omnichannel.contracts.datasets import DATASETS, ORDERS, TICKETS
from omnichannel.contracts.shapes import Type, column
from omnichannel.quality.dqdl import LONGEST, ruleset, rulesets
from omnichannel.quality.named_queries import named_queries
from omnichannel.quality.rule import Kind, Rule, result
from omnichannel.quality.rules import all_rules, current, outside

AT = "2026-11-01T00:00:00+00:00"


def rule(kind: Kind = Kind.COMPLETENESS, threshold: float = 0.9) -> Rule:
    return Rule(name="r", kind=kind, table="orders", reads=(), threshold=threshold)


@pytest.mark.parametrize(("failed", "passed"), [(0, True), (10, True), (11, False), (100, False)])
def test_a_share_is_met_from_its_threshold_on(failed: int, passed: bool):
    assert result(rule(), 100, failed, None, AT).passed is passed


@pytest.mark.parametrize(("hours", "passed"), [(1.0, True), (24.0, True), (24.1, False)])
def test_an_age_is_met_up_to_its_threshold(hours: float, passed: bool):
    assert result(rule(Kind.FRESHNESS, 24), 1, 0, hours, AT).passed is passed


def test_nothing_to_check_breaks_no_rule():
    found = result(rule(), 0, 0, None, AT)

    assert (found.value, found.passed) == (None, True)


def test_every_data_set_is_checked_for_what_its_contract_says():
    names = {each.name for each in all_rules()}

    wanted = {f"{current(d)}.{c.name}.complete" for d in DATASETS for c in d.columns if c.required}
    wanted |= {f"{current(d)}.{c.name}.known" for d in DATASETS for c in d.columns if c.values}
    wanted |= {f"{current(d)}.{word}" for d in DATASETS for word in ("unique", "accepted")}
    assert wanted <= names
    assert len(names) == len(all_rules())


def test_every_rule_asks_in_exactly_one_way():
    assert not [each.name for each in all_rules() if bool(each.breaks) == bool(each.sql)]
    assert not [each.name for each in all_rules() if each.breaks and each.reads != (each.table,)]


def test_bounds_become_comparisons():
    both = column("csat", Type.INTEGER, minimum=1, maximum=5)
    above = column("quantity", Type.INTEGER, exclusive_minimum=0)

    assert [list(outside(each)) for each in (both, above)] == [["< 1", "> 5"], ["<= 0"]]


def test_glue_leaves_deleted_rows_out_and_lets_optional_values_be_missing():
    orders, tickets = ruleset(ORDERS), ruleset(TICKETS)

    assert 'IsComplete "total" where "op <> \'D\'"' in orders
    assert '(ColumnValues "csat" >= 1) OR (ColumnValues "csat" = NULL)' in tickets
    assert "where" not in tickets.replace("primary where", "")


def test_glue_takes_every_ruleset():
    for table, text in rulesets().items():
        assert re.fullmatch(r"Rules = \[\n.*\n\]", text, re.DOTALL), table
        assert len(text) <= LONGEST
        assert text.count("(") == text.count(")")
        assert text.count('"') % 2 == 0


def test_a_query_that_says_nothing_of_itself_is_refused(tmp_path):
    (tmp_path / "silent.sql").write_text("SELECT 1\n")

    with pytest.raises(ValueError, match=r"silent\.sql begins with 'SELECT 1'"):
        list(named_queries(tmp_path))
