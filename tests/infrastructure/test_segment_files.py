"""Segment by files instead of its API: what is made, what is not, and what the function may do."""

import pytest

from tests.infrastructure.cloud import Cloud, Resource
from tests.infrastructure.conftest import synthesised


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """Every finding of cdk-nag ends the synthesis."""
    return synthesised(tmp_path_factory.mktemp("files"), {"segment": "on", "segment_sink": "files"})


DOORS = "segment_bridge", "segment_files"


def _functions(cloud: Cloud) -> dict[str, Resource]:
    """The functions of either way to Segment, by their module."""
    functions = {each.properties.get("Handler", ""): each for each in cloud.all("AWS::Lambda::Function")}
    return {door: found for door in DOORS for handler, found in functions.items() if handler.startswith(f"lambdas.{door}.")}


def test_the_files_function_is_in_the_bridge_s_place_and_no_write_key_is_asked_for(cloud):
    secrets = [each.properties.get("Description", "") for each in cloud.all("AWS::SecretsManager::Secret")]

    assert set(_functions(cloud)) == {"segment_files"}
    assert not [told for told in secrets if "write key" in told]


def test_the_function_knows_no_endpoint_and_the_same_holdout_as_the_bridge(cloud, on):
    (files,), bridge = _functions(cloud).values(), _functions(on)["segment_bridge"]

    variables, others = (set(each.properties["Environment"]["Variables"]) for each in (files, bridge))
    assert not [name for name in variables if "SEGMENT" in name.upper()]
    assert {name for name in variables if "HOLDOUT" in name.upper()} == {name for name in others if "HOLDOUT" in name.upper()} != set()


def test_the_function_writes_below_activation_and_the_ledger_alone(cloud):
    function = _functions(cloud)["segment_files"]
    role = cloud.refers(function.stack, function.properties["Role"])

    written = {
        resource.rpartition("}/")[2]
        for statement in cloud.statements(role)
        if any(action.startswith("s3:PutObject") for action in statement["Action"])
        for resource in statement["Resource"]
    }
    assert {place.partition("/")[0] for place in written} == {"activation", "ledger"}


def test_the_parts_go_through_the_machine_one_after_the_other(cloud):
    machines = [cloud.machine(each) for each in cloud.all("AWS::StepFunctions::StateMachine") if each.stack.endswith("activation")]
    (sent,) = [found for machine in machines for found in _states(machine, "ToSegment")]

    assert (sent["Type"], sent["MaxConcurrency"]) == ("Map", 1)
    assert sent["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert set(sent["ItemProcessor"]["States"]) == {"SendPart", "SegmentPartDone?", "SegmentPartSent", "SegmentPartNotSent"}


def _states(value: object, name: str) -> list[dict]:
    """Every state of that name, however deep."""
    if isinstance(value, list):
        return [found for each in value for found in _states(each, name)]
    if not isinstance(value, dict):
        return []
    own = [value["States"][name]] if name in value.get("States", {}) else []
    return own + [found for each in value.values() for found in _states(each, name)]
