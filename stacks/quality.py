"""Data quality: every rule checked over the lake once a day, what it found kept, and an alarm when one is not met."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from lambdas import quality_report
from omnichannel.contracts import zones
from omnichannel.contracts.environment.catalog import QualityReportEnv
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION, SERVICE_DIMENSION
from omnichannel.quality.metrics import FAILED_METRIC, QUALITY_NAMESPACE
from stacks.components import asl, grants
from stacks.components.function import Function, service_name
from stacks.components.packages import Kind
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation

TIMEOUT = Duration.minutes(15)
SCHEDULE = "cron(0 5 * * ? *)"
"""After the customer view of the night."""
MEMORY_MB, QUERIES_MB, DISK_MB = 3008, 1536, 8192


class Quality(Construct):
    """A function behind a state machine: `machine` checks, on a schedule or when somebody asks."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        function = self._function(base)
        self.machine = StateMachine(
            self,
            "Check",
            definition=asl.machine("Check", {"Check": asl.invoke(function)}, timeout_seconds=3600),
            calls=[function],
            key=base.message_key,
        )
        Schedule(self, "Daily", expression=SCHEDULE, target=self.machine)
        self._alarm(base)

    def _function(self, base: Foundation) -> Function:
        function = Function(
            self,
            "QualityReport",
            entry=quality_report.handler,
            env=QualityReportEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                glue_database=base.database,
                history_table=base.tables.history.table_name,
                memory_mb=str(QUERIES_MB),
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=MEMORY_MB,
            disk=DISK_MB,
        )
        grants.read_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
        grants.catalog(function.role, base.database, "*")
        grants.items(function.role, base.tables.history, "Scan")
        grants.write_objects(function.role, base.buckets.lake, f"{zones.QUALITY}/")
        return function

    def _alarm(self, base: Foundation) -> None:
        cloudwatch.Metric(
            namespace=QUALITY_NAMESPACE,
            metric_name=FAILED_METRIC,
            dimensions_map={DEPLOYMENT_DIMENSION: base.database, SERVICE_DIMENSION: service_name(quality_report.handler)},
            statistic="Maximum",
            period=Duration.minutes(5),
        ).create_alarm(
            self,
            "RulesFailed",
            alarm_description="Data quality rules are not met; omni quality says which",
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
