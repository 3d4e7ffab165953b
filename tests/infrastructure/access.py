"""What must be allowed, derived from what the templates connect; and what of it is not.

The sandbox enforces neither the roles of state machines, schedules and rules nor encryption keys. These checks stand in for that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.infrastructure.cloud import Cloud, Resource

DECRYPT, GENERATE = "kms:Decrypt", "kms:GenerateDataKey"

LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets")

KEY_ACTIONS: dict[str, tuple[str, ...]] = {
    "s3:GetObject": (DECRYPT,),
    "s3:PutObject": (DECRYPT, GENERATE),
    "sqs:SendMessage": (DECRYPT, GENERATE),
    "sqs:ReceiveMessage": (DECRYPT,),
    "sns:Publish": (DECRYPT, GENERATE),
    "secretsmanager:GetSecretValue": (DECRYPT,),
    "kinesis:GetRecords": (DECRYPT,),
    **{f"dynamodb:{action}": (DECRYPT, GENERATE) for action in ("PutItem", "UpdateItem", "BatchWriteItem", "DeleteItem")},
    **{f"dynamodb:{action}": (DECRYPT, GENERATE) for action in ("GetItem", "BatchGetItem", "Scan", "Query")},
}
"""What of the key an action on an encrypted resource needs."""

KEY_OF: dict[str, tuple[str, ...]] = {
    "AWS::S3::Bucket": ("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::Events::Archive": ("KmsKeyIdentifier",),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::DMS::Endpoint": ("KmsKeyId",),
}
"""Where each type names its key."""


@dataclass(frozen=True)
class Need:
    """`who` (a role's name, or a service's) must be allowed `action` on `resource` (as in `Cloud.flat`)."""

    who: str
    action: str
    resource: str
    because: str


def key_of(cloud: Cloud, resource: Resource) -> str:
    """The name of the key that encrypts a resource, "" when none of ours does."""
    value: Any = resource.properties
    for step in KEY_OF.get(resource.type, ("",)):
        try:
            value = value[step]
        except (KeyError, IndexError):
            return ""
    return cloud.refers(resource.stack, value)


def allowed(cloud: Cloud, need: Need) -> bool:
    """Whether one statement of the role allows it."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatchcase(need.action, action) for action in statement["Action"])
        and any(fnmatchcase(need.resource, resource) for resource in statement["Resource"])
        for statement in cloud.statements(need.who)
    )


def service_allowed(cloud: Cloud, need: Need) -> bool:
    """Whether the resource's own policy lets the service do it, on behalf of this account or one of its resources only."""
    return any(
        statement["Effect"] == "Allow"
        and need.who in _services(cloud, statement)
        and need.action in statement["Action"]
        and _confined(statement)
        for statement in _policy_of(cloud, need.resource.strip("{}"))
    )


def role_needs(cloud: Cloud) -> Iterator[Need]:
    """What state machines, schedules and event source mappings do in the name of their roles."""
    for machine in cloud.all("AWS::StepFunctions::StateMachine"):
        role = cloud.refers(machine.stack, machine.properties["RoleArn"])
        for state in states(cloud.machine(machine)):
            yield from (Need(role, action, resource, machine.name) for action, resource in _task(state))
            yield from (Need(role, action, resource, machine.name) for action, resource in _apart(state, machine))
        yield from (Need(role, action, "*", machine.name) for action in (*LOG_DELIVERY, *TRACING))
    for schedule in cloud.all("AWS::Scheduler::Schedule"):
        target = schedule.properties["Target"]
        role = cloud.refers(schedule.stack, target["RoleArn"])
        yield Need(role, "states:StartExecution", cloud.flat(schedule.stack, target["Arn"]), schedule.name)
    for mapping in cloud.all("AWS::Lambda::EventSourceMapping"):
        function = cloud.get(cloud.refers(mapping.stack, mapping.properties["FunctionName"]))
        role = cloud.refers(function.stack, function.properties["Role"])
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            yield Need(role, action, cloud.flat(mapping.stack, mapping.properties["EventSourceArn"]), mapping.name)


