from dataclasses import fields

from omnichannel.contracts.catalog import (
    CUSTOMER_VIEW,
    LEDGER_ROWS,
    PLAIN_TABLES,
    QUALITY_RESULTS,
    QUARANTINE_RECORDS,
    SCORES,
    SEGMENTS,
    Exposure,
)
from omnichannel.contracts.datasets import DATASETS
from omnichannel.contracts.ledger import LedgerRow, QuarantineRecord
from omnichannel.contracts.scores import SCORE_COLUMNS
from omnichannel.contracts.segments import SEGMENT_COLUMNS
from omnichannel.quality.named_queries import named_queries
from omnichannel.quality.rule import Result
from omnichannel.transform.lake import manifest
from stacks.catalog import QUERIES
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ALL_ON


def test_the_columns_of_plain_files_are_those_that_their_writers_write():
    columns = {table.name: [f.name for f in table.fields] for table in PLAIN_TABLES}

    assert columns[QUARANTINE_RECORDS.name] == [f.name for f in fields(QuarantineRecord)]
    assert columns[LEDGER_ROWS.name] == [f.name for f in fields(LedgerRow) if f.name != "flow"]
    assert columns[SCORES.name] == list(SCORE_COLUMNS)
    assert columns[SEGMENTS.name] == list(SEGMENT_COLUMNS)
    assert columns[CUSTOMER_VIEW.name] == list(manifest()[CUSTOMER_VIEW.name].columns)
    assert columns[QUALITY_RESULTS.name] == [f.name for f in fields(Result)]


def test_every_plain_table_is_in_the_catalog_with_a_comment_on_each_column(cloud: Cloud):
    made = {table.properties["TableInput"]["Name"]: table.properties["TableInput"] for table in cloud.all("AWS::Glue::Table")}

    assert made.keys() == {table.name for table in PLAIN_TABLES}
    for table in PLAIN_TABLES:
        found = made[table.name]
        said = {column["Name"]: column["Comment"] for column in (*found["StorageDescriptor"]["Columns"], *found.get("PartitionKeys", ()))}
        assert said == {f.name: f.meaning for f in (*table.fields, *table.partitions)}
        assert all(said.values())


def test_a_partition_is_projected_where_its_files_lie(cloud: Cloud):
    for table in PLAIN_TABLES:
        [found] = [t for t in cloud.all("AWS::Glue::Table") if t.properties["TableInput"]["Name"] == table.name]
        parameters = found.properties["TableInput"]["Parameters"]
        place = cloud.flat(found.stack, parameters.get("storage.location.template", ""))
        assert all(f"${{{part.name}}}" in place for part in table.partitions)
        assert {f"projection.{part.name}.type" for part in table.partitions} <= parameters.keys()
        assert not {part.name for part in table.partitions} & {f.name for f in table.fields}, "Athena refuses a name twice"


def test_analysts_ask_in_a_workgroup_that_says_how(cloud: Cloud):
    [group] = list(cloud.all("AWS::Athena::WorkGroup"))

    settings = group.properties["WorkGroupConfiguration"]
    results = settings["ResultConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 100_000_000_000
    assert results["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert cloud.flat(group.stack, results["OutputLocation"]).endswith("}/athena/")


def test_results_of_queries_are_forgotten_after_a_week(cloud: Cloud):
    rules = [
        rule for bucket in cloud.all("AWS::S3::Bucket") for rule in bucket.properties["LifecycleConfiguration"]["Rules"] if "Prefix" in rule
    ]

    assert [rule["ExpirationInDays"] for rule in rules if rule["Prefix"] == "athena/"] == [7]


def test_every_named_query_is_saved_as_it_stands_in_its_file(cloud: Cloud):
    saved = {query.properties["Name"]: query.properties["QueryString"] for query in cloud.all("AWS::Athena::NamedQuery")}

    assert len(saved) >= 10
    assert saved == {query.name: query.sql for query in named_queries(QUERIES)}


def test_without_its_knob_nothing_touches_lake_formation(off: Cloud):
    assert not [resource.name for resource in off.all() if resource.type.startswith(("AWS::LakeFormation", "AWS::Glue::DataQuality"))]


def test_every_column_of_a_plain_file_is_tagged_once_with_what_it_shows(on: Cloud):
    tagged: dict[tuple[str, str], str] = {}
    for association in on.all("AWS::LakeFormation::TagAssociation"):
        place = association.properties["Resource"].get("TableWithColumns", {})
        [tag] = association.properties["LFTags"]
        for column in place.get("ColumnNames", ()):
            assert tagged.setdefault((place["Name"], column), tag["TagValues"][0]) == tag["TagValues"][0]

    assert tagged == {(table.name, f.name): f.exposure.value for table in PLAIN_TABLES for f in table.fields}


def test_what_nobody_has_looked_at_yet_is_hidden_from_analysts(on: Cloud):
    [database] = [a for a in on.all("AWS::LakeFormation::TagAssociation") if "Database" in a.properties["Resource"]]
    grants = {
        (grant.properties["Principal"]["DataLakePrincipalIdentifier"]): grant.properties["Resource"]["LFTagPolicy"]["Expression"][0][
            "TagValues"
        ]
        for grant in on.all("AWS::LakeFormation::PrincipalPermissions")
        if "LFTagPolicy" in grant.properties["Resource"]
    }

    assert database.properties["LFTags"][0]["TagValues"] == [Exposure.DIRECT]
    assert grants == {ALL_ON["analyst_role"]: ["none", "indirect"], ALL_ON["engineer_role"]: ["none", "indirect", "direct"]}


def test_other_administrators_of_the_account_stay(on: Cloud):
    [settings] = list(on.all("AWS::LakeFormation::DataLakeSettings"))

    assert settings.properties["MutationType"] == "APPEND"
    assert "CreateTableDefaultPermissions" not in settings.properties


def test_glue_has_a_ruleset_of_every_data_set(on: Cloud):
    names = {ruleset.properties["Name"] for ruleset in on.all("AWS::Glue::DataQualityRuleset")}

    assert names == {f"omni_dev_{dataset.table}" for dataset in DATASETS}
