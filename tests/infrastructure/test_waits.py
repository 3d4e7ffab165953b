from collections.abc import Iterator
from typing import Any

from stacks.components import asl
from stacks.settings import POLICIES, Environment
from tests.infrastructure.cloud import Cloud


def waits(state: Any) -> Iterator[str]:
    """Every time that a machine waits for, however deep."""
    if isinstance(state, list):
        for each in state:
            yield from waits(each)
    elif isinstance(state, dict):
        if state.get("Type") == "Wait":
            yield state["Seconds"]
        yield from waits(list(state.values()))


def of(cloud: Cloud) -> set[str]:
    """The waits of every machine."""
    return {seconds for each in cloud.all("AWS::StepFunctions::StateMachine") for seconds in waits(cloud.machine(each))}


def test_what_is_waited_for_is_asked_within_a_minute_in_aws_and_within_a_second_in_the_sandbox(on: Cloud, sandbox: Cloud):
    [in_aws], [here] = of(on), of(sandbox)

    assert in_aws == asl.wait(then="Again")["Seconds"]
    assert (in_aws.startswith("{% $min([60, "), here) == (True, in_aws.replace("[60, ", "[1, "))


def test_waits_in_branches_and_maps_are_shortened_and_waits_of_another_kind_are_not():
    inner = {"Wait": asl.wait(then="Look"), "Look": asl.succeed({})}
    machine = asl.machine(
        "Fixed",
        {
            "Fixed": {"Type": "Wait", "Seconds": 30, "Next": "Both"},
            "Both": asl.parallel(("Wait", inner), Next="Each"),
            "Each": asl.each("{% [1] %}", "Wait", inner, at_once=1, selector={}),
        },
        timeout_seconds=60,
    )

    found = list(waits(asl.waiting_at_most(1, machine)))

    assert found[0] == 30
    assert [seconds.startswith("{% $min([1, ") for seconds in found[1:]] == [True, True]
    assert list(waits(asl.waiting_at_most(60, machine))) == list(waits(machine))


def test_only_the_sandbox_hurries():
    assert {environment: policy.longest_wait_seconds for environment, policy in POLICIES.items()} == {
        **dict.fromkeys(Environment, asl.LONGEST_WAIT_SECONDS),
        Environment.SANDBOX: 1,
    }
