import json
import re
from typing import Any

from sandbox.aspect import supported_types
from sandbox.resources import OWN_PROPERTIES, TABLE, custom_type
from tests.infrastructure.cloud import Cloud

PLATFORM = ("Architectures", "Code")
POLICY = ("RetentionInDays",)
"""Properties that the environment's policy sets, not the target."""
LONGEST_WAIT = r"(\$min\(\[)(?:1|60)(, 2 \+ )"
"""And how long state machines wait."""


def comparable(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without endpoint variables, platform, and the environment's name and policy."""
    kept = {name: value for name, value in properties.items() if name not in (*PLATFORM, *POLICY, *OWN_PROPERTIES)}
    alike = re.sub(LONGEST_WAIT, r"\1POLICY\2", re.sub(r"omni([-_ ])(dev|sandbox)", r"omni\1ENV", json.dumps(kept)))
    value: dict[str, Any] = json.loads(alike)
    for tag in value.get("Tags", []) if isinstance(value.get("Tags"), list) else []:
        tag["Value"] = "ENV" if tag["Key"] == "environment" else tag["Value"]
    if isinstance(value.get("Tags"), dict):
        value["Tags"]["environment"] = "ENV"
    variables = value.get("Environment", {}).get("Variables", {})
    for name in [name for name in variables if name.startswith("AWS_ENDPOINT_URL_")]:
        del variables[name]
    return value


def test_both_templates_have_the_same_logical_ids(on: Cloud, sandbox: Cloud):
    ids = {stack: set(template["Resources"]) for stack, template in on.templates.items()}

    assert ids == {stack: set(template["Resources"]) for stack, template in sandbox.templates.items()}


def test_both_templates_have_the_same_properties_endpoint_variables_aside(on: Cloud, sandbox: Cloud):
    for resource in on.all():
        twin = sandbox.get(resource.name)
        assert comparable(twin.properties) == comparable(resource.properties), resource.name


def test_types_differ_only_by_the_table_and_ministack_knows_the_rest(on: Cloud, sandbox: Cloud):
    for resource in on.all():
        twin = sandbox.get(resource.name)
        assert twin.type == (custom_type(resource.type) if resource.type in TABLE else resource.type)
        assert twin.type.startswith("Custom::") or twin.type in supported_types(), resource.name


def test_both_templates_have_the_same_outputs(on: Cloud, sandbox: Cloud):
    names = {stack: set(template.get("Outputs", {})) for stack, template in on.templates.items()}

    assert names == {stack: set(template.get("Outputs", {})) for stack, template in sandbox.templates.items()}
