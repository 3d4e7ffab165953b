"""The one difference between the app for AWS and the app for the sandbox, applied to every construct of the app.

Types that MiniStack's CloudFormation lacks become custom resources with the same logical ids and properties, and each function learns
where the twins are, under the name of its own role.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import jsii
from aws_cdk import CfnResource, IAspect, Stack
from aws_cdk.aws_lambda import CfnFunction
from constructs import IConstruct

from sandbox.resources import PROVIDER_ARN, TABLE, TIMEOUT_SECONDS, TYPE_PROPERTY, custom_type
from sandbox.state import TWIN_SERVICES, endpoint_variable


class UnsupportedTypeError(Exception):
    """A resource type that neither MiniStack nor the table of stand-ins knows."""


@cache
def supported_types() -> frozenset[str]:
    """The types that MiniStack's CloudFormation provisions, out of its table of handlers.

    Read as text: importing the module would start its services.
    """
    source = files("ministack").joinpath("services/cloudformation/provisioners.py").read_text()
    table = source.partition("\n_RESOURCE_HANDLERS = {")[2]
    return frozenset(re.findall(r'^    "((?:AWS|Custom)::[\w:]+)": ', table, re.MULTILINE))


def role_name(role: Any) -> Any:
    """The name of the role that a function's `Role` property (resolved) points to, as a template value."""
    match role:
        case {"Fn::GetAtt": [logical_id, "Arn"]}:
            return {"Ref": logical_id}
        case str():
            return role.rsplit("/", 1)[-1]
        case _:
            return {"Fn::Select": [1, {"Fn::Split": [":role/", role]}]}


@jsii.implements(IAspect)
class SandboxAspect:
    """Converts resource types by the table and points functions at the twins."""

    def __init__(self, twin_url: str) -> None:
        self._twin_url = twin_url

    def visit(self, node: IConstruct) -> None:
        """Called by CDK for every construct; raises UnsupportedTypeError for a type that nothing stands in for."""
        if not isinstance(node, CfnResource):
            return
        kind = node.cfn_resource_type
        if kind in TABLE:
            node.add_override("Type", custom_type(kind))
            node.add_property_override("ServiceToken", PROVIDER_ARN)
            node.add_property_override("ServiceTimeout", TIMEOUT_SECONDS)
            node.add_property_override(TYPE_PROPERTY, kind)
        elif not (kind in supported_types() or kind.startswith("Custom::")):
            raise UnsupportedTypeError(f"{node.node.path}: the sandbox has no {kind}; add a row to sandbox/resources.py")
        if isinstance(node, CfnFunction):
            self._point_at_twins(node)

    def _point_at_twins(self, function: CfnFunction) -> None:
        role = role_name(Stack.of(function).resolve(function.role))
        for service in TWIN_SERVICES:
            url = {"Fn::Join": ["", [f"{self._twin_url}/aws/{service}/as/", role]]}
            function.add_property_override(f"Environment.Variables.{endpoint_variable(service)}", url)
