"""Landing a folder: a file that fails by its bad rows is counted and nobody waits for it; any other failure stops the landing."""

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.flow.load import load

KEY = "dms/sales/orders/LOAD1.csv"


class Services:
    """S3 and Step Functions of a cloud in which every execution is over at once; the history knows every content as committed."""

    def __init__(self, **execution: str) -> None:
        self._execution = execution
        self.landed: list[str] = []
        self.exceptions = SimpleNamespace(ExecutionDoesNotExist=KeyError)

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.landed.append(key)

    def head_object(self, **_: str) -> dict[str, str]:
        return {"ETag": '"e"'}

    def describe_execution(self, **asked: str) -> dict[str, str]:
        return {"name": asked["executionArn"], **self._execution}

    def batch_get_item(self, **asked: Any) -> dict[str, object]:
        ((table, wanted),) = asked["RequestItems"].items()
        return {"Responses": {table: [{**key, "status": {"S": "committed"}} for key in wanted["Keys"]]}, "UnprocessedKeys": {}}


def landing(folder: Path, services: Services) -> list[str]:
    """Lands one file; what was told on the way."""
    (folder / KEY).parent.mkdir(parents=True)
    (folder / KEY).write_text("order_id\n")
    deployment = SimpleNamespace(onboarding_state_machine="arn:aws:states:x:1:stateMachine:m", landing_bucket="b", history_table="h")
    told: list[str] = []
    load(SimpleNamespace(deployment=deployment, client=lambda _: services), folder, told.append)  # type: ignore[arg-type]
    return told


def test_a_committed_file_is_over(tmp_path: Path) -> None:
    services = Services(status="SUCCEEDED", output=json.dumps({"content_id": "c"}))

    assert landing(tmp_path, services)[-1] == "1 committed"
    assert services.landed == [KEY]


def test_a_file_with_too_many_bad_rows_is_counted_and_over(tmp_path: Path) -> None:
    services = Services(status="FAILED", error="TooManyBadRows", cause=f"{KEY} (c): 4")

    assert landing(tmp_path, services)[-1] == "1 failed"
    assert Counter(services.landed) == Counter([KEY])


def test_any_other_failure_stops_the_landing_with_its_cause(tmp_path: Path) -> None:
    services = Services(status="FAILED", error="RowsNotConserved", cause="10 in, 9 out")

    with pytest.raises(SandboxError, match="RowsNotConserved: 10 in, 9 out"):
        landing(tmp_path, services)
