"""Landing a folder: files with too many bad rows are counted and told at the end; any other failure stops the landing."""

import json
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omnichannel.aws.dynamodb import encode
from omnichannel.onboarding.landed import execution_name
from sandbox.errors import SandboxError
from sandbox.flow import load as loading
from sandbox.flow.load import Loaded, load, refuse_failed

KEYS = tuple(f"dms/sales/orders/LOAD{number}.csv" for number in range(1, 8))
AT = datetime(2026, 11, 1, tzinfo=UTC)


class Services:
    """S3, Step Functions and the history of a cloud: an execution runs when its file is first asked about, and ends afterwards."""

    def __init__(self, staged: bool = False, **execution: str) -> None:
        self._execution = execution
        self._staged = staged
        self._listed: set[str] = set()
        self._ended: set[str] = set()
        self.landed: list[str] = []
        self.most = self.described = 0
        self.exceptions = SimpleNamespace(ExecutionDoesNotExist=KeyError)

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.landed.append(key)
        self.most = max(self.most, len(self.landed) - len(self._ended))

    def head_object(self, **_: str) -> dict[str, Any]:
        return {"ETag": '"e"', "LastModified": AT}

    def get_paginator(self, _: str) -> "Services":
        return self

    def paginate(self, **asked: str) -> list[dict[str, list[dict[str, str]]]]:
        """New ones run; those listed before have ended."""
        assert asked["statusFilter"] == "RUNNING"
        new = {execution_name("b", key, "e") for key in self.landed} - self._listed
        self._listed |= new
        return [{"executions": [{"name": name}]} for name in new]

    def describe_execution(self, executionArn: str) -> dict[str, str]:  # noqa: N803 - the service's spelling
        self.described += 1
        self._ended.add(executionArn)
        return {"name": executionArn, "executionArn": executionArn, **self._execution}

    def batch_get_item(self, **asked: Any) -> dict[str, object]:
        ((table, wanted),) = asked["RequestItems"].items()
        versions = encode({"versions": {f"{AT.isoformat()} c"}}) if self._staged else {}
        return {"Responses": {table: [{**key, **versions} for key in wanted["Keys"]]}, "UnprocessedKeys": {}}


def landing(folder: Path, services: Services, *keys: str) -> tuple[Loaded, str]:
    """Lands files; what came of it, and the last that was told on the way."""
    for key in keys:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_text("order_id\n")
    deployment = SimpleNamespace(onboarding_state_machine="arn:aws:states:x:1:stateMachine:m", landing_bucket="b", history_table="h")
    told: list[str] = []
    cloud: Any = SimpleNamespace(deployment=deployment, client=lambda _: services)
    return load(cloud, folder, told.append), told[-1]


def test_a_committed_file_is_over(tmp_path: Path) -> None:
    services = Services(status="SUCCEEDED", output=json.dumps({"status": "committed"}))

    assert landing(tmp_path, services, *KEYS) == (Loaded(7, ()), "7 committed")
    assert sorted(services.landed) == list(KEYS)


def test_only_files_that_are_over_are_asked_about_one_by_one(tmp_path: Path) -> None:
    services = Services(True, status="SUCCEEDED", output=json.dumps({"status": "committed"}))

    landing(tmp_path, services, *KEYS)

    assert services.described == len(KEYS)


def test_files_with_too_many_bad_rows_are_counted_and_the_others_go_on(tmp_path: Path) -> None:
    services = Services(status="FAILED", error="TooManyBadRows", cause="6 of 40 rows are bad")

    loaded, told = landing(tmp_path, services, *KEYS[:2])

    assert (loaded.failed, told) == (("6 of 40 rows are bad",) * 2, "2 failed")
    with pytest.raises(SandboxError, match="2 of 2 files have more bad rows"):
        refuse_failed(loaded)


def test_any_other_failure_stops_the_landing_with_its_cause(tmp_path: Path) -> None:
    services = Services(status="FAILED", error="RowsNotConserved", cause="10 in, 9 out")

    with pytest.raises(SandboxError, match="RowsNotConserved: 10 in, 9 out"):
        landing(tmp_path, services, KEYS[0])


@pytest.mark.parametrize(("staged", "most"), [(False, loading.AT_ONCE), (True, len(KEYS))])
def test_a_file_that_waits_for_the_committer_keeps_no_other_from_landing(tmp_path: Path, staged: bool, most: int) -> None:
    services = Services(staged, status="SUCCEEDED", output=json.dumps({"status": "committed"}))

    landing(tmp_path, services, *KEYS)

    assert services.most == most


def test_a_file_that_takes_long_to_stage_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "STALLED_SECONDS", 0.0)
    services = Services(status="SUCCEEDED", output=json.dumps({"status": "committed"}))
    running = [{"executions": [{"name": execution_name("b", KEYS[0], "e")}]}]
    answers = chain(repeat(running, 3), repeat([{"executions": []}]))
    monkeypatch.setattr(services, "paginate", lambda **_: next(answers))

    assert landing(tmp_path, services, KEYS[0]) == (Loaded(1, ()), "1 committed")


def test_a_file_that_nothing_takes_up_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "STALLED_SECONDS", 0.0)
    services = Services()
    monkeypatch.setattr(services, "paginate", lambda **_: [])
    monkeypatch.setattr(services, "describe_execution", lambda **asked: {}[asked["executionArn"]])

    with pytest.raises(SandboxError, match="nothing has moved for 0 s: 1 landed"):
        landing(tmp_path, services, KEYS[0])
