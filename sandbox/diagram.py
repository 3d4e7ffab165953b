"""Draws the app from its synthesised templates, as Mermaid: what triggers, calls or writes what, stack by stack.

python -m sandbox.diagram ASSEMBLY     puts the picture of a cloud assembly (the folder that `cdk synth` wrote) into the pages that show it
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.privacy import PRIVACY
from omnichannel.contracts.trusted import MAINTENANCE
from omnichannel.contracts.zones import LEDGER, PIPELINE_RUNS, STAGE_JOBS

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
BEGIN, END = "<!-- picture -->", "<!-- /picture -->"

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

SHAPES = {
    BUCKET: ("[(", ")]"),
    TABLE: ("[(", ")]"),
    FUNCTION: ("(", ")"),
    MACHINE: ("{{", "}}"),
    BUS: ("([", "])"),
    API: ("[/", "/]"),
    PIPELINE: ("{{", "}}"),
    **dict.fromkeys(SERVICES, ("[[", "]]")),
}
"""What is drawn, and in which shape. A queue is a word on an arrow, a schedule a word in what it starts; the rest is wiring."""

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

UNNAMED = {"Resource", "Function", "Machine", "Queue", "Pipeline", "Schedule", "Default"}
"""Parts of a construct's path that say what it is, not what it is for."""

WRITES = ("s3:PutObject", "dynamodb:PutItem", "dynamodb:BatchWriteItem", "events:PutEvents", "states:StartExecution")
READS = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan")
SHARED = "foundation"
"""Its resources stand between the other stacks' and so are drawn in no group."""

ASIDE = ("catalog", "privacy")
"""Stacks that look after what the flow leaves behind; drawn, they would hide it."""

PASSING = (PIPELINE_RUNS, MAINTENANCE, PRIVACY, STAGE_JOBS.partition("/")[0])
"""Zones that only hand on what one pipeline's steps make, or what was asked of the committer or of a job."""


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
            return self._routes(node)
        if self.kind(node) in (FUNCTION, MACHINE) and (one := self._together(node)):
            return one
        said = [part for part in self.paths[node].split("/")[2:] if part not in UNNAMED]
        return " ".join(re.findall(r"[A-Z][a-z]*", said[-1])).lower()

    def _routes(self, node: Node) -> str:
        """What an API answers: a stack may have several, which only this tells apart."""
        found = self.resources("AWS::ApiGatewayV2::Route")
        keys = (route["RouteKey"] for (stack, *_), route in found if node in self.pointed_at(stack, route["ApiId"]))
        return " ".join(sorted(key for key in keys if key != "$default"))

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


def arrows(app: App) -> set[Arrow]:
    """Who triggers, calls, writes or feeds whom, queues and schedules among them."""
    found: set[Arrow] = set()
    for (stack, *_), mapping in app.resources("AWS::Lambda::EventSourceMapping"):
        found |= _all(app.pointed_at(stack, mapping["EventSourceArn"]), app.pointed_at(stack, mapping["FunctionName"]))
    for (stack, *_), rule in app.resources("AWS::Events::Rule"):
        found |= _all(_announcing(app, stack, rule), app.pointed_at(stack, [target["Arn"] for target in rule.get("Targets", [])]))
    for node, machine in app.resources(MACHINE):
        found |= _all([node], app.pointed_at(node.stack, machine["DefinitionString"]))
    for node, schedule in app.resources(SCHEDULE):
        found |= _all([node], app.pointed_at(node.stack, schedule["Target"]["Arn"]))
    for (stack, *_), integration in app.resources("AWS::ApiGatewayV2::Integration"):
        found |= _all(app.pointed_at(stack, integration["ApiId"]), app.pointed_at(stack, integration["IntegrationUri"]))
    for node, function in app.resources(FUNCTION):
        found |= _all([node], _asked(app, node.stack, function.get("Environment", {}).get("Variables", {}).values()))
    return found | set(_granted(app))


def mermaid(app: App) -> str:
    """The picture as Mermaid text, the same text for the same app."""
    found = arrows(app)
    drawn = {arrow for arrow in found if all(_drawn(app, node) for node in arrow)}
    queued = {
        Arrow(into.tail, out.head)
        for into in found
        if _drawn(app, into.tail) and app.kind(into.head) == QUEUE
        for out in found
        if out.tail == into.head and _drawn(app, out.head)
    }
    starts: dict[str, list[str]] = {}
    for when, name in sorted({(app.name(tail), _id(app, head)) for tail, head in found if app.kind(tail) == SCHEDULE}):
        starts.setdefault(name, []).append(when)
    nodes = {_id(app, node): node for arrow in drawn | queued for node in arrow}
    out = ["flowchart TB"]
    for stack in (stack for stack in app.templates if stack != SHARED):
        inside = sorted(name for name, node in nodes.items() if node.stack == stack)
        if inside:
            out += [f"  subgraph {stack}", *(f"    {name}{_label(app, nodes[name], starts.get(name, ()))}" for name in inside), "  end"]
    out += [f"  {name}{_label(app, node, starts.get(name, ()))}" for name, node in sorted(nodes.items()) if node.stack in ("", SHARED)]
    out += [f"  {tail} {line} {head}" for tail, line, head in sorted(set(_lines(app, drawn, queued))) if tail != head]
    return "\n".join(out) + "\n"


