"""The app as its templates have it: resources, what a person calls them, and what refers to what."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

FUNCTION, MACHINE, QUEUE = "AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::SQS::Queue"
BUS, API = "AWS::Events::EventBus", "AWS::ApiGatewayV2::Api"
BUCKET, TABLE = "AWS::S3::Bucket", "AWS::DynamoDB::Table"
PIPELINE, SCHEDULE = "AWS::SageMaker::Pipeline", "AWS::Scheduler::Schedule"
SERVICES = {
    "AWS::Personalize::DatasetGroup": "Amazon Personalize",
    "AWS::Personalize::EventTracker": "Amazon Personalize",
    "AWS::Pinpoint::App": "Amazon Pinpoint",
}
"""Resources that stand for a whole service that the app feeds or asks."""

PIPELINES = "pipelines"
"""All pipelines are drawn as one: they have one role, so each may do what any of them does."""

TOGETHER = {
    **dict.fromkeys(("Review", "Decisions"), "review"),
    **dict.fromkeys(("Account", "Replay", "Ledger", "CloseLedger"), "ledger"),
    **dict.fromkeys(("SegmentWindows", "SegmentTimer", "SegmentRelay"), "segment windows"),
    **dict.fromkeys(("EventDestination", "EventSource"), "event door"),
    **dict.fromkeys(("InteractionsExport", "PersonalizeSetup", "KeepRecommendations", "PersonalizePut"), "personalize setup"),
    **dict.fromkeys(("PinpointBridge", "ProfilesBridge", "FileBridge", "LiveMessenger"), "message bridges"),
    "TellChanges": "learn",
    "DecideAudience": "audience",
    "StageJob": "stage file",
    "TransformJob": "customer view",
}
"""Functions and state machines that are drawn as one, by a construct that they are part of: some sixty things can still be looked at."""

SHARED = "foundation"
"""Its resources stand between the other stacks' and so are drawn in no group."""

UNNAMED = {"Resource", "Function", "Machine", "Queue", "Pipeline", "Schedule", "Default"}
"""Parts of a construct's path that say what it is, not what it is for."""


class Node(NamedTuple):
    """A resource by stack and logical id, or one zone of a bucket. What is outside of the app has no stack, and its name for an id."""

    stack: str
    id: str
    zone: str = ""


class Arrow(NamedTuple):
    """From where to where data or a call goes."""

    tail: Node
    head: Node


@dataclass(frozen=True)
class App:
    """Every stack's template, the constructs' paths by logical id, and which resource an exported value stands for."""

    templates: dict[str, dict[str, Any]]
    paths: dict[Node, str]
    exports: dict[str, tuple[str, Any]]

    @classmethod
    def read(cls, assembly: Path) -> "App":
        """From the folder that `cdk synth` wrote."""
        templates = {stack: json.loads(path.read_text()) for stack, path in _files(assembly, "template")}
        paths = {
            Node(stack, entry["data"]): path
            for stack, file in _files(assembly, "metadata")
            for path, entries in json.loads(file.read_text()).items()
            for entry in entries
            if entry["type"] == "aws:cdk:logicalId"
        }
        exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }
        return cls(templates, paths, exports)

    def resources(self, kind: str) -> Iterator[tuple[Node, dict[str, Any]]]:
        """Every resource of a type with its properties."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield Node(stack, logical_id), resource.get("Properties", {})

    def kind(self, node: Node) -> str:
        """The type of a resource; empty for what is outside."""
        return str(self.templates[node.stack]["Resources"][node.id]["Type"]) if node.stack else ""

    def name(self, node: Node) -> str:
        """What a person calls it: the last part of its construct's path that says what it is for."""
        if self.kind(node) in SERVICES:
            return SERVICES[self.kind(node)]
        if not node.stack or node.zone:
            return node.zone or node.id
        if self.kind(node) == PIPELINE:
            return PIPELINES
        if self.kind(node) == API:
            return " ".join(self.routes(node))
        if self.kind(node) in (FUNCTION, MACHINE) and (one := self._together(node)):
            return one
        said = [part for part in self.paths[node].split("/")[2:] if part not in UNNAMED]
        return " ".join(re.findall(r"[A-Z][a-z]*", said[-1])).lower()

    def routes(self, node: Node) -> list[str]:
        """What an API answers: a stack may have several, which only this tells apart."""
        found = self.resources("AWS::ApiGatewayV2::Route")
        keys = (route["RouteKey"] for (stack, *_), route in found if node in self.pointed_at(stack, route["ApiId"]))
        return sorted(key for key in keys if key != "$default")

    def _together(self, node: Node) -> str:
        """The name of the group that a function or a state machine is drawn in; empty when it stands for itself."""
        return next((TOGETHER[part] for part in self.paths[node].split("/")[2:] if part in TOGETHER), "")

    def pointed_at(self, stack: str, value: Any) -> Iterator[Node]:
        """The resources that a template value refers to, exports followed."""
        if isinstance(value, list):
            for part in value:
                yield from self.pointed_at(stack, part)
        elif isinstance(value, dict):
            match value:
                case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
                    if name in self.templates[stack]["Resources"]:
                        yield Node(stack, name)
                case {"Fn::ImportValue": str(name)} if name in self.exports:
                    yield from self.pointed_at(*self.exports[name])
                case _:
                    yield from self.pointed_at(stack, list(value.values()))


def _files(assembly: Path, kind: str) -> list[tuple[str, Path]]:
    return [(path.name.removesuffix(f".{kind}.json"), path) for path in sorted(assembly.glob(f"*.{kind}.json"))]
