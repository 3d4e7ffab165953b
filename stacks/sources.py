"""Sources: how data reaches the landing zone, each by a knob; nothing here exists, and nothing bills, until one is turned."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas import commit_files
from omnichannel.contracts.sources import (
    DEPLOYMENT_DIMENSION,
    FILES_METRIC,
    METRIC_NAMESPACE,
    SERVICE_DIMENSION,
    SOURCE_DIMENSION,
    SOURCES,
    Source,
)
from stacks.components import grants
from stacks.components.capability import Capability
from stacks.components.function import service_name
from stacks.foundation import Foundation
from stacks.replication import Replication
from stacks.settings import Settings
from stacks.tills import Till

SEGMENTS_ROLE = "arn:aws:iam::595280932656:role/segment-s3-integration-production-access"
"""Who writes the files of Segment's AWS S3 destination, by its documentation."""
SEGMENT_LOGS = SOURCES["segment-events"].prefixes[0]


class SegmentLogs(Construct):
    """The role that Segment's AWS S3 destination assumes: it writes below one prefix, for one workspace, and reads nothing."""

    def __init__(self, scope: Construct, id: str, base: Foundation, *, external_id: str) -> None:
        super().__init__(scope, id)
        segment = iam.ArnPrincipal(SEGMENTS_ROLE).with_conditions({"StringEquals": {"sts:ExternalId": external_id}})
        self.role = iam.Role(self, "Role", assumed_by=segment, description="Segment's AWS S3 destination writes raw logs")
        grants.write_objects(self.role, base.buckets.landing, SEGMENT_LOGS)
        grants.allow(self.role, ("s3:PutObjectAcl",), base.buckets.landing.arn_for_objects(f"{SEGMENT_LOGS}*"))


class SilentSource(Construct):
    """Alarms when nothing of a live source was trusted for as many hours as its entry in the registry says."""

    def __init__(self, scope: Construct, id: str, source: Source, *, deployment: str) -> None:
        super().__init__(scope, id)
        cloudwatch.Metric(
            namespace=METRIC_NAMESPACE,
            metric_name=FILES_METRIC,
            dimensions_map={
                DEPLOYMENT_DIMENSION: deployment,
                SOURCE_DIMENSION: source.name,
                SERVICE_DIMENSION: service_name(commit_files.handler),
            },
            statistic="Sum",
            period=Duration.hours(1),
        ).create_alarm(
            self,
            "Silent",
            alarm_description=f"{source.name} ({source.owner}): nothing trusted for {source.hours} hours",
            threshold=1,
            evaluation_periods=source.hours,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # A source that sends nothing leaves no metric at all.
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )


class Sources(Capability):
    """The sources that are turned on, and alarms on those that are said to be live."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "sources", "How data reaches the landing zone")
        if settings.trusted_external_id:
            logs = SegmentLogs(self, "SegmentLogs", base, external_id=settings.trusted_external_id)
            self.tell(segment_logs_role=logs.role.role_arn)
        if settings.tills_on:
            orders, lines = (Till(self, f"Till{name}", base, prefix=f"pos/{table}/") for name, table in TILLS.items())
            self.tell(till_orders_stream=orders.stream.stream_name, till_order_lines_stream=lines.stream.stream_name)
        if settings.database_to_replicate:
            Replication(self, "Replication", base, settings.database_to_replicate)
        for name in settings.live_sources:
            words = "".join(part.capitalize() for part in name.split("-"))
            SilentSource(self, words, SOURCES[name], deployment=base.database)


TILLS = {"Orders": "orders", "OrderLines": "order_lines"}
"""The streams of the tills, by the data set's part of the landing prefix."""
