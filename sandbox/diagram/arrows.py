"""Who triggers, calls, writes or feeds whom, read from triggers, environments and the permissions of roles."""

from collections.abc import Iterable, Iterator
from typing import Any

from omnichannel.contracts.privacy import PRIVACY
from omnichannel.contracts.trusted import MAINTENANCE
from omnichannel.contracts.zones import PIPELINE_RUNS, STAGE_JOBS
from sandbox.diagram.app import FUNCTION, MACHINE, PIPELINE, SCHEDULE, SERVICES, App, Arrow, Node

WRITES = ("s3:PutObject", "dynamodb:PutItem", "dynamodb:BatchWriteItem", "events:PutEvents", "states:StartExecution")
READS = ("s3:GetObject", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan")
PASSING = (PIPELINE_RUNS, MAINTENANCE, PRIVACY, STAGE_JOBS.partition("/")[0])
"""Zones that only hand on what one pipeline's steps make, or what was asked of the committer or of a job."""


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
