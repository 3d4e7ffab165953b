import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from stacks.foundation import Foundation
from stacks.settings import Settings
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import context


def test_cfn_lint_has_neither_errors_nor_warnings(cloud: Cloud):
    files = [str(path) for path in cloud.files.values()]

    found = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), "--format", "json", "--", *files], capture_output=True, text=True, check=False
    )

    assert json.loads(found.stdout) == []
    assert found.returncode == 0


def test_cdk_nag_ends_a_synthesis_with_a_finding_that_nobody_acknowledged(tmp_path: Path):
    app = App(context=context(), outdir=str(tmp_path))
    sqs.Queue(Foundation(app, Settings()), "Plain")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert {violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]} >= {"AwsSolutions-SQS4"}


def test_every_finding_is_kept_where_it_is_and_with_a_reason(on: Cloud):
    kept = [
        (path, finding, reason)
        for template in on.files.values()
        for path, entries in json.loads(template.with_name(template.name.replace(".template.", ".metadata.")).read_text()).items()
        for entry in entries
        if entry["type"] == Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for finding, reason in entry["data"].items()
    ]

    assert kept
    assert all(path.count("/") >= 3 for path, _, _ in kept), "a whole stack's"
    assert len({reason for _, _, reason in kept}) <= 30
    assert all(len(reason.split()) >= 6 for _, _, reason in kept)
