"""Tills: what they ring up goes into a stream each of orders and of lines, and from there in files into the landing zone."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.components import grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.trust import trusted
from stacks.foundation import Foundation

BUFFER_SECONDS, BUFFER_MB = 300, 64
ENDING = ".jsonl.gz"
KEPT = Duration.hours(24)
LATEST = Duration.minutes(30)
DELIVERY_LOG = "landing"


class Till(Construct):
    """One stream, delivered as gzipped JSON lines below one landing prefix; whoever may put records needs the message key too."""

    def __init__(self, scope: Construct, id: str, base: Foundation, *, prefix: str) -> None:
        super().__init__(scope, id)
        self.stream = kinesis.Stream(
            self,
            "Stream",
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            retention_period=KEPT,
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=base.message_key,
            removal_policy=Capability.holding(self).removal,
        )
        acknowledge(self.stream, "AwsSolutions-KDS3", "a key of ours says who may read sales, the service's own key does not")
        self._deliver(base, prefix)

    def _deliver(self, base: Foundation, prefix: str) -> None:
        group = self._log_group(base)
        role = self._role(base, prefix, group)
        delivery = firehose.CfnDeliveryStream(
            self,
            "Delivery",
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=self.stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=self._destination(base, prefix, group, role),
        )
        delivery.node.add_dependency(role.node.find_child("DefaultPolicy"))
        acknowledge(delivery, "AwsSolutions-KDF1", "with a stream for a source, records at rest are encrypted by the stream")
        self._alarm(delivery)

    def _log_group(self, base: Foundation) -> logs.LogGroup:
        stack = Capability.holding(self)
        group = logs.LogGroup(self, "Logs", encryption_key=base.message_key, retention=stack.log_retention, removal_policy=stack.removal)
        logs.LogStream(self, "LogStream", log_group=group, log_stream_name=DELIVERY_LOG, removal_policy=stack.removal)
        return group

    def _role(self, base: Foundation, prefix: str, group: logs.LogGroup) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=trusted(self, "firehose.amazonaws.com"))
        reading = ("kinesis:DescribeStream", "kinesis:GetShardIterator", "kinesis:GetRecords", "kinesis:ListShards")
        grants.allow(role, reading, self.stream.stream_arn)
        grants.use_key(role, base.message_key)
        landing = base.buckets.landing
        grants.write_objects(role, landing, prefix)
        grants.list_objects(role, landing)
        grants.allow(role, ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), landing.bucket_arn)
        arn = Stack.of(self).format_arn(
            service="logs", resource="log-group", resource_name=f"{group.log_group_name}:log-stream:{DELIVERY_LOG}"
        )
        grants.allow(role, ("logs:PutLogEvents",), arn.replace("log-group/", "log-group:"))
        return role

    def _destination(
        self, base: Foundation, prefix: str, group: logs.LogGroup, role: iam.Role
    ) -> firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty:
        properties = firehose.CfnDeliveryStream
        return properties.ExtendedS3DestinationConfigurationProperty(
            bucket_arn=base.buckets.landing.bucket_arn,
            role_arn=role.role_arn,
            prefix=f"{prefix}!{{timestamp:yyyy/MM/dd}}/",
            error_output_prefix=f"{prefix}undelivered/!{{firehose:error-output-type}}/",
            file_extension=ENDING,
            compression_format="GZIP",
            buffering_hints=properties.BufferingHintsProperty(interval_in_seconds=BUFFER_SECONDS, size_in_m_bs=BUFFER_MB),
            encryption_configuration=properties.EncryptionConfigurationProperty(
                kms_encryption_config=properties.KMSEncryptionConfigProperty(awskms_key_arn=base.data_key.key_arn)
            ),
            cloud_watch_logging_options=properties.CloudWatchLoggingOptionsProperty(
                enabled=True, log_group_name=group.log_group_name, log_stream_name=DELIVERY_LOG
            ),
            # A till sends an object a record, without the line break that makes JSON lines of them.
            processing_configuration=properties.ProcessingConfigurationProperty(
                enabled=True,
                processors=[
                    properties.ProcessorProperty(
                        type="AppendDelimiterToRecord",
                        parameters=[properties.ProcessorParameterProperty(parameter_name="Delimiter", parameter_value="\\n")],
                    )
                ],
            ),
        )

    def _alarm(self, delivery: firehose.CfnDeliveryStream) -> None:
        cloudwatch.Metric(
            namespace="AWS/Firehose",
            metric_name="DeliveryToS3.DataFreshness",
            dimensions_map={"DeliveryStreamName": delivery.ref},
            statistic="Maximum",
            period=Duration.minutes(5),
        ).create_alarm(
            self,
            "Undelivered",
            alarm_description="The oldest record that is in no landed file yet",
            threshold=LATEST.to_seconds(),
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
