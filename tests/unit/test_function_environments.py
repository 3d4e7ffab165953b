"""What a function is told by its environment: all of its class's variables, and nothing made up."""

from dataclasses import FrozenInstanceError

import pytest

from omnichannel.contracts.environment.customers import ProfilesApiEnv
from omnichannel.contracts.environment.events import SegmentTimerEnv, SegmentWindowsEnv


def test_what_the_stack_writes_the_function_reads():
    written = ProfilesApiEnv(customers_table="customers").variables()

    assert written == {"CUSTOMERS_TABLE": "customers"}
    assert ProfilesApiEnv.load({**written, "PATH": "/bin"}).customers_table == "customers"


def test_an_inherited_variable_is_one_of_its_own():
    assert SegmentTimerEnv.names() == SegmentWindowsEnv.names() != ()


def test_a_variable_that_is_missing_is_named():
    with pytest.raises(LookupError, match="ProfilesApiEnv: environment lacks CUSTOMERS_TABLE"):
        ProfilesApiEnv.load({})


@pytest.mark.parametrize("given", [{}, {"customers_table": "c", "table": "t"}])
def test_one_too_many_and_one_too_few_are_refused(given):
    with pytest.raises(TypeError, match="takes customers_table; missing or unknown"):
        ProfilesApiEnv(**given)


def test_what_was_read_stays():
    with pytest.raises(FrozenInstanceError):
        ProfilesApiEnv(customers_table="c").customers_table = "d"  # type: ignore[misc]
