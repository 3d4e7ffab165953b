"""The two encryption keys: one for data and one for messages and logs."""

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class DataKey(kms.Key):
    """Encrypts buckets, tables, secrets and what SageMaker writes. Roles use it, by their own grants; services do not."""

    def __init__(self, scope: Construct, id: str, removal: RemovalPolicy) -> None:
        super().__init__(
            scope,
            id,
            description="Customer data at rest: buckets, tables, secrets, SageMaker volumes",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal,
        )


class MessageKey(kms.Key):
    """Encrypts queues, topics and log groups, which services write to in their own name."""

    def __init__(self, scope: Construct, id: str, removal: RemovalPolicy) -> None:
        super().__init__(
            scope,
            id,
            description="Messages and logs: queues, topics, log groups",
            enable_key_rotation=True,
            pending_window=Duration.days(7),
            removal_policy=removal,
        )
        self._let_eventbridge_send()
        self._let_logs_write()

    def _let_eventbridge_send(self) -> None:
        """Rules of this account put events on encrypted queues and topics."""
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="RulesSendToQueuesAndTopics",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def _let_logs_write(self) -> None:
        """CloudWatch Logs names the log group in the encryption context, and sets no source account."""
        stack = Stack.of(self)
        groups = stack.format_arn(service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisAccount",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )
