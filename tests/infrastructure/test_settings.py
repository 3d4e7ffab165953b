import json
from dataclasses import fields

import pytest

from stacks.platforms import Platform
from stacks.settings import Environment, Settings, SettingsError
from tests.infrastructure.conftest import ROOT


def test_cdk_json_lists_every_knob_with_its_default():
    listed = json.loads((ROOT / "cdk.json").read_text())["context"]

    knobs = {field.name: field.default for field in fields(Settings) if field.name != "twin_url"}

    assert {name: value for name, value in listed.items() if not name.startswith("@")} == knobs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"personalise": "on"}, "unknown context key 'personalise'; did you mean 'personalize'"),
        ({"colour": "red"}, "unknown context key 'colour'; expected one of"),
        ({"environment": "production"}, "environment='production' is not a choice; expected one of sandbox, dev, staging, prod"),
        ({"personalize": "yes"}, "personalize='yes' is not a choice; expected one of on, off"),
        ({"personalize": "on", "region": "eu-west-2"}, "region eu-west-2 has no Amazon Personalize; expected one of ap-northeast-1"),
        ({"messaging": "pinpoint", "region": "eu-west-3"}, "region eu-west-3 never had Amazon Pinpoint"),
        ({"messaging": "carrier"}, "messaging='carrier' is not a choice; expected one of file, pinpoint, connect"),
        ({"region": "mars-north-1"}, "region='mars-north-1' is not a choice"),
        ({"segment_endpoint": "http://example.com"}, "is not an https address"),
        ({"segment_events_per_second": "5000"}, "is not a whole number from 1 to 1000"),
        ({"api_rate": "fast"}, "api_rate='fast' is not a whole number from 1 to 10000"),
        ({"alarm_email": "nobody"}, "alarm_email='nobody' is no e-mail address"),
        ({"twin_url": "https://127.0.0.1:1"}, "twin_url is for environment=sandbox only; got environment=dev"),
    ],
)
def test_a_choice_that_cannot_work_says_what_would(given: dict[str, str], said: str):
    with pytest.raises(SettingsError) as refused:
        Settings.of(given)

    assert said in str(refused.value)


def test_keys_of_the_cdk_are_passed_over():
    settings = Settings.of({"@aws-cdk/core:checkSecretUsage": True, "availability-zones:account=1:region=us-east-1": ["a"], "aws:cdk:x": 1})

    assert settings == Settings()


def test_json_booleans_are_on_and_off():
    assert Settings.of({"segment": True, "personalize": "false"}).segment_on


def test_only_staging_and_prod_keep_data_and_run_schedules():
    kept = {e for e in Environment if Settings(environment=e).policy.retain_data}
    scheduled = {e for e in Environment if Settings(environment=e).schedules_on}

    assert kept == scheduled == {Environment.STAGING, Environment.PROD}


def test_functions_are_built_for_graviton_in_aws_and_for_the_host_in_the_sandbox():
    assert Settings(environment="prod").platform == Platform.aws()
    assert Settings(environment="sandbox").platform == Platform.host()
    assert (Platform.aws().architecture, Platform.aws().python) == ("arm64", "3.13")


def test_segments_address_follows_its_region():
    assert Settings(segment_region="eu").segment_url == "https://events.eu1.segmentapis.com/v1/"
