"""The twins' way to MiniStack: clients as root or as a role."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from sandbox.twins import trust

ANY_SERVICE = "twin"
_RENEW_BEFORE = timedelta(minutes=10)
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, max_pool_connections=20)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Keys for AWS calls; `token` only for temporary ones, which end at `expires`."""

    access_key: str
    secret_key: str
    token: str | None = None
    expires: datetime | None = None

    def environment(self) -> dict[str, str]:
        """As the variables that AWS SDKs read."""
        variables = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return variables | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


class Cloud:
    """Clients towards one endpoint: as root, or as a role whose temporary keys come from STS (so IAM decides what it may do)."""

    def __init__(self, endpoint: str, region: str, root: Credentials) -> None:
        self.endpoint = endpoint
        self.region = region
        self.root = root
        self._lock = threading.Lock()
        self._assumed: dict[tuple[str, str], Credentials] = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._session = boto3.session.Session(region_name=region)

    @classmethod
    def from_environment(cls, endpoint: str, environment: Mapping[str, str]) -> "Cloud":
        """Root keys and region from the variables that AWS SDKs read."""
        root = Credentials(access_key=environment["AWS_ACCESS_KEY_ID"], secret_key=environment["AWS_SECRET_ACCESS_KEY"])
        return cls(endpoint, environment.get("AWS_REGION", environment.get("AWS_DEFAULT_REGION", "us-east-1")), root)

    def client(self, service: str, role_arn: str | None = None, session: str = ANY_SERVICE) -> Any:
        """A boto3 client as root, or as the role; the same object again until its keys have to be renewed."""
        credentials = self.root if role_arn is None else self.credentials(role_arn, session)
        key = (service, credentials.access_key)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, credentials)
            return self._clients[key]

    def credentials(self, role_arn: str, session: str = ANY_SERVICE) -> Credentials:
        """Temporary keys of the role, renewed ten minutes before they end. botocore's ClientError when STS refuses.

        A session called after a service (`SageMaker`, `personalize-import`) assumes the role as that service: its trust policy decides.
        """
        key = (role_arn, session)
        with self._lock:
            held = self._assumed.get(key)
        if held and held.expires and held.expires - _RENEW_BEFORE > datetime.now(UTC):
            return held
        if session != ANY_SERVICE:
            trust.open_for(self.client("iam"), role_arn, f"{session.lower().partition('-')[0]}.amazonaws.com")
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=session)["Credentials"]
        credentials = Credentials(
            access_key=answer["AccessKeyId"],
            secret_key=answer["SecretAccessKey"],
            token=answer["SessionToken"],
            expires=answer["Expiration"],
        )
        with self._lock:
            self._assumed[key] = credentials
        return credentials

    def _new_client(self, service: str, credentials: Credentials) -> Any:
        # Twins serve from threads, and a session is not safe to share between them: clients are made under the lock. One session
        # for all of them parses each service's model once.
        client: Any = self._session.client(  # type: ignore[call-overload]
            service,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.token,
            endpoint_url=self.endpoint,
            config=_CONFIG,
        )
        return client
