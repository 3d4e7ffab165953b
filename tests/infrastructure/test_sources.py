import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omnichannel.contracts.datasets import BY_NAME, dataset_of
from omnichannel.contracts.sources import SOURCES
from omnichannel.quality import metrics
from stacks.knobs import CHANGING, Dms, SettingsError, TableToReplicate
from stacks.replication import table_mappings
from stacks.settings import Settings
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ALL_ON, synthesised


def database(**instead: str) -> Dms:
    found = Settings.of({**ALL_ON, **instead}).database_to_replicate
    assert found
    return found


def test_without_a_knob_there_is_no_stack_of_sources(off: Cloud, on: Cloud):
    assert "sources" not in off.templates
    assert "sources" in on.templates


def test_every_live_source_alarms_when_it_says_nothing(on: Cloud):
    alarms = [alarm.properties for alarm in on.all("AWS::CloudWatch::Alarm") if alarm.properties["Namespace"] == "Omni/Sources"]

    hours = {
        next(d["Value"] for d in alarm["Dimensions"] if d["Name"] == "source"): alarm["EvaluationPeriods"] * alarm["Period"] // 3600
        for alarm in alarms
    }
    assert hours == {name: SOURCES[name].hours for name in ALL_ON["sources"].split(",")}
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"breaching"}
    assert {d["Value"] for alarm in alarms for d in alarm["Dimensions"] if d["Name"] == "deployment"} == {"omni_dev"}


def test_an_alarm_names_every_dimension_of_its_metric(on: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def told(tell: Callable[[], None], handler: str) -> set[tuple[str, str]]:
        [name] = [
            f.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
            for f in on.all("AWS::Lambda::Function")
            if f.properties["Handler"] == handler
        ]
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
        tell()
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return {(dimension, line[dimension]) for line in lines for dimension in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]}

    alarmed = [
        {(d["Name"], d["Value"]) for d in alarm.properties["Dimensions"]}
        for alarm in on.all("AWS::CloudWatch::Alarm")
        if alarm.properties["Namespace"].startswith("Omni/")
    ]

    assert told(lambda: metrics.trusted_file("segment-logs/a.gz", deployment="omni_dev"), "lambdas.commit_files.handler") in alarmed
    assert told(lambda: metrics.checked([], deployment="omni_dev"), "lambdas.quality_report.handler") in alarmed


def test_changes_land_as_the_contracts_want_them(on: Cloud):
    [target] = [endpoint.properties for endpoint in on.all("AWS::DMS::Endpoint") if endpoint.properties["EndpointType"] == "target"]

    s3 = target["S3Settings"]
    assert (s3["DataFormat"], s3["TimestampColumnName"], s3["IncludeOpForFullLoad"]) == ("parquet", "source_ts", True)
    assert s3["UseTaskStartTimeForFullLoadTimestamp"] is True
    assert s3["EncryptionMode"] == "SSE_KMS"
    assert "CdcPath" not in s3
    assert "DatePartitionEnabled" not in s3


@pytest.mark.parametrize("engine", ["sqlserver", "oracle"])
def test_the_database_is_reached_with_a_secret_and_none_of_it_is_in_the_template(engine: str, tmp_path: Path):
    cloud = synthesised(tmp_path, {**ALL_ON, "dms": engine})

    [source] = [endpoint.properties for endpoint in cloud.all("AWS::DMS::Endpoint") if endpoint.properties["EndpointType"] == "source"]
    settings = source["OracleSettings" if engine == "oracle" else "MicrosoftSqlServerSettings"]
    assert source["EngineName"] == engine
    assert settings["SecretsManagerSecretId"] == ALL_ON["dms_secret_arn"]
    assert not {"Username", "Password", "ServerName", "Port"} & (source.keys() | settings.keys())


