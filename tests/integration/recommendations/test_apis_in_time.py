"""A table that never answers ends every API's question as a problem with an id, after few tries."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config

from lambdas import decisions_api, profiles_api, recommendations_api
from omnichannel.aws import clients, waiting
from omnichannel.aws.waiting import InTime, NotInTime

ENVIRONMENT = {
    **{f"{name.upper()}_TABLE": name for name in ("customers", "products", "sent")},
    "SCORE_FUNCTION": "score", "DATASET_GROUP_ARN": "", "PERSONALIZE_ASKS": "{}",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t",
}  # fmt: skip
ASKED: dict[Any, dict[str, Any]] = {
    recommendations_api: {"pathParameters": {"placement": "home"}, "queryStringParameters": {"customer_id": "c_1"}},
    profiles_api: {"pathParameters": {"id": "c_1"}},
    decisions_api: {"body": '{"customer_id": "c_1", "fresh": true}'},
}


class Silence:
    """Takes connections, and says nothing on any of them."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def _take(self) -> None:
        while True:
            try:
                self.held.append(self.socket.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for each in (self.socket, *self.held):
            each.close()


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    server = Silence()
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": server.url}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(waiting, "_CONFIGS", {"dynamodb": waiting._STATE.merge(Config(read_timeout=0.1))})
    clients.forget()
    yield server
    server.close()
    clients.forget()


@pytest.mark.parametrize("api", ASKED)
def test_a_table_that_never_answers_is_a_problem_with_an_id_after_two_tries(silence: Silence, api: Any) -> None:
    answer = api.handler({"version": "2.0", "requestContext": {"requestId": "r-7"}, **ASKED[api]}, None)

    body = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (503, "application/problem+json")
    assert (body["status"], body["instance"]) == (503, "urn:request:r-7")
    assert "c_1" not in answer["body"]
    assert len(silence.held) == 2


class Table:
    """Gives one item of those asked for a call, in so many seconds of a clock that nothing else moves."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.now, self.asked = seconds, 0.0, 0

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        self.now, self.asked = self.now + self.seconds, self.asked + 1
        [(table, asked)] = request["RequestItems"].items()
        first, *rest = asked["Keys"]
        return {"Responses": {table: [first]}, "UnprocessedKeys": {table: {**asked, "Keys": rest}} if rest else {}}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        while True:
            self.now, self.asked = self.now + self.seconds, self.asked + 1
            yield {"Items": [self.asked]}

    def in_time(self) -> InTime:
        return InTime(self, 4.0, clock=lambda: self.now, sleep=lambda seconds: None)


KEYS = {"t": {"Keys": [{"id": {"S": str(n)}} for n in range(5)]}}


def test_what_a_busy_table_leaves_is_asked_for_until_it_is_there() -> None:
    table = Table(seconds=0.5)

    answer = table.in_time().batch_get_item(RequestItems=KEYS)

    assert (answer["Responses"], table.asked) == ({"t": KEYS["t"]["Keys"]}, 5)


def test_nothing_is_asked_of_a_table_any_more_once_the_answer_is_due() -> None:
    table = Table(seconds=1.5)

    with pytest.raises(NotInTime):
        table.in_time().batch_get_item(RequestItems=KEYS)

    assert table.asked == 3


def test_pages_end_with_the_time() -> None:
    table = Table(seconds=1.5)

    with pytest.raises(NotInTime):
        list(table.in_time().get_paginator("scan").paginate(TableName="t"))

    assert table.asked == 3


def test_any_other_call_is_handed_on_while_there_is_time() -> None:
    table = Table(seconds=0.0)
    waiting_for = table.in_time()

    assert waiting_for.paginate(TableName="t")
    table.now = 4.1
    with pytest.raises(NotInTime):
        waiting_for.paginate(TableName="t")
