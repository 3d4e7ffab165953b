"""What CloudFormation made for the app, and how a person's name for a function finds it."""

import difflib
import re
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.contracts.deployment import stack_name
from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.resources import PROVIDER

STATE_MACHINE = "AWS::StepFunctions::StateMachine"
QUEUE = "AWS::SQS::Queue"
FUNCTION = "AWS::Lambda::Function"

_HASH = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of one stack; `id` is the physical id."""

    stack: str
    logical_id: str
    type: str
    id: str
    status: str

    @property
    def label(self) -> str:
        """The logical id without the hash that the CDK appends, nor the construct's own name repeated: `StageStageFile`."""
        return _HASH.sub("", self.logical_id).removesuffix("Function").removesuffix("Resource") or self.logical_id


def resources(cloud: Cloud) -> list[Resource]:
    """Every resource of every stack of the environment, by stack and logical id. Raises SandboxError when nothing is deployed."""
    cloudformation = cloud.client("cloudformation")
    prefix = stack_name(cloud.environment, "")
    try:
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        stacks = [stack["StackName"] for page in pages for stack in page["Stacks"] if stack["StackName"].startswith(prefix)]
        listed = [
            (stack, item)
            for stack in sorted(stacks)
            for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
            for item in page["StackResourceSummaries"]
        ]
    except (ClientError, BotoCoreError) as error:
        raise SandboxError("reading the stacks", str(error)) from error
    if not listed:
        raise SandboxError("reading the stacks", f"no stack named {prefix}* is deployed", hint=cloud.how_to_deploy)
    return [
        Resource(
            stack=stack,
            logical_id=item["LogicalResourceId"],
            type=item["ResourceType"],
            id=item.get("PhysicalResourceId", ""),
            status=item["ResourceStatus"],
        )
        for stack, item in listed
    ]


def function_named(cloud: Cloud, name: str) -> Resource:
    """The one function that a name means: `event_door`, `EventDoor`, a logical id or the function's own name.

    In a sandbox the provider of its custom resources is one of them, though no stack has it.
    """
    if cloud.sandboxed and name == PROVIDER:
        return Resource(stack="", logical_id=PROVIDER, type=FUNCTION, id=PROVIDER, status="")
    functions = [r for r in resources(cloud) if r.type == FUNCTION]
    wanted = _plain(name)
    for exact in (True, False):
        found = [f for f in functions if any(_matches(wanted, known, exact) for known in (f.label, f.logical_id, f.id))]
        if len(found) == 1:
            return found[0]
        if found:
            reason = f"{name!r} fits {', '.join(f.label for f in found)}"
            raise SandboxError("finding the function", reason, hint="more of the name")
    labels = sorted(f.label for f in functions)
    close = difflib.get_close_matches(name, labels, n=1, cutoff=0.4)
    hint = f"{close[0]}; " if close else ""
    raise SandboxError("finding the function", f"there is no {name!r}", hint=f"{hint}deployed are {', '.join(labels)}")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _matches(wanted: str, known: str, exact: bool) -> bool:
    # A construct inside a construct carries both names, `StageStageFile`: the end of the label is the function's own.
    return _plain(known).endswith(wanted) if exact else wanted in _plain(known)
