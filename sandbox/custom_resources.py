"""The provider function, put into a fresh sandbox before any stack is deployed."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.resources import PROVIDER, PROVIDER_ARN, TIMEOUT_SECONDS
from sandbox.state import ACCOUNT, TWIN_SERVICES, Sandbox, endpoint_variable

PARTS = ("__init__.py", "provider.py", "resources.py")
EPOCH = (1980, 1, 1, 0, 0, 0)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{PROVIDER}"


def install(sandbox: Sandbox) -> None:
    """Create the function behind the sandbox's custom resources and its role; where they are, the function gets today's code."""
    cloud = Cloud.of_sandbox(sandbox)
    try:
        _create_role(cloud)
        _create_function(cloud, sandbox)
    except (ClientError, BotoCoreError) as error:
        raise SandboxError(f"creating {PROVIDER_ARN}", str(error), log=sandbox.logs / "ministack.log") from error


def _create_role(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    # As wide as the role that CloudFormation itself would use: it makes whatever a template asks for.
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    try:
        iam.create_role(RoleName=PROVIDER, AssumeRolePolicyDocument=_policy(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        return
    iam.put_role_policy(RoleName=PROVIDER, PolicyName="everything", PolicyDocument=_policy(everything))


def _create_function(cloud: Cloud, sandbox: Sandbox) -> None:
    functions = cloud.client("lambda")
    twins = {endpoint_variable(service): f"{sandbox.twin_url}/aws/{service}/as/{PROVIDER}" for service in TWIN_SERVICES}
    try:
        functions.create_function(
            FunctionName=PROVIDER,
            Runtime="python3.13",
            Role=ROLE_ARN,
            Handler="sandbox.provider.handler",
            Code={"ZipFile": package()},
            Timeout=TIMEOUT_SECONDS,
            MemorySize=256,
            Environment={"Variables": twins},
        )
    except functions.exceptions.ResourceConflictException:
        functions.update_function_code(FunctionName=PROVIDER, ZipFile=package())


def package() -> bytes:
    """The provider's code as a zip file."""
    here = Path(__file__).parent
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
        for part in PARTS:
            bundle.writestr(zipfile.ZipInfo(f"sandbox/{part}", EPOCH), (here / part).read_bytes())
    return content.getvalue()


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
