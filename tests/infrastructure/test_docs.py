import json
import re

from stacks.settings import POLICIES, Environment
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import ROOT

PAGE = (ROOT / "docs" / "deploy-to-aws.md").read_text()


def test_the_page_lists_every_knob_with_its_default():
    listed = json.loads((ROOT / "cdk.json").read_text())["context"]

    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (?:`([^`]*)`)? \|", PAGE, re.MULTILINE))

    assert rows == {name: default for name, default in listed.items() if not name.startswith("@")}


def test_the_page_says_what_each_environment_keeps():
    rows = {
        row[0].strip("` "): [cell.strip() for cell in row[1:]]
        for row in (line.split("|")[1:-1] for line in PAGE.splitlines() if "|" in line)
    }

    for environment in (Environment.DEV, Environment.STAGING, Environment.PROD):
        data, schedules, logs, _ = rows[environment]
        policy = POLICIES[environment]
        assert (data.startswith("stays"), schedules, logs) == (
            policy.retain_data,
            "on" if policy.schedules else "off",
            f"{policy.log_retention_days} days",
        )


def test_the_page_counts_what_bills_while_idle(off: Cloud, on: Cloud):
    def idle(cloud: Cloud) -> tuple[int, int, int]:
        kinds = ("AWS::CloudWatch::Alarm", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
        alarms, keys, secrets = (len(list(cloud.all(kind))) for kind in kinds)
        return alarms, keys, secrets

    said = re.search(r"(\d+) alarms [\d.]+, two KMS keys [\d.]+, one secret [\d.]+: \*\*about ([\d.]+)\*\*", PAGE)
    said_on = re.search(r"(\d+) alarms and two secrets, ([\d.]+), \*plus\*", PAGE)

    assert said
    assert said_on
    for words, (alarms, keys, secrets) in ((said, idle(off)), (said_on, idle(on))):
        assert (int(words[1]), float(words[2])) == (alarms, round(0.10 * alarms + 1.00 * keys + 0.40 * secrets, 2))