def service_needs(cloud: Cloud) -> Iterator[Need]:
    """What services do in their own name: rules reach targets, APIs call functions, services use the keys of what they write to."""
    for rule in cloud.all("AWS::Events::Rule"):
        for target in rule.properties["Targets"]:
            resource = cloud.get(cloud.refers(rule.stack, target["Arn"]))
            action = {"AWS::SQS::Queue": "sqs:SendMessage", "AWS::SNS::Topic": "sns:Publish"}[resource.type]
            yield Need("events.amazonaws.com", action, f"{{{resource.name}}}", rule.name)
            yield from _with_key(cloud, "events.amazonaws.com", action, resource, rule.name)
    for group in cloud.all("AWS::Logs::LogGroup"):
        for action in ("kms:Encrypt", DECRYPT, GENERATE):
            yield Need("logs.us-east-1.amazonaws.com", action, f"{{{key_of(cloud, group)}}}", group.name)
    for archive in cloud.all("AWS::Events::Archive"):
        for action in (DECRYPT, GENERATE):
            yield Need("events.amazonaws.com", action, f"{{{key_of(cloud, archive)}}}", archive.name)


def key_needs(cloud: Cloud) -> Iterator[Need]:
    """What of the keys each role needs, given what it may do with encrypted resources."""
    encrypted = {resource.name: key for resource in cloud.all(*KEY_OF) if (key := key_of(cloud, resource))}
    for role in cloud.all("AWS::IAM::Role"):
        for statement in cloud.statements(role.name):
            for resource in statement["Resource"]:
                key = encrypted.get(resource.partition("}")[0].lstrip("{"))
                for action in statement["Action"] if key else ():
                    for wanted in KEY_ACTIONS.get(action, ()):
                        yield Need(role.name, wanted, f"{{{key}}}", f"{action} on {resource}")


def states(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state, however deep."""
    for state in definition["States"].values():
        yield state
        for inner in (*state.get("Branches", ()), *((state["ItemProcessor"],) if "ItemProcessor" in state else ())):
            yield from states(inner)


def _task(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if state["Type"] != "Task":
        return
    match state["Resource"].removeprefix("arn:aws:states:::"):
        case "lambda:invoke" | "lambda:invoke.waitForTaskToken":
            yield "lambda:InvokeFunction", state["Arguments"]["FunctionName"]
        case "sqs:sendMessage":
            yield "sqs:SendMessage", state["Arguments"]["QueueUrl"]
        case "dynamodb:getItem":
            yield "dynamodb:GetItem", state["Arguments"]["TableName"]
        case other:
            raise LookupError(f"no rule says what {other} needs; add it to tests/infrastructure/access.py")


def _apart(state: dict[str, Any], machine: Resource) -> Iterator[tuple[str, str]]:
    """What a map needs that runs executions of its own: the machine's, which are named after it and the map's label."""
    if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
        executions = f"arn:aws:states:us-east-1:AWS::AccountId:execution:{{{machine.name}}}/{state['Label']}:id"
        yield "states:StartExecution", f"{{{machine.name}}}"
        for action in ("states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"):
            yield action, executions


def _with_key(cloud: Cloud, who: str, action: str, resource: Resource, because: str) -> Iterator[Need]:
    if key := key_of(cloud, resource):
        yield from (Need(who, wanted, f"{{{key}}}", because) for wanted in KEY_ACTIONS[action])


def _policy_of(cloud: Cloud, name: str) -> list[dict[str, Any]]:
    """The statements of a resource's own policy."""
    resource = cloud.get(name)
    if resource.type == "AWS::KMS::Key":
        return cloud.parsed(resource.stack, resource.properties["KeyPolicy"])
    found = []
    for policy in cloud.all("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        attached = policy.properties.get("Queues", policy.properties.get("Topics", []))
        if name in {cloud.refers(policy.stack, each) for each in attached}:
            found += cloud.parsed(policy.stack, policy.properties["PolicyDocument"])
    return found


def _services(cloud: Cloud, statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    service = principal.get("Service", []) if isinstance(principal, dict) else []
    return service if isinstance(service, list) else [service]


def _confined(statement: dict[str, Any]) -> bool:
    keys = {key for condition in statement.get("Condition", {}).values() for key in condition}
    return bool(keys & {"aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"})
