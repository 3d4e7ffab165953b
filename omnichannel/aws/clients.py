"""AWS clients: one shared session per process, one client per service, made on first use.

Endpoints, region and credentials come from the process's environment, as the SDK reads them.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 30
ATTEMPTS = 5

# Standard mode retries throttling, 5xx and broken connections with jittered exponential waits; the time-outs bound
# each try, so that one hanging call costs at most ATTEMPTS * (CONNECT + READ) seconds and not a function's whole life.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    connect_timeout=CONNECT_TIMEOUT_SECONDS,
    read_timeout=READ_TIMEOUT_SECONDS,
    user_agent_extra="omnichannel",
)


@cache
def session() -> "boto3.Session":
    """The process's one session: loading service models and finding credentials is done once."""
    # A seventh of a start, which those do without who only want a failure's cause.
    import boto3

    return boto3.Session()


@cache
def client(name: str, *, checks: bool = True) -> Any:
    """The process's client of one service (`s3`, `dynamodb`, `personalize-events`, …).

    Without `checks` requests are not compared with the service's model before they are sent, which is half of what sending many
    items costs: for bulk writes of requests that a test has compared.
    """
    make: Any = session().client  # the stubs want a literal service name
    return make(name, config=_CONFIG if checks else _CONFIG.merge(Config(parameter_validation=False)))


@cache
def client_once(name: str) -> Any:
    """A client that asks once: for a call that must not be repeated unseen, because its answer may be lost after it took effect."""
    make: Any = session().client
    return make(name, config=_CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1})))


def cause(failure: Exception) -> str:
    """A failed call in words that say nothing of what it was about: `AccessDeniedException in BatchGetItem`."""
    if isinstance(failure, ClientError):
        return f"{failure.response.get('Error', {}).get('Code', 'unknown')} in {failure.operation_name}"
    return type(failure).__name__


def forget() -> None:
    """Drops the session and every client, for a process whose region, endpoint or credentials changed (tests, `omni`)."""
    from omnichannel.aws import waiting  # whoever forgets has no haste, and functions that wait for nothing do not load it

    waiting.forget()
    client.cache_clear()
    client_once.cache_clear()
    session.cache_clear()
