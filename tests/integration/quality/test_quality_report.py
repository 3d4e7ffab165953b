import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas import quality_report
from omnichannel.aws import clients
from omnichannel.contracts.environment.catalog import QualityReportEnv
from omnichannel.quality.report import newest
from omnichannel.quality.rules import all_rules
from tests.integration.quality.conftest import HISTORY, LAKE

ENV = QualityReportEnv(lake_bucket=LAKE, glue_database="omni_dev", history_table=HISTORY, memory_mb="512")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A deployment into which nothing but one refused file has landed."""
    variables = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**variables, **ENV.variables(), "POWERTOOLS_SERVICE_NAME": "quality_report"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget()
        found, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        found.create_bucket(Bucket=LAKE)
        boto3.client("glue").create_database(DatabaseInput={"Name": "omni_dev"})
        key = {"AttributeName": "content_id", "AttributeType": "S"}
        dynamodb.create_table(
            TableName=HISTORY,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "content_id", "KeyType": "HASH"}],
            AttributeDefinitions=[key],
        )
        refused = {"content_id": {"S": "a"}, "dataset": {"S": "sales/orders"}, "rows_in": {"N": "10"}, "rows_staged": {"N": "4"}}
        dynamodb.put_item(TableName=HISTORY, Item={**refused, "quarantined": {"M": {"wrong-type": {"N": "6"}}}})
        dynamodb.put_item(TableName=HISTORY, Item={"content_id": {"S": "key#b"}, "versions": {"L": []}})
        yield found
    clients.forget()


def test_the_function_keeps_what_it_found_and_tells_cloudwatch(s3: Any, capsys: pytest.CaptureFixture[str]):
    answer = quality_report.handler({}, None)  # type: ignore[arg-type]

    kept = {found.rule: found for found in newest(s3, LAKE)}
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert (answer["failed"], answer["rules"]) == (["orders.accepted"], len(all_rules()) + 1)
    assert (kept["orders.accepted"].checked, kept["orders.accepted"].failed) == (10, 6)
    assert kept["sales/orders.refused.wrong-type"].failed == 6
    assert [line["RulesFailed"] for line in metrics if "RulesFailed" in line] == [[1.0]]
    assert [line["rule"] for line in metrics if "RuleFailed" in line] == ["orders.accepted"]
