"""The function behind every custom resource of the sandbox: CloudFormation's protocol in front of the table of resources.

Runs inside the sandbox with `resources.py` beside it; nothing else of the repository is in its package.
"""

import hashlib
import json
import logging
import time
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.resources import OWN_PROPERTIES, TABLE, TYPE_PROPERTY, Call, Record

log = logging.getLogger(__name__)

_API_NAMES = {
    "AgentlessConfig": "agentless",
    "PredictiveConfig": "predictive",
    "PreviewConfig": "preview",
    "ProgressiveConfig": "progressive",
    "AllChannelsSubtypes": "allChannelSubtypes",
    "CommunicationLimitList": "communicationLimitsList",
}
"""Members of campaigns that a template and the API call by different names, at whatever depth."""
_LABELS = ("Name", "Key", "OperatorPropertyKey")
READY_SECONDS = 600.0
POLL_SECONDS = 0.25


class ResourceError(Exception):
    """A resource that cannot be made: the reason is what the deployment reports."""


def handler(event: Mapping[str, Any], context: object) -> None:
    """Create, update or delete one resource and tell CloudFormation, whatever happens."""
    physical_id = event.get("PhysicalResourceId", "")
    answer: dict[str, Any] = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    try:
        physical_id, attributes = fulfil(event)
        answer |= {"Status": "SUCCESS", "Data": attributes}
    except Exception as error:  # without an answer the deployment would hang until its time-out, whatever went wrong
        log.exception("%s of %s failed", event["RequestType"], event["LogicalResourceId"])
        answer |= {"Status": "FAILED", "Reason": f"{event['ResourceProperties'].get(TYPE_PROPERTY)}: {error}"}
    # CloudFormation deletes what it could not create; the marker says that there is nothing to delete.
    answer["PhysicalResourceId"] = physical_id or "FAILED_CREATE_MARKER"
    _send(event["ResponseURL"], answer)


