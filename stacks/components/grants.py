"""Least-privilege grants: named actions on named resources, and the key that the resource needs, in one call.

The CDK's own grants allow action wildcards (`s3:GetObject*`, `kms:GenerateDataKey*`); these do not.
"""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import IConstruct

from stacks.components.acknowledge import acknowledge, acknowledge_resources
from stacks.components.secret import Secret

READ_KEY = ("kms:Decrypt",)
WRITE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")

GLUE_READ = ("glue:GetDatabase", "glue:GetTable")
GLUE_COMMIT = (*GLUE_READ, "glue:UpdateTable")

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
TRACING = ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments")


def allow(to: iam.IRole, actions: tuple[str, ...], *resources: str, conditions: dict[str, object] | None = None) -> None:
    """Allow actions on resources, and nothing else."""
    to.add_to_principal_policy(iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions))


def use_key(to: iam.IRole, key: kms.IKey, actions: tuple[str, ...] = READ_KEY) -> None:
    """Allow the role to use a key; the key's policy leaves that to IAM."""
    allow(to, actions, key.key_arn)


def read_objects(to: iam.IRole, bucket: s3.Bucket, *prefixes: str) -> None:
    """Read objects below prefixes (`""` = all), and list there, so that an absent object is a 404 and not a 403."""
    _objects(to, bucket, ("s3:GetObject",), prefixes)
    list_objects(to, bucket)
    use_key(to, _key(bucket))


def list_objects(to: iam.IRole, bucket: s3.Bucket) -> None:
    """List a bucket's keys. Without a condition on the prefix: reading an absent key names none when S3 decides between 403 and 404."""
    allow(to, ("s3:ListBucket",), bucket.bucket_arn)


def read_versions(to: iam.IRole, bucket: s3.Bucket, *prefixes: str) -> None:
    """Read every version of objects below prefixes, and list versions in the whole bucket."""
    _objects(to, bucket, ("s3:GetObject", "s3:GetObjectVersion"), prefixes)
    allow(to, ("s3:ListBucket", "s3:ListBucketVersions"), bucket.bucket_arn)
    use_key(to, _key(bucket))


def write_objects(to: iam.IRole, bucket: s3.Bucket, *prefixes: str) -> None:
    """Write whole objects below prefixes, large ones in parts."""
    _objects(to, bucket, ("s3:PutObject", "s3:AbortMultipartUpload"), prefixes)
    use_key(to, _key(bucket), WRITE_KEY)


def delete_versions(to: iam.IRole, bucket: s3.Bucket, *prefixes: str) -> None:
    """Delete objects below prefixes for good, each of their versions, which it may list in the whole bucket."""
    _objects(to, bucket, ("s3:DeleteObject", "s3:DeleteObjectVersion"), prefixes)
    allow(to, ("s3:ListBucketVersions",), bucket.bucket_arn)


def items(to: iam.IRole, table: dynamodb.Table, *actions: str) -> None:
    """Named actions (`GetItem`, `BatchWriteItem`, …) on a table's items."""
    allow(to, tuple(f"dynamodb:{action}" for action in actions), table.table_arn)
    if table.encryption_key:
        # DynamoDB uses the key in the caller's name.
        use_key(to, table.encryption_key, WRITE_KEY)


def query_index(to: iam.IRole, table: dynamodb.Table, index: str) -> None:
    """Query one index of a table."""
    allow(to, ("dynamodb:Query",), f"{table.table_arn}/index/{index}")
    if table.encryption_key:
        use_key(to, table.encryption_key)


def send(to: iam.IRole, queue: sqs.Queue) -> None:
    """Send messages to a queue."""
    allow(to, ("sqs:SendMessage",), queue.queue_arn)
    if queue.encryption_master_key:
        use_key(to, queue.encryption_master_key, WRITE_KEY)


def receive(to: iam.IRole, queue: sqs.Queue) -> None:
    """Read and delete messages, as an event source mapping does."""
    allow(to, ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"), queue.queue_arn)
    if queue.encryption_master_key:
        use_key(to, queue.encryption_master_key)


def read_secret(to: iam.IRole, secret: Secret) -> None:
    """Read a secret's value."""
    allow(to, ("secretsmanager:GetSecretValue",), secret.arn)
    use_key(to, secret.key)


def pass_role(to: iam.IRole, role: iam.IRole, service: str) -> None:
    """Hand a role to one service and no other."""
    allow(to, ("iam:PassRole",), role.role_arn, conditions={"StringEquals": {"iam:PassedToService": service}})


def named(to: iam.IRole, actions: tuple[str, ...], *resources: str, reason: str, conditions: dict[str, object] | None = None) -> None:
    """Allow actions on resources whose names end in a wildcard, because a service names them: `reason` says which."""
    allow(to, actions, *resources, conditions=conditions)
    for resource in resources:
        if "*" in resource:
            acknowledge_resources(to, resource, reason)


def anything(to: iam.IRole, *actions: str, reason: str, conditions: dict[str, object] | None = None) -> None:
    """Allow actions that know no resources."""
    allow(to, actions, "*", conditions=conditions)
    acknowledge(to, "AwsSolutions-IAM5[Resource::*]", reason)


def deliver_logs_and_traces(to: iam.IRole) -> None:
    """What a logged and traced state machine needs; neither service knows resources for these actions."""
    anything(to, *LOG_DELIVERY, *TRACING, reason="log delivery and X-Ray know no resources: AWS asks for *")


def catalog(to: iam.IRole, database: str, *tables: str, actions: tuple[str, ...] = GLUE_READ) -> None:
    """Actions on tables of a Glue database; Glue wants the catalog and the database named beside them."""
    stack = Stack.of(to)
    arns = [
        stack.format_arn(service="glue", resource="catalog"),
        stack.format_arn(service="glue", resource="database", resource_name=database),
        # The sandbox's IAM takes GetDatabase's Name for a table's; to AWS this names nothing.
        stack.format_arn(service="glue", resource="table", resource_name=database),
    ]
    for table in tables:
        arns.append(stack.format_arn(service="glue", resource="table", resource_name=f"{database}/{table}"))
        if "*" in table:
            acknowledge_resources(to, arns[-1], "the trusted tables: `omni migrate` makes them, one a data set")
    allow(to, actions, *arns)


def _objects(to: iam.IRole, bucket: s3.Bucket, actions: tuple[str, ...], prefixes: tuple[str, ...]) -> None:
    for prefix in prefixes:
        allow(to, actions, bucket.arn_for_objects(f"{prefix}*"))
        acknowledge_resources(to, f"{_arn_seen_by(to, bucket)}/{prefix}*", "the objects below one prefix of one bucket")


def _arn_seen_by(to: IConstruct, bucket: s3.Bucket) -> str:
    """The bucket's ARN as it will stand in the template of the role's stack."""
    home = Stack.of(bucket)
    return bucket.bucket_arn if Stack.of(to) is home else home.export_value(bucket.bucket_arn)


def _key(bucket: s3.Bucket) -> kms.IKey:
    if bucket.encryption_key is None:
        raise TypeError(f"{bucket.node.path} has no key of ours; grants are for encrypted buckets")
    return bucket.encryption_key