def replicated(mappings: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What DMS makes of the rules: source table -> the folder that its files land in."""
    rules = mappings["rules"]
    chosen = [rule["object-locator"] for rule in rules if rule["rule-type"] == "selection"]
    schemas = {r["object-locator"]["schema-name"]: r["value"] for r in rules if r.get("rule-target") == "schema"}
    tables = {tuple(r["object-locator"].values()): r["value"] for r in rules if r.get("rule-target") == "table"}
    return {
        (at["schema-name"], at["table-name"]): f"dms/{schemas.get(at['schema-name'], at['schema-name'])}/"
        f"{tables.get((at['schema-name'], at['table-name']), at['table-name'])}/"
        for at in chosen
    }


def test_every_table_lands_under_its_data_sets_prefix(on: Cloud):
    landed = {}
    for replication in on.all("AWS::DMS::ReplicationConfig"):
        landed |= replicated(replication.properties["TableMappings"])

    assert {table: dataset_of(folder + "x").name for table, folder in landed.items()} == {
        ("dbo", "Orders"): "sales/orders",
        ("dbo", "OrderLines"): "sales/order_lines",
        ("dbo", "Customers"): "crm/customers",
    }


def test_a_schema_is_renamed_once_in_a_replication():
    tables = tuple(TableToReplicate(schema="dbo", table=name.upper(), dataset=name) for name in CHANGING)

    groups = replace(database(), tables=tables).replications

    assert sorted(t.dataset for group in groups for t in group) == sorted(CHANGING)
    assert len(groups) == len({BY_NAME[name].prefix.split("/")[1] for name in CHANGING})
    for group in groups:
        renames = [rule for rule in table_mappings(group)["rules"] if rule.get("rule-target") == "schema"]  # type: ignore[attr-defined]
        assert len(renames) == 1


def test_tables_that_are_named_like_ours_need_one_replication_and_no_renaming():
    tables = ", ".join(f"{name.replace('/', '.')}={name}" for name in CHANGING)

    [group] = database(dms_tables=tables).replications

    assert "rename" not in json.dumps(table_mappings(group))


def test_tills_stream_orders_and_lines_into_their_prefixes_as_gzipped_lines(on: Cloud):
    streams = [stream.properties["ExtendedS3DestinationConfiguration"] for stream in on.all("AWS::KinesisFirehose::DeliveryStream")]

    assert sorted(dataset_of(to["Prefix"]).name for to in streams) == ["sales/order_lines", "sales/orders"]
    for to in streams:
        assert (to["CompressionFormat"], to["FileExtension"]) == ("GZIP", ".jsonl.gz")
        assert "KMSEncryptionConfig" in to["EncryptionConfiguration"]
        assert [processor["Type"] for processor in to["ProcessingConfiguration"]["Processors"]] == ["AppendDelimiterToRecord"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dms": "oracle"}, "dms=oracle needs dms_database, dms_secret_arn, dms_subnets, dms_security_groups, dms_tables as well"),
        ({"dms": "mysql"}, "dms='mysql' is not a choice; expected one of off, sqlserver, oracle"),
        ({**ALL_ON, "dms_secret_arn": "shop"}, "dms_secret_arn: 'shop' is not as expected; expected e.g. arn:aws:secretsmanager"),
        ({**ALL_ON, "dms_subnets": "subnet-0a1b2c3d4e5f60718"}, "is one subnet; expected two or more"),
        ({**ALL_ON, "dms_subnets": "10.0.0.0/24"}, "dms_subnets: '10.0.0.0/24' is not as expected"),
        (
            {**ALL_ON, "dms_tables": "dbo.Orders"},
            "dms_tables: 'dbo.Orders' names no table and data set; expected e.g. dbo.Orders=sales/orders",
        ),
        (
            {**ALL_ON, "dms_tables": "dbo.Tickets=support/tickets"},
            "'support/tickets' is no data set that takes changes; expected one of crm/",
        ),
        (
            {**ALL_ON, "dms_tables": "a.O=sales/orders,b.O=sales/orders"},
            "sales/orders comes from two tables; expected one table a data set",
        ),
        ({**ALL_ON, "dms_capacity": "3"}, "dms_capacity='3' is not a choice; expected one of 1, 2, 4"),
        ({"segment_logs": "on"}, "segment_logs=on needs segment_external_id as well"),
        ({"segment_logs": "on", "segment_external_id": "123456789"}, "segment_external_id has 9 characters"),
        (
            {"sources": "segment-events,twitter"},
            "sources='twitter' is not a choice; expected one of activation, catalog-products, consents",
        ),
        ({"lake_formation": "on", "admin_role": "x"}, "lake_formation=on needs analyst_role, engineer_role as well"),
        ({**ALL_ON, "analyst_role": "analysts"}, "analyst_role: 'analysts' is not as expected; expected e.g. arn:aws:iam"),
    ],
)
def test_a_source_that_lacks_something_says_what(given: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of(given)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("knobs", "words"),
    [
        ({"segment_lambda": "on"}, "segment_lambda=on needs segment_external_id as well"),
        ({"segment_event_source": "segment.com/x"}, "aws.partner/segment.com/your-source-id"),
    ],
)
def test_a_door_of_segments_that_lacks_something_is_refused(knobs: dict[str, str], words: str):
    with pytest.raises(SettingsError, match=re.escape(words)):
        Settings.of(knobs)
