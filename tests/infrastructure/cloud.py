"""Templates as one cloud: resources of all stacks, and values in which a resource is named alike wherever it is referred to."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aws_cdk.cx_api import CloudAssembly

Template = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource; `name` is `<stack>/<logical id>`."""

    stack: str
    id: str
    type: str
    properties: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.stack}/{self.id}"


@dataclass(frozen=True)
class Cloud:
    """All templates of one synthesis, by capability."""

    templates: dict[str, Template]
    files: dict[str, Path]
    manifest: dict[str, Any]

    @classmethod
    def of(cls, assembly: CloudAssembly) -> Self:
        directory = Path(assembly.directory)
        stacks = {stack.id: directory / stack.template_file for stack in assembly.stacks}
        templates = {name: json.loads(path.read_text()) for name, path in stacks.items()}
        return cls(templates, stacks, json.loads((directory / "manifest.json").read_text()))

    def but(self, change: Any) -> "Cloud":
        """A copy whose templates `change` has altered: a planted fault."""
        templates = copy.deepcopy(self.templates)
        change(templates)
        return Cloud(templates, self.files, self.manifest)

    def all(self, *types: str) -> Iterator[Resource]:
        """Every resource of these types (all, if none is named)."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                if not types or resource["Type"] in types:
                    yield Resource(stack, logical_id, resource["Type"], resource.get("Properties", {}))

    def get(self, name: str) -> Resource:
        """The resource called `<stack>/<logical id>`."""
        stack, _, logical_id = name.partition("/")
        resource = self.templates[stack]["Resources"][logical_id]
        return Resource(stack, logical_id, resource["Type"], resource.get("Properties", {}))

    def flat(self, stack: str, value: Any) -> str:
        """A value as text in which a resource reads `{stack/id}`, whether by Ref, ARN, URL or another stack's export."""
        match value:
            case str():
                return value
            case {"Ref": str(name)}:
                return name if name.startswith("AWS::") else f"{{{stack}/{name}}}"
            case {"Fn::GetAtt": [str(name), str()]}:
                return f"{{{stack}/{name}}}"
            case {"Fn::ImportValue": str(name)}:
                home, exported = self._export(name)
                return self.flat(home, exported)
            case {"Fn::Join": [str(delimiter), list(parts)]}:
                return delimiter.join(self.flat(stack, part) for part in parts)
            case {"Fn::Sub": str(text)}:
                return text
            case _:
                return json.dumps(value)

    def refers(self, stack: str, value: Any) -> str:
        """The name of the one resource that a value stands for, "" when it stands for none."""
        text = self.flat(stack, value)
        return text[1:-1] if text.startswith("{") and text.endswith("}") and text.count("{") == 1 else ""

    def _export(self, name: str) -> tuple[str, Any]:
        for stack, template in self.templates.items():
            for output in template.get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == name:
                    return stack, output["Value"]
        raise LookupError(f"no stack exports {name}")

    def machine(self, resource: Resource) -> dict[str, Any]:
        """The definition of a state machine; what the template refers to reads as in `flat`."""
        definition: dict[str, Any] = json.loads(self.flat(resource.stack, resource.properties["DefinitionString"]))
        return definition

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role may do: `Action` and `Resource` as lists of text, resources as in `flat`."""
        found = []
        for policy in self.all("AWS::IAM::Policy"):
            if role in {self.refers(policy.stack, attached) for attached in policy.properties["Roles"]}:
                found += self.parsed(policy.stack, policy.properties["PolicyDocument"])
        return found

    def parsed(self, stack: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        """The statements of a policy document with lists for whatever may be one or many."""
        return [
            {
                **statement,
                "Action": _list(statement["Action"]),
                "Resource": [self.flat(stack, each) for each in _list(statement.get("Resource", []))],
            }
            for statement in document["Statement"]
        ]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
