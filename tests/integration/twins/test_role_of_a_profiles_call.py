"""A role's call to Customer Profiles is decided on the domain and on what lies in it, in the name of the service's own prefix."""

import threading
from contextlib import ExitStack

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.twins.__main__ import make_twins
from sandbox.twins.authorization import ALLOWED, Authorization
from sandbox.twins.routing import Routing
from sandbox.twins.server import TwinServer

DOMAIN = "arn:aws:profile:us-east-1:000000000000:domains/shop"
OBJECTS = f"{DOMAIN}/object-types/Scores"


class Anywhere:
    """A cloud that nobody goes to."""

    region = "us-east-1"


@pytest.fixture
def bridge(tmp_path):
    """A client in the name of a role, and the resources that IAM allows it."""
    allowed = set()
    authorization = Authorization(
        lambda role, action, resource, context: ALLOWED if (action, resource) in allowed else "implicitDeny",
        account="000000000000", root_key="root", seconds=0,
    )  # fmt: skip
    with ExitStack() as closing:
        twins = make_twins(tmp_path, Anywhere(), authorization)
        closing.callback(twins.close)
        server = TwinServer(0, Routing(twins, authorization))
        closing.callback(server.server_close)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        closing.callback(server.shutdown)
        client = boto3.client(
            "customer-profiles", endpoint_url=f"{server.url}/aws/customer-profiles/as/bridge", region_name="us-east-1",
            aws_access_key_id="role", aws_secret_access_key="x", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        yield client, allowed


@pytest.mark.parametrize(
    ("resources", "code"),
    [((DOMAIN,), "AccessDeniedException"), ((OBJECTS,), "AccessDeniedException"), ((DOMAIN, OBJECTS), "ResourceNotFoundException")],
)
def test_putting_an_object_needs_the_domain_and_the_object_type(bridge, resources, code):
    client, allowed = bridge
    allowed.update(("profile:PutProfileObject", each) for each in resources)

    with pytest.raises(ClientError) as refused:
        client.put_profile_object(DomainName="shop", ObjectTypeName="Scores", Object="{}")

    assert refused.value.response["Error"]["Code"] == code
