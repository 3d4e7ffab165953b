"""`omni segments` shows what the manifests say, with nothing left out that went wrong."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from omnichannel.aws import clients
from pipelines.steps import lookalikes, segments
from sandbox.errors import SandboxError
from sandbox.flow import segment_commands
from tests.integration.segments.conftest import LAKE, SIZES
from tests.integration.segments.test_lookalikes_run import _allowed, _ids, _scores
from tests.unit.segmenting.conftest import AS_OF, people


@pytest.fixture
def ask(cloud):
    said = io.StringIO()
    opened: Any = SimpleNamespace(client=clients.client, deployment=SimpleNamespace(lake_bucket=LAKE))

    def run(*arguments: str) -> str:
        app = typer.Typer()
        app.callback()(lambda: None)
        segment_commands.register(app, Console(file=said, width=250), lambda name, environment: opened)
        result = CliRunner().invoke(app, ["segments", "--as-of", "2026-11-05", *arguments])
        if result.exception:
            raise result.exception
        return said.getvalue()

    return run


def test_sizes_names_curve_moves_and_look_alikes_are_shown(cloud, left, playbook, ask):
    customers = left(people(SIZES))
    manifest = segments.make(cloud.s3, LAKE, customers, playbook, AS_OF)
    cloud.scored(_scores(_ids(SIZES)))
    like = lookalikes.make(cloud.s3, LAKE, customers, _allowed(_ids(SIZES)), playbook, AS_OF)

    told = ask()

    assert all(segment["name"] in told for segment in manifest["model"]["segments"])
    assert "elbow, best silhouette, taken" in told
    assert "nobody moved" in told
    assert f"{like['seed']:,} of the seed" in told
    assert f"{like['quality']['lift']:.2f} times as likely" in told


def test_a_fallback_and_an_empty_audience_say_why(cloud, left, playbook, ask):
    customers = left(people({"regulars": 10}))
    cloud.scored({"c_regulars_00000": 0.9})
    segments.make(cloud.s3, LAKE, customers, playbook, AS_OF)
    lookalikes.make(cloud.s3, LAKE, customers, _allowed([]), playbook, AS_OF)

    told = ask()

    assert "too-few-customers" in told
    assert "nobody (of 10 customers nobody agreed to advertising" in told


def test_the_manifests_are_there_for_machines_and_facts_for_reports(cloud, left, playbook, ask):
    manifest = segments.make(cloud.s3, LAKE, left(people(SIZES)), playbook, AS_OF)

    found = json.loads(ask("--json"))

    assert found == {"segments": json.loads(json.dumps(manifest)), "lookalikes": None}
    told = segment_commands.facts(found)
    assert [each["customers"] for each in told["segments"]] == [200, 120, 80]
    assert told["taken"] == 3
    assert told["lookalikes"] is None


def test_without_a_run_the_advice_is_to_make_one(ask):
    with pytest.raises(SandboxError) as refused:
        ask()

    assert "omni score" in refused.value.hint