def _lines(app: App, drawn: set[Arrow], queued: set[Arrow]) -> Iterator[tuple[str, str, str]]:
    """The arrows without those that would hide the flow: looking something up in a table, and reading back what one writes."""
    back = {arrow for arrow in drawn if Arrow(arrow.head, arrow.tail) in drawn and app.kind(arrow.tail) in (BUCKET, TABLE)}
    fed = {head for tail, head in drawn - back if app.kind(tail) == BUCKET} | {head for _, head in queued}
    # A zone that alone feeds whoever also writes there: shown both ways.
    shared = {arrow for arrow in back if app.kind(arrow.tail) == BUCKET and arrow.tail.zone != LEDGER and arrow.head not in fed}
    fed |= {head for _, head in shared}
    for arrow in queued:
        yield _id(app, arrow.tail), "-- queue -->", _id(app, arrow.head)
    for arrow in drawn:
        looked_up = app.kind(arrow.tail) == TABLE and arrow.head in fed
        if arrow in shared:
            yield _id(app, arrow.tail), "<-->", _id(app, arrow.head)
        elif not (arrow in back or looked_up or Arrow(arrow.head, arrow.tail) in shared):
            yield _id(app, arrow.tail), "-->", _id(app, arrow.head)


def shown(page: str, picture: str) -> str:
    """A page with the picture between its markers; a page without markers is a ValueError."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n```mermaid\n{picture}```\n{END}{after}"


def _files(assembly: Path, kind: str) -> list[tuple[str, Path]]:
    return [(path.name.removesuffix(f".{kind}.json"), path) for path in sorted(assembly.glob(f"*.{kind}.json"))]


def _drawn(app: App, node: Node) -> bool:
    return not node.stack or (app.kind(node) in SHAPES and node.stack not in ASIDE)


def _announcing(app: App, stack: str, rule: dict[str, Any]) -> Iterator[Node]:
    """Where a rule's events come from: a bus, or a bucket, of which the pattern may name a zone."""
    detail = rule.get("EventPattern", {}).get("detail", {})
    keys = [key["wildcard"].partition("/")[0] for key in detail.get("object", {}).get("key", [])]
    for node in app.pointed_at(stack, detail.get("bucket") or rule.get("EventBusName")):
        yield from (node._replace(zone=zone) for zone in keys or [""])


def _asked(app: App, stack: str, values: Iterable[Any]) -> Iterator[Node]:
    """What a function learns of other services from its environment: by reference, by how pipelines' names begin, by an address."""
    pipelines = {properties["PipelineName"]: node for node, properties in app.resources(PIPELINE)}
    for value in values:
        if isinstance(value, str):
            if value.endswith("-"):
                yield from (node for name, node in pipelines.items() if name.startswith(value))
            elif value.startswith("https://"):
                yield Node("", value.split("/")[2])
        yield from (node for node in app.pointed_at(stack, value) if app.kind(node) in SERVICES)


def _granted(app: App) -> Iterator[Arrow]:
    """What roles let their owners write, start, put events on, and read."""
    owners = _owners(app)
    for (stack, *_), policy in app.resources("AWS::IAM::Policy"):
        holders = [owner for role in app.pointed_at(stack, policy.get("Roles", [])) for owner in owners.get(role, ())]
        for statement in policy["PolicyDocument"]["Statement"]:
            actions, stores = _listed(statement["Action"]), list(_stores(app, stack, statement["Resource"]))
            if any(action in WRITES for action in actions):
                yield from _all(holders, stores)
            if any(action in READS for action in actions):
                yield from _all(stores, holders)


def _owners(app: App) -> dict[Node, list[Node]]:
    """Role -> the functions and pipelines that have it, or the service that takes it to read in its own name."""
    owners: dict[Node, list[Node]] = {}
    for kind, property_name in ((FUNCTION, "Role"), (PIPELINE, "RoleArn")):
        for node, properties in app.resources(kind):
            for role in app.pointed_at(node.stack, properties[property_name]):
                owners.setdefault(role, []).append(node)
    for role, properties in app.resources("AWS::IAM::Role"):
        trusted = [str(statement["Principal"].get("Service")) for statement in properties["AssumeRolePolicyDocument"]["Statement"]]
        for kind in SERVICES:
            if f"{kind.split('::')[1].lower()}.amazonaws.com" in trusted:
                owners.setdefault(role, []).extend(node for node, _ in app.resources(kind))
    return owners


def _stores(app: App, stack: str, resources: Any) -> Iterator[Node]:
    """What a statement's resources stand for, a bucket with the zone that its keys begin with."""
    for resource in _listed(resources):
        texts = resource.get("Fn::Join", ["", []])[1] if isinstance(resource, dict) else []
        zones = [text.split("/")[1] for text in texts if isinstance(text, str) and text.count("/") > 1]
        zone = zones[-1] if zones else ""
        yield from (node._replace(zone=zone) for node in app.pointed_at(stack, resource) if zone not in PASSING)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _all(tails: Iterable[Node], heads: Iterable[Node]) -> set[Arrow]:
    listed = list(heads)
    return {Arrow(tail, head) for tail in tails for head in listed}


def _id(app: App, node: Node) -> str:
    return re.sub(r"\W+", "_", f"{node.stack} {app.name(node)}".strip())


def _label(app: App, node: Node, starts: Sequence[str]) -> str:
    left, right = SHAPES.get(app.kind(node), ("[[", "]]"))
    pipelines = "SageMaker pipelines:<br/>" + ", ".join(Definition) if app.kind(node) == PIPELINE else ""
    name = pipelines or app.name(node)
    return f'{left}"{name}{"<br/>" * bool(starts)}{", ".join(starts)}"{right}'


def main() -> None:
    """Rewrite the pages."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    picture = mermaid(App.read(Path(sys.argv[1])))
    for page in PAGES:
        page.write_text(shown(page.read_text(), picture))


if __name__ == "__main__":
    main()
