"""Draws the app from its synthesised templates, as Mermaid: what triggers what, stack by stack.

python -m sandbox.diagram ASSEMBLY     prints the picture of a cloud assembly (the folder that `cdk synth` wrote)
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHAPES = {
    "AWS::S3::Bucket": ("[(", ")]"),
    "AWS::DynamoDB::Table": ("[(", ")]"),
    "AWS::SQS::Queue": ("[/", "/]"),
    "AWS::Lambda::Function": ("(", ")"),
    "AWS::StepFunctions::StateMachine": ("{{", "}}"),
    "AWS::Events::EventBus": ("([", "])"),
    "AWS::ApiGatewayV2::Api": (">", "]"),
    "AWS::SageMaker::Pipeline": ("{{", "}}"),
    "AWS::Scheduler::Schedule": ("((", "))"),
}
"""What is drawn, and in which shape; everything else is wiring."""

HIDDEN = re.compile("DeadLetters|AccessLogs|CustomResource|Provider|LogRetention")
WRITES = ("s3:PutObject", "dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem", "events:PutEvents")
INTERNAL = re.compile(r"[0-9A-F]{8}$")

Node = tuple[str, str]
"""A resource: stack and logical id."""


@dataclass(frozen=True)
class App:
    """Every stack's template, and which resource an exported value stands for."""

    templates: dict[str, dict[str, Any]]
    exports: dict[str, tuple[str, Any]]

    @classmethod
    def read(cls, assembly: Path) -> "App":
        """From the folder that `cdk synth` wrote."""
        templates = {p.name.removesuffix(".template.json"): json.loads(p.read_text()) for p in sorted(assembly.glob("*.template.json"))}
        exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        return cls(templates, exports)

    def resources(self, kind: str) -> Iterator[tuple[Node, dict[str, Any]]]:
        """Every resource of a type with its properties."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield (stack, logical_id), resource.get("Properties", {})

    def pointed_at(self, stack: str, value: Any) -> list[Node]:
        """The resources that a template value refers to, exports followed."""
        return list(self._references(stack, value))

    def kind(self, node: Node) -> str:
        """The type of a resource."""
        return str(self.templates[node[0]]["Resources"].get(node[1], {}).get("Type", ""))

    def _references(self, stack: str, value: Any) -> Iterator[Node]:
        if isinstance(value, list):
            for part in value:
                yield from self._references(stack, part)
        elif isinstance(value, dict):
            match value:
                case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                    if name in self.templates[stack]["Resources"]:
                        yield stack, name
                case {"Fn::ImportValue": name}:
                    yield from self._exported(name)
                case _:
                    for part in value.values():
                        yield from self._references(stack, part)

    def _exported(self, name: Any) -> Iterator[Node]:
        if isinstance(name, str) and name in self.exports:
            yield from self._references(*self.exports[name])


def arrows(app: App) -> set[tuple[Node, Node]]:
    """Who triggers, calls or feeds whom."""
    found: set[tuple[Node, Node]] = set()
    for (stack, _), mapping in app.resources("AWS::Lambda::EventSourceMapping"):
        found |= _all(app, stack, mapping["EventSourceArn"], mapping["FunctionName"])
    for (stack, _), rule in app.resources("AWS::Events::Rule"):
        source = rule.get("EventPattern", {}).get("detail", {}).get("bucket") or rule.get("EventBusName")
        found |= _all(app, stack, source, [target["Arn"] for target in rule.get("Targets", [])])
    for node, machine in app.resources("AWS::StepFunctions::StateMachine"):
        found |= {(node, called) for called in app.pointed_at(node[0], machine["DefinitionString"])}
    for node, schedule in app.resources("AWS::Scheduler::Schedule"):
        found |= {(node, target) for target in app.pointed_at(node[0], schedule["Target"]["Arn"])}
    for (stack, _), integration in app.resources("AWS::ApiGatewayV2::Integration"):
        found |= _all(app, stack, integration["ApiId"], integration["IntegrationUri"])
    return {(a, b) for a, b in found | set(_grants(app)) if app.kind(a) in SHAPES and app.kind(b) in SHAPES and a != b}


def mermaid(app: App) -> str:
    """The picture as Mermaid text, the same text for the same app."""
    lines = sorted(edge for edge in arrows(app) if not any(HIDDEN.search(node[1]) for node in edge))
    drawn = {node for edge in lines for node in edge}
    out = ["flowchart LR"]
    for stack in app.templates:
        nodes = sorted(node for node in drawn if node[0] == stack)
        if nodes:
            out += [f"  subgraph {stack.rsplit('-', 1)[-1]}", *(f"    {_draw(app, node)}" for node in nodes), "  end"]
    out += [f"  {_id(a)} --> {_id(b)}" for a, b in lines]
    return "\n".join(out) + "\n"


def _grants(app: App) -> Iterator[tuple[Node, Node]]:
    """Function -> what its role lets it write, start or put events on."""
    owners = {role: node for node, function in app.resources("AWS::Lambda::Function") for role in app.pointed_at(node[0], function["Role"])}
    for (stack, _), policy in app.resources("AWS::IAM::Policy"):
        for role in app.pointed_at(stack, policy.get("Roles", [])):
            for statement in policy["PolicyDocument"]["Statement"] if role in owners else []:
                if _acts(statement["Action"]):
                    yield from ((owners[role], node) for node in app.pointed_at(stack, statement["Resource"]))


def _acts(actions: str | Iterable[str]) -> bool:
    listed = [actions] if isinstance(actions, str) else actions
    return any(action in WRITES or action.startswith(("states:Start", "sagemaker:Start")) for action in listed)


def _all(app: App, stack: str, sources: Any, targets: Any) -> set[tuple[Node, Node]]:
    return {(a, b) for a in app.pointed_at(stack, sources) for b in app.pointed_at(stack, targets)}


def _id(node: Node) -> str:
    return re.sub(r"\W", "_", f"{node[0].rsplit('-', 1)[-1]}_{node[1]}")


def _draw(app: App, node: Node) -> str:
    left, right = SHAPES[app.kind(node)]
    words = re.findall(r"[A-Z][a-z]*", INTERNAL.sub("", node[1]))
    name = " ".join(word.lower() for word in dict.fromkeys(words) if word not in ("Function", "Queue", "Machine"))
    return f'{_id(node)}{left}"{name}"{right}'


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.stdout.write(mermaid(App.read(Path(sys.argv[1]))))
