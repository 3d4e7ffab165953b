"""Schemathesis over the OpenAPI document, against the deployed APIs: API Gateway's routes, signatures and functions between them."""

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from hypothesis import HealthCheck, settings
from requests.auth import AuthBase
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth

from omnichannel.api.document import document
from sandbox.cloud import Cloud
from sandbox.flow.http import reachable
from tests.end_to_end.conftest import Demo

SEEN = settings(max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
schema = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict({"seed": 20261122}))


class Signed(AuthBase):
    """Signs as the sandbox's root, whom every API lets in."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body)
        SigV4Auth(self.cloud.session.get_credentials(), "execute-api", self.cloud.region).add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


@pytest.fixture(scope="module")
def addresses(demo: Demo) -> dict[str, str]:
    """By the first part of a path, where its API answers."""
    deployed = demo.cloud.deployment
    profiles = dict.fromkeys(("profiles", "members"), deployed.profiles_url)
    urls = {**profiles, "recommendations": deployed.recommendations_url, "decisions": deployed.decisions_url}
    return {name: reachable(demo.cloud, url) for name, url in urls.items()}


@SEEN
@schema.parametrize()
def test_every_answer_is_one_that_the_document_promises(case, demo: Demo, addresses: dict[str, str]):
    address = addresses[case.path.split("/")[1]]

    # The sandbox reads who signed, and does not verify the signature (docs/fidelity.md); who may ask is tested on the templates.
    checks = {"excluded_checks": [ignored_auth]}
    case.call_and_validate(base_url=address, auth=Signed(demo.cloud), verify=str(demo.directory / "ca.pem"), **checks)
