"""Catalog and access: tables over plain files, a workgroup for analysts with named queries, and tags for who may see what."""

from pathlib import Path

from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from constructs import Construct

from omnichannel.contracts import zones
from omnichannel.contracts.catalog import PLAIN_TABLES, PlainTable, Zone
from omnichannel.contracts.datasets import Format
from omnichannel.contracts.deployment import APP
from omnichannel.quality.dqdl import rulesets
from omnichannel.quality.named_queries import named_queries
from stacks.access_by_tags import AccessByTags
from stacks.components.capability import Capability
from stacks.foundation import Foundation
from stacks.quality import Quality
from stacks.settings import Settings

QUERIES = Path(__file__).resolve().parents[1] / "queries"
SCANNED_AT_MOST = 100 * 10**9
"""Bytes that one query may read; Athena bills by them."""

FIRST_DAY = "2020-01-01"
SERDES = {
    Format.JSON_LINES: "org.openx.data.jsonserde.JsonSerDe",
    Format.PARQUET: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
}
INPUTS = {
    Format.JSON_LINES: "org.apache.hadoop.mapred.TextInputFormat",
    Format.PARQUET: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
}
OUTPUTS = {
    Format.JSON_LINES: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    Format.PARQUET: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
}


class PlainFiles(Construct):
    """One Glue table for every table of the contract, with its columns' comments; partitions are projected, so no crawler runs."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.tables = {table.name: self._table(base, table) for table in PLAIN_TABLES}

    def _table(self, base: Foundation, table: PlainTable) -> glue.CfnTable:
        bucket = {Zone.LAKE: base.buckets.lake, Zone.QUARANTINE: base.buckets.quarantine}[table.zone]
        location = f"s3://{bucket.bucket_name}/{table.prefix}"
        properties = glue.CfnTable
        return properties(
            self,
            "".join(part.capitalize() for part in table.name.split("_")),
            catalog_id=base.account,
            database_name=base.database,
            table_input=properties.TableInputProperty(
                name=table.name,
                description=table.meaning,
                table_type="EXTERNAL_TABLE",
                parameters={"classification": "json" if table.format is Format.JSON_LINES else "parquet", **projection(table, location)},
                partition_keys=[
                    properties.ColumnProperty(name=part.name, type=part.type, comment=part.meaning) for part in table.partitions
                ],
                storage_descriptor=properties.StorageDescriptorProperty(
                    location=location,
                    input_format=INPUTS[table.format],
                    output_format=OUTPUTS[table.format],
                    serde_info=properties.SerdeInfoProperty(
                        serialization_library=SERDES[table.format],
                        parameters={"ignore.malformed.json": "true"} if table.format is Format.JSON_LINES else None,
                    ),
                    columns=[properties.ColumnProperty(name=f.name, type=f.type, comment=f.meaning) for f in table.fields],
                ),
            ),
        )


def projection(table: PlainTable, location: str) -> dict[str, str]:
    """Glue table parameters by which Athena works the partitions out instead of asking for them."""
    if not table.partitions:
        return {}
    found = {"projection.enabled": "true", "storage.location.template": location + table.path}
    for part in table.partitions:
        found[f"projection.{part.name}.type"] = "enum" if part.values else "date"
        if part.values:
            found[f"projection.{part.name}.values"] = ",".join(part.values)
        else:
            found |= {f"projection.{part.name}.range": f"{FIRST_DAY},NOW+1DAYS", f"projection.{part.name}.format": "yyyy-MM-dd"}
    return found


class Analysts(Construct):
    """Where analysts ask: results encrypted and gone after a week, a limit on what one query reads, and queries to begin with."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        self.workgroup = athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=f"{APP}-{stack.settings.environment}-analysts",
            description="Questions about the lake; results under one prefix, encrypted",
            recursive_delete_option=not stack.settings.policy.retain_data,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCANNED_AT_MOST,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{base.buckets.lake.bucket_name}/{zones.QUERY_RESULTS}/",
                    expected_bucket_owner=stack.account,
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=base.data_key.key_arn
                    ),
                ),
            ),
        )
        for query in named_queries(QUERIES):
            athena.CfnNamedQuery(
                self,
                "".join(part.capitalize() for part in query.name.split("_")),
                name=query.name,
                description=query.meaning,
                database=base.database,
                query_string=query.sql,
                work_group=self.workgroup.name,
            ).node.add_dependency(self.workgroup)


class Catalog(Capability):
    """What is in the lake, for people and for the services that read it by name."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "catalog", "Tables over plain files, queries, and who may see what")
        files = PlainFiles(self, "PlainFiles", base)
        analysts = Analysts(self, "Analysts", base)
        if settings.access_by_tags:
            AccessByTags(self, "AccessByTags", base, settings.access_by_tags, files.tables)
        if settings.glue_data_quality_on:
            self._rulesets(base)
        quality = Quality(self, "Quality", base)
        self.tell(athena_workgroup=analysts.workgroup.name, quality_state_machine=quality.machine.machine.state_machine_arn)

    def _rulesets(self, base: Foundation) -> None:
        """The quality rules as Glue's own; a run of Glue Data Quality is started on the table by the ruleset's name."""
        for table, ruleset in rulesets().items():
            glue.CfnDataQualityRuleset(
                self,
                "Rules" + "".join(part.capitalize() for part in table.split("_")),
                name=f"{base.database}_{table}",
                description=f"What {table} must keep, from the contracts and the quality rules of the app",
                ruleset=ruleset,
            )