def _send(url: str, answer: Mapping[str, Any]) -> None:
    """Put the answer where CloudFormation waits for it: an https address by its own protocol."""
    request = urllib.request.Request(url, data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        log.info("%s of %s answered: %s", answer["Status"], answer["LogicalResourceId"], response.status)


def fulfil(event: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Do what the event asks; the physical id (what `Ref` returns) and the attributes (what `GetAtt` returns)."""
    properties = _own(event["ResourceProperties"])
    original = event["ResourceProperties"][TYPE_PROPERTY]
    rule = TABLE.get(original)
    if rule is None:
        raise ResourceError(f"the sandbox has no stand-in for {original}")
    generated = _generated_name(event)
    physical_id = event.get("PhysicalResourceId", "")
    if isinstance(rule, Record):
        return _record(rule, properties, physical_id, generated, deleting=event["RequestType"] == "Delete")
    make: Any = boto3.client  # the stubs want a literal service name
    client = make(rule.service)
    match event["RequestType"]:
        case "Create":
            return _create(client, rule, properties, generated)
        case "Update":
            return _update(client, rule, properties, _own(event["OldResourceProperties"]), physical_id, generated)
        case _:
            _delete(client, rule, properties, physical_id)
            return physical_id, {}


def _own(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in OWN_PROPERTIES}


def _generated_name(event: Mapping[str, Any]) -> str:
    """As CloudFormation makes them: stack, logical id and something that differs from one creation to the next."""
    stack = event["StackId"].split("/")[1] if "/" in event["StackId"] else event["StackId"]
    suffix = hashlib.sha256(event["RequestId"].encode()).hexdigest()[:12].upper()
    return f"{stack[:24]}-{event['LogicalResourceId'][:24]}-{suffix}"


def _record(rule: Record, properties: Mapping[str, Any], physical_id: str, generated: str, *, deleting: bool) -> tuple[str, dict[str, str]]:
    if deleting:
        return physical_id, {}
    ref = str(properties.get(rule.ref) or physical_id or generated)
    return ref, {name: value.format_map({**properties, "ref": ref}) for name, value in rule.attributes.items()}


def _create(client: Any, rule: Call, properties: Mapping[str, Any], generated: str) -> tuple[str, dict[str, str]]:
    parameters = _parameters(client, rule, rule.create, properties, strict=True)
    if rule.name:
        inner = parameters[rule.wrap] if rule.wrap else parameters
        inner.setdefault(rule.name, generated)
    answer = getattr(client, rule.create)(**parameters)
    facts = {**parameters, **answer}
    ref = str(_path(facts, rule.ref))
    _await_ready(client, rule, ref)
    return ref, _attributes(rule, facts)


def _update(
    client: Any, rule: Call, properties: Mapping[str, Any], old: Mapping[str, Any], physical_id: str, generated: str
) -> tuple[str, dict[str, str]]:
    wanted = _parameters(client, rule, rule.create, properties, strict=True)
    before = _parameters(client, rule, rule.create, old, strict=False)
    if _untagged(wanted, rule) == _untagged(before, rule) and rule.describe:
        facts = getattr(client, rule.describe)(**_identity(rule, properties, physical_id))
    elif rule.update and wanted.get(rule.name) == before.get(rule.name):
        parameters = _parameters(client, rule, rule.update, properties, strict=False)
        parameters |= _identity(rule, properties, physical_id)
        facts = {**parameters, **getattr(client, rule.update)(**parameters)}
    else:
        # What cannot change is made again; CloudFormation then deletes the one with the old id.
        return _create(client, rule, properties, generated)
    return physical_id, _attributes(rule, facts)


def _untagged(parameters: Mapping[str, Any], rule: Call) -> dict[str, Any]:
    inner = parameters[rule.wrap] if rule.wrap else parameters
    return {name: value for name, value in inner.items() if name.lower() != "tags"}


def _attributes(rule: Call, facts: Mapping[str, Any]) -> dict[str, str]:
    """What `GetAtt` returns. A description nests under the resource's kind what the answer to its creation has at the top."""
    nested = {name: value for part in facts.values() if isinstance(part, Mapping) for name, value in part.items()}
    return {name: str(_path({**nested, **facts}, path)) for name, path in rule.attributes.items()}


def _delete(client: Any, rule: Call, properties: Mapping[str, Any], physical_id: str) -> None:
    identity = _identity(rule, properties, physical_id)
    try:
        getattr(client, rule.delete)(**identity)
        for _ in _until(READY_SECONDS) if rule.ready else ():
            getattr(client, rule.describe)(**identity)
    except ClientError as error:
        if not _is_absent(error):
            raise


def _identity(rule: Call, properties: Mapping[str, Any], physical_id: str) -> dict[str, str]:
    """The parameters that find the resource: its name where the API asks for names, else the physical id, and what it lies in."""
    named = properties.get(rule.name) or physical_id.rsplit("/", 1)[-1] if rule.identity == rule.name else physical_id
    return {rule.identity: str(named), **{name: str(properties[name]) for name in rule.within}}


def _await_ready(client: Any, rule: Call, ref: str) -> None:
    if not rule.ready:
        return
    status = ""
    for _ in _until(READY_SECONDS):
        answer = getattr(client, rule.describe)(**{rule.identity: ref})
        status = str(_path(answer, rule.ready))
        if status == "ACTIVE":
            return
        if "FAILED" in status:
            details = _path(answer, rule.ready.rsplit(".", 1)[0])
            raise ResourceError(f"{ref} is {status}: {details.get('failureReason', 'no reason given')}")
    raise ResourceError(f"{ref} is {status} after {READY_SECONDS:.0f} s")


def _until(seconds: float) -> Iterator[None]:
    """One turn at once and then one every quarter of a second, until the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() > deadline:
            return
        time.sleep(POLL_SECONDS)


def _is_absent(error: ClientError) -> bool:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    return "NotFound" in code or code == "ResourceNotFound" or "does not exist" in message


def _parameters(client: Any, rule: Call, operation: str, properties: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    """The properties as the operation's parameters. `strict` refuses a property that the operation does not know."""
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    shape = model.input_shape.members[rule.wrap] if rule.wrap else model.input_shape
    lifted, rest = _lift(properties, rule.lift)
    members = {name.lower(): name for name in shape.members}
    # CloudFormation tags what an API creates untagged by a call of its own; nothing here reads such tags.
    unknown = [name for name in rest if name.lower() not in members and name != "Tags"]
    if strict and unknown:
        raise ResourceError(f"the sandbox does not understand {', '.join(unknown)}")
    values = {members[name.lower()]: value for name, value in rest.items() if name.lower() in members}
    values |= {name: value for name, value in lifted.items() if name in shape.members}
    typed = _typed(values, shape)
    return {rule.wrap: typed} if rule.wrap else dict(typed)


def _lift(properties: Mapping[str, Any], paths: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values that move to another name or depth, and the properties that no path touches."""
    lifted: dict[str, Any] = {}
    for source, target in paths.items():
        try:
            value = _path(properties, source)
        except LookupError:
            continue
        *parents, last = target.split(".")
        place = lifted
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    roots = {source.split(".")[0] for source in paths}
    return lifted, {name: value for name, value in properties.items() if name not in roots}


def _typed(value: Any, shape: Shape) -> Any:
    """CloudFormation hands numbers and booleans over as strings; the service's model knows what they were."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        value = _tag(value, shape)
        members = {name.lower(): (name, member) for name, member in shape.members.items()}
        pairs = ((members.get(_API_NAMES.get(name, name).lower()), item) for name, item in value.items())
        return {known[0]: _typed(item, known[1]) for known, item in pairs if known}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_typed(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping | list):
        return {name: _typed(item, shape.value) for name, item in _pairs(value)}
    match shape.type_name:
        case "boolean":
            return str(value).lower() == "true"
        case "integer" | "long":
            return int(value)
        case "float" | "double":
            return float(value)
        case "string" if not isinstance(value, str):
            return json.dumps(value)
        case _:
            return value


def _pairs(value: Mapping[str, Any] | list[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """A map of the API is in some templates a list of objects, each with a label beside its value."""
    if isinstance(value, Mapping):
        yield from value.items()
        return
    for each in value:
        label = next(name for name in _LABELS if name in each)
        (item,) = (part for name, part in each.items() if name != label)
        yield each[label], item


def _tag(value: Mapping[str, Any], shape: StructureShape) -> Mapping[str, Any]:
    """A tag has a Key and a Value in every template; services have names of their own for the two (`tagKey`)."""
    if value.keys() != {"Key", "Value"} or {"key", "value"} <= {name.lower() for name in shape.members}:
        return value
    return {name: value[name.removeprefix("tag").removeprefix("Tag")] for name in shape.members}


def _path(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            raise LookupError(f"no {path} in {sorted(value) if isinstance(value, Mapping) else value!r}")
        value = value[name]
    return value
