"""Twins on loopback HTTP, asked by boto3; the S3 that they read is moto's."""

import threading
import time
from contextlib import ExitStack
from types import SimpleNamespace

import boto3
import pytest
import urllib3
from botocore.config import Config
from moto import mock_aws

from sandbox.twins.__main__ import make_twins
from sandbox.twins.authorization import ALLOWED, Authorization
from sandbox.twins.cloud import Credentials
from sandbox.twins.routing import Routing
from sandbox.twins.server import TwinServer

KEYS = {"aws_access_key_id": "root", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
# Service models are loaded once a session, which is what takes the time.
SESSION = boto3.Session(**KEYS)
ROLE = "arn:aws:iam::000000000000:role/import"


class MotoCloud:
    """The twins' way to S3; remembers as which role they went."""

    region = "us-east-1"
    root = Credentials(access_key="root", secret_key="secret")

    def __init__(self):
        self.roles = []

    def client(self, service, role_arn=None, session="twin"):
        self.roles.append(role_arn)
        return SESSION.client(service)


class Serving:
    """A twin server that can be stopped and started again on the same folder."""

    def __init__(self, directory):
        self.directory, self.cloud = directory, MotoCloud()
        self._open = ExitStack()
        self.start()

    def start(self):
        self.twins = twins = make_twins(self.directory, self.cloud)
        self.server = TwinServer(0, Routing(twins, Authorization(lambda *_: ALLOWED, account="000000000000", root_key="root")))
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self._open.callback(twins.close)
        self._open.callback(self.server.server_close)
        self._open.callback(self.server.shutdown)

    def stop(self):
        self._open.close()

    def client(self, service):
        config = Config(retries={"total_max_attempts": 1})
        return SESSION.client(service, endpoint_url=f"{self.server.url}/aws/{service}", config=config)

    def inspect(self, path):
        return urllib3.request("GET", f"{self.server.url}/inspect/{path}").json()

    def configure(self, service, **plan):
        return urllib3.request("POST", f"{self.server.url}/inspect/{service}/configure", json=plan).json()


@pytest.fixture
def serving(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "root")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        serving = Serving(tmp_path)
        yield serving
        serving.stop()


@pytest.fixture
def lake(serving):
    """A bucket to put files into, and the role that reads it."""
    s3 = SESSION.client("s3")
    s3.create_bucket(Bucket="lake")

    def put(key, body):
        s3.put_object(Bucket="lake", Key=key, Body=body.encode() if isinstance(body, str) else body)

    return SimpleNamespace(put=put, url="s3://lake/", role=ROLE)


@pytest.fixture
def eventually():
    """The first value that satisfies a condition; asks again at once, for half a minute at most."""

    def ask(question, condition):
        end = time.monotonic() + 30
        while not condition(value := question()):
            assert time.monotonic() < end, value
        return value

    return ask
