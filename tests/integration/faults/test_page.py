"""docs/faults.md says which cell plays which fault in which flow, and says it of all of them."""

import re
from itertools import chain

import pytest

from tests.faults.matrix import every_cell
from tests.faults.page import PAGE, text
from tests.faults.plan import ALSO, FLOWS, PLAN

TESTS = PAGE.parents[1] / "tests"
NAMED = [(flow, entry) for flows in PLAN.values() for flow, entries in zip(FLOWS, flows, strict=True) for entry in entries]


def test_the_page_is_what_the_plan_says():
    assert PAGE.read_text() == text()


def test_every_cell_is_in_the_plan_and_the_plan_names_no_other():
    named = {each for each in NAMED if "::" not in each[1] and not each[1].startswith("- ")}
    alone = set(chain.from_iterable(((flow, fault) for fault in faults) for flow, faults in ALSO.items()))

    assert named | alone == {(each.flow, each.fault) for each in every_cell()}
    assert not named & alone


@pytest.mark.parametrize("entry", sorted({entry for _, entry in NAMED if "::" in entry}))
def test_every_test_that_the_plan_names_is_there(entry: str):
    path, _, test = entry.partition("::")

    assert re.search(rf"^def {test}\(", (TESTS / path).read_text(), re.MULTILINE)


def test_no_two_cells_have_one_name():
    names = [each.name for each in every_cell()]

    assert len(set(names)) == len(names)
