"""DMS Serverless: a SQL Server or Oracle database into the landing zone, first whole and then every change."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_dms as dms
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.components import grants
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.knobs import Dms, TableToReplicate

FOLDER = "dms"
TIME_COLUMN = "source_ts"
BATCH_SECONDS = 300
ENCRYPTED_BY = {"sqlserver": "require", "oracle": "none"}
"""`SslMode`: SQL Server encrypts without a certificate of ours; Oracle would need one imported into DMS."""


class Replication(Construct):
    """Endpoints, roles and one replication for every group of tables whose schemas can be renamed together."""

    def __init__(self, scope: Construct, id: str, base: Foundation, database: Dms) -> None:
        super().__init__(scope, id)
        subnets = dms.CfnReplicationSubnetGroup(
            self,
            "Subnets",
            replication_subnet_group_description="Where the replication reaches the source database",
            subnet_ids=list(database.subnets),
        )
        source = self._source(base, database)
        target = self._target(base)
        for number, tables in enumerate(database.replications, start=1):
            dms.CfnReplicationConfig(
                self,
                f"Replication{number}",
                replication_config_identifier=f"{Stack.of(self).stack_name}-{number}",
                replication_type="full-load-and-cdc",
                source_endpoint_arn=source.ref,
                target_endpoint_arn=target.ref,
                table_mappings=table_mappings(tables),
                replication_settings=REPLICATION_SETTINGS,
                compute_config=dms.CfnReplicationConfig.ComputeConfigProperty(
                    max_capacity_units=database.capacity,
                    kms_key_id=base.data_key.key_arn,
                    replication_subnet_group_id=subnets.ref,
                    vpc_security_group_ids=list(database.security_groups),
                ),
            )

    def _source(self, base: Foundation, database: Dms) -> dms.CfnEndpoint:
        # DMS reads secrets as its regional principal.
        role = iam.Role(self, "SecretRole", assumed_by=trusted(self, f"dms.{Stack.of(self).region}.amazonaws.com"))
        grants.allow(role, ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"), database.secret_arn)
        if database.secret_key_arn:
            grants.allow(role, grants.READ_KEY, database.secret_key_arn)
        properties, is_oracle = dms.CfnEndpoint, database.engine == "oracle"
        oracle = properties.OracleSettingsProperty(
            secrets_manager_access_role_arn=role.role_arn, secrets_manager_secret_id=database.secret_arn
        )
        sql_server = properties.MicrosoftSqlServerSettingsProperty(
            secrets_manager_access_role_arn=role.role_arn, secrets_manager_secret_id=database.secret_arn, database_name=database.database
        )
        endpoint = dms.CfnEndpoint(
            self,
            "Source",
            endpoint_type="source",
            engine_name=database.engine,
            database_name=database.database,
            kms_key_id=base.data_key.key_arn,
            ssl_mode=ENCRYPTED_BY[database.engine],
            oracle_settings=oracle if is_oracle else None,
            microsoft_sql_server_settings=None if is_oracle else sql_server,
        )
        endpoint.node.add_dependency(role.node.find_child("DefaultPolicy"))
        return endpoint

    def _target(self, base: Foundation) -> dms.CfnEndpoint:
        landing = base.buckets.landing
        role = iam.Role(self, "LandingRole", assumed_by=trusted(self, "dms.amazonaws.com"))
        grants.write_objects(role, landing, f"{FOLDER}/")
        grants.allow(role, ("s3:DeleteObject", "s3:PutObjectTagging"), landing.arn_for_objects(f"{FOLDER}/*"))
        grants.list_objects(role, landing)
        endpoint = dms.CfnEndpoint(
            self,
            "Landing",
            endpoint_type="target",
            engine_name="s3",
            kms_key_id=base.data_key.key_arn,
            s3_settings=dms.CfnEndpoint.S3SettingsProperty(
                bucket_name=landing.bucket_name,
                # Without a CdcPath changes lie beside the full load, as FOLDER/schema/table/time.parquet.
                bucket_folder=FOLDER,
                service_access_role_arn=role.role_arn,
                expected_bucket_owner=Stack.of(self).account,
                data_format="parquet",
                parquet_version="parquet-2-0",
                include_op_for_full_load=True,
                timestamp_column_name=TIME_COLUMN,
                # A row of the full load is then older than every change that happened while it ran, and never hides it.
                use_task_start_time_for_full_load_timestamp=True,
                cdc_max_batch_interval=BATCH_SECONDS,
                encryption_mode="SSE_KMS",
                server_side_encryption_kms_key_id=base.data_key.key_arn,
            ),
        )
        endpoint.node.add_dependency(role.node.find_child("DefaultPolicy"))
        return endpoint


REPLICATION_SETTINGS = {
    "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"},
    "Logging": {"EnableLogging": True},
    # A table that fails stops the replication instead of being left out of it in silence.
    "ErrorBehavior": {"TableErrorPolicy": "STOP_TASK"},
}


def table_mappings(tables: Sequence[TableToReplicate]) -> dict[str, object]:
    """DMS's rules: just these tables, under the names of the landing zone, with the contracts' lower-case columns."""
    schemas = {t.schema: t.target[0] for t in tables}
    rules: list[dict[str, object]] = [{"rule-type": "selection", "rule-action": "include", "object-locator": _locator(t)} for t in tables]
    rules += [
        {**_renamed(to), "rule-target": "schema", "object-locator": {"schema-name": name}} for name, to in schemas.items() if name != to
    ]
    rules += [{**_renamed(t.target[1]), "rule-target": "table", "object-locator": _locator(t)} for t in tables if t.table != t.target[1]]
    rules += [
        {
            "rule-type": "transformation",
            "rule-action": "convert-lowercase",
            "rule-target": "column",
            "object-locator": {**_locator(t), "column-name": "%"},
        }
        for t in tables
    ]
    return {"rules": [{"rule-id": str(n), "rule-name": str(n), **rule} for n, rule in enumerate(rules, start=1)]}


def _locator(table: TableToReplicate) -> dict[str, str]:
    return {"schema-name": table.schema, "table-name": table.table}


def _renamed(to: str) -> dict[str, str]:
    return {"rule-type": "transformation", "rule-action": "rename", "value": to}
