"""The cloud that a command talks to, a sandbox or an AWS account: its clients, and the names of what is deployed there."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.aws import clients
from omnichannel.contracts.deployment import Deployment, stack_name
from sandbox.errors import SandboxError
from sandbox.state import REGION, TWIN_SERVICES, Sandbox, command_for

SANDBOX_ENVIRONMENT = "sandbox"
AWS_ENVIRONMENTS = ("dev", "staging", "prod")
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=60, max_pool_connections=32)


@dataclass(frozen=True)
class Cloud:
    """Where commands go. Clients are kept, so a Cloud is made once per command; everything is named by `environment`."""

    environment: str
    region: str
    session: boto3.Session
    sandbox: Sandbox | None = None

    @classmethod
    def of_sandbox(cls, sandbox: Sandbox) -> Self:
        """A running sandbox, as its root user."""
        session = boto3.Session(aws_access_key_id=sandbox.access_key, aws_secret_access_key=sandbox.secret_key, region_name=REGION)
        return cls(SANDBOX_ENVIRONMENT, REGION, session, sandbox)

    @classmethod
    def of_aws(cls, environment: str, region: str | None = None) -> Self:
        """The AWS account of the caller's own credentials; missing ones, or a missing region, are a SandboxError."""
        if environment not in AWS_ENVIRONMENTS:
            names = ", ".join((SANDBOX_ENVIRONMENT, *AWS_ENVIRONMENTS))
            raise SandboxError("finding the environment", f"there is no {environment!r}", hint=f"--environment with one of {names}")
        # The CDK and newer SDKs read AWS_REGION; boto3 reads AWS_DEFAULT_REGION and the profile.
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION"))
        if not session.region_name:
            raise SandboxError("finding the AWS account", "no region is set", hint="AWS_REGION=us-east-1, or aws configure")
        if session.get_credentials() is None:
            raise SandboxError("finding the AWS account", "there are no credentials", hint="AWS_PROFILE=…, or aws configure")
        return cls(environment, session.region_name, session)

    @property
    def sandboxed(self) -> bool:
        """Whether this is a laptop cloud."""
        return self.sandbox is not None

    @property
    def endpoint(self) -> str:
        """The one URL of a sandbox; empty for AWS, where every service has its own."""
        return self.sandbox.endpoint if self.sandbox else ""

    @property
    def where(self) -> str:
        """For a person: which account and region, or which sandbox. Raises what the account refuses the credentials with."""
        if self.sandbox:
            return f"the sandbox {self.sandbox.name}"
        return f"account {self.client('sts').get_caller_identity()['Account']}, {self.region}"

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """The client of a service by botocore's name; the same object every time."""
        if service not in self._clients:
            make: Any = self.session.client
            self._clients[service] = make(service, config=_CONFIG, **self._where(service))
        return self._clients[service]

    def _where(self, service: str) -> dict[str, str]:
        if not self.sandbox:
            return {}
        twin = f"{self.sandbox.twin_url}/aws/{service}"
        return {"endpoint_url": twin if service in TWIN_SERVICES else self.endpoint, "verify": str(self.sandbox.ca_bundle)}

    def enter(self) -> None:
        """Point this process's own environment, and so `omnichannel.aws`, at the cloud."""
        environ = self.sandbox.environ_over(os.environ) if self.sandbox else {**os.environ, "AWS_DEFAULT_REGION": self.region}
        os.environ.clear()
        os.environ.update(environ)
        clients.forget()

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of all stacks of the environment, by output id. Raises SandboxError when nothing is deployed."""
        prefix = stack_name(self.environment, "")
        try:
            pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
            stacks = [stack for page in pages for stack in page["Stacks"] if stack["StackName"].startswith(prefix)]
        except (ClientError, BotoCoreError) as error:
            raise SandboxError("reading the stacks", str(error), hint=self.how_to_deploy) from error
        if not stacks:
            raise SandboxError("reading the stacks", f"no stack named {prefix}* is deployed", hint=self.how_to_deploy)
        return {o["OutputKey"]: o["OutputValue"] for stack in stacks for o in stack.get("Outputs", [])}

    @property
    def deployment(self) -> Deployment:
        """The names of what is deployed."""
        return Deployment.of_outputs(self.outputs)

    @property
    def how_to_deploy(self) -> str:
        """The command that brings the app there."""
        return command_for("omni deploy", self.sandbox.name) if self.sandbox else f"make deploy ENVIRONMENT={self.environment}"
