"""Files and import jobs of the messaging channel that are refused, fail, come half or end in the middle."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError, HTTPClientError

from omnichannel.activation.parts import Part
from omnichannel.contracts.ledger import Status
from omnichannel.contracts.reasons import Reason
from sandbox.twins.pinpoint.endpoints import Endpoint, InvalidEndpointError
from sandbox.twins.pinpoint.twin import PinpointTwin
from tests.faults.channels import REFUSED
from tests.faults.killing import Countdown, Killed, at_calls
from tests.faults.matrix import cell
from tests.faults.messaging import COUNT, FLOW, Expected, MessagingWorld

TRIES = 8
FEW, TWO_TRANSACTIONS = 3, 120
"""Customers of a part: as few as make every call, and as many as are remembered by two of them."""
S3_REFUSALS = ("SlowDown", "InternalError", "AccessDenied", "ServiceUnavailable")


def _delivered(world: MessagingWorld, adapter: str, part: Part) -> int:
    """The part's steps, begun again as the state machine does when one fails; gives how often they failed."""
    for failed in range(TRIES):
        try:
            world.channel(adapter).deliver(part)
        except (ClientError, HTTPClientError):
            continue
        return failed
    raise AssertionError(f"not delivered after {TRIES} tries")


class _Refusals:
    """Refuses so many calls to a path with a word in it, after so many that pass."""

    def __init__(self, word: str, code: str, times: int, passed: int = 0) -> None:
        self.word, self.code, self.left, self.passed = word, code, times, passed

    def __call__(self, model: Any, params: Any, **_: object) -> None:
        if not self.left or self.word not in params["url_path"]:
            return
        self.passed -= 1
        if self.passed < 0:
            self.left -= 1
            raise ClientError({"Error": {"Code": self.code, "Message": "planned"}}, model.name)


def _refused(world: MessagingWorld, rng: random.Random, name: str, adapter: str, word: str) -> Expected:
    part, refusals = world.part(name, 0.7), _Refusals(word, rng.choice(S3_REFUSALS), rng.randint(1, 3))
    times = refusals.left
    with at_calls("before-call.s3.PutObject", [world.account.s3], refusals):
        failed = _delivered(world, adapter, part)
    if failed != times:
        raise AssertionError(f"{times} refusals of S3, and {failed} failures told")
    return Expected((part,), 0.7, adapter=adapter)


def _killed(world: MessagingWorld, rng: random.Random, name: str, adapter: str) -> Expected:
    """Each call in turn is the last one, before and after its work; the steps that begin again complete."""
    sent: list[Part] = []
    clients = [world.account.s3, world.account.dynamodb, world.connect.client, world.pinpoint.client]
    for when in ("before-call", "after-call"):
        place = rng.randint(1, 2)
        while True:
            part = world.part(name, 0.7, first=FEW * len(sent), count=FEW)
            sent.append(part)
            ended = _ended_at(world, adapter, part, clients, when, place)
            world.channel(adapter).deliver(part)
            if not ended:
                break
            place += 2
    return Expected(tuple(sent), 0.7, adapter=adapter)


def _ended_at(world: MessagingWorld, adapter: str, part: Part, clients: list[Any], when: str, place: int) -> bool:
    try:
        with at_calls(f"{when}.*", clients, Countdown(place)):
            world.channel(adapter).deliver(part)
    except Killed:
        return True
    return False


@cell("killed at every step", FLOW)
def profiles_killed(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The process ends before or after a call to Customer Profiles, S3 or DynamoDB."""
    return _killed(world, rng, name, "connect")


@cell("file: killed at every step", FLOW)
def file_killed(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The process ends before or after a call to S3 or DynamoDB."""
    return _killed(world, rng, name, "file")


@cell("file: S3 refuses the file", FLOW)
def file_refused(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Nobody is delivered by a file that is not there."""
    return _refused(world, rng, name, "file", "/messaging/")


@cell("file: S3 refuses the ledger", FLOW)
def file_ledger_refused(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The file is there and everybody is remembered: the run that begins again has the same people in the same file."""
    return _refused(world, rng, name, "file", "ledger/")


@cell("file: state refused half-way", FLOW)
def file_state_refused(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Before the file some are noted and some are not, or after it some are remembered and some are not: all are in the next one, once."""
    part = world.part(name, 0.7, count=TWO_TRANSACTIONS)
    refusals = _Refusals("", "ThrottlingException", 1, passed=rng.randint(0, 3))
    with at_calls("before-call.dynamodb.TransactWriteItems", [world.account.dynamodb], refusals):
        failed = _delivered(world, "file", part)
    if failed != 1:
        raise AssertionError(f"one refusal of the state, and {failed} failures told")
    return Expected((part,), 0.7, adapter="file")


@cell("file: consent withdrawn between two tries", FLOW)
def file_withdrawn(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Who says no before the file is written anew is not in it."""
    part = world.part(name, 0.7)
    with at_calls("before-call.s3.PutObject", [world.account.s3], _Refusals("/messaging/", "SlowDown", 1)):
        try:
            world.file.deliver(part)
        except ClientError:
            gone = [world.first(name) + n for n in rng.sample(range(COUNT), 5)]
            world.account.customers(gone, consents={"marketing/email": REFUSED})
    world.file.deliver(part)
    return Expected((part,), 0.7, frozenset({Reason.NO_CONSENT}), adapter="file")


@cell("pinpoint: killed at every step", FLOW)
def pinpoint_killed(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The process ends before or after a call to Pinpoint, S3 or DynamoDB."""
    return _killed(world, rng, name, "pinpoint")


@cell("pinpoint: S3 refuses the import file", FLOW)
def pinpoint_refused(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """No job begins without the file."""
    return _refused(world, rng, name, "pinpoint", "/messaging/pinpoint/")


@cell("pinpoint: too many jobs at once", FLOW)
def pinpoint_busy(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Two import jobs of an account may run: the third one begins later."""
    part, times = world.part(name, 0.7), rng.randint(1, 4)
    world.job_answers({"operation": "CreateImportJob", "status": 429, "code": "TooManyRequestsException", "times": times})
    if (failed := _delivered(world, "pinpoint", part)) != times:
        raise AssertionError(f"{times} refusals of a job, and {failed} failures told")
    return Expected((part,), 0.7, adapter="pinpoint")


@cell("pinpoint: the job began and its answer was lost", FLOW)
def pinpoint_lost(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """A second job reads the same files: the same endpoints, once each."""
    part = world.part(name, 0.7)
    world.job_answers({"operation": "CreateImportJob", "reset": True, "accept": True, "times": rng.randint(1, 2)})
    _delivered(world, "pinpoint", part)
    return Expected((part,), 0.7, adapter="pinpoint")


@cell("pinpoint: the import job fails", FLOW)
def pinpoint_job_fails(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Nobody is delivered, and it is told; the next try imports the same files."""
    part, cloud = world.part(name, 0.7), world.account.serving.cloud
    denied = ClientError({"Error": {"Code": rng.choice(S3_REFUSALS), "Message": "planned"}}, "AssumeRole")
    with patch.object(cloud, "client", side_effect=denied):
        world.pinpoint.deliver(part)
    told = {row["reason"] for row in world.account.rows(world.pinpoint.sink, part)}
    if told != {Reason.SINK_UNAVAILABLE}:
        raise AssertionError(f"a job that failed was told as {told}")
    world.pinpoint.deliver(part)
    return Expected((part,), 0.7, adapter="pinpoint")


@cell("pinpoint: the job does not take everybody", FLOW)
def pinpoint_partial(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Those that it names are rejected, alone."""
    part = world.part(name, 0.7)
    refused = {f"c_{world.first(name) + n:05d}.email" for n in rng.sample(range(COUNT), rng.randint(1, 9))}
    with _picky(refused):
        world.pinpoint.deliver(part)
    rows = world.account.rows(world.pinpoint.sink, part)
    if {f"{row['customer_id']}.email" for row in rows if row["status"] == Status.REJECTED} != refused:
        raise AssertionError("others are rejected than those that the job refused")
    return Expected((part,), 0.7, frozenset({Reason.REFUSED_BY_SINK}), adapter="pinpoint")


@cell("pinpoint: the job's state cannot be asked for", FLOW)
def pinpoint_unknown(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Whoever begins again finds the job that was begun."""
    part = world.part(name, 0.7)
    times = rng.randint(1, 4)
    world.job_answers({"operation": "GetImportJob", "status": rng.choice((429, 500, 503)), "times": times})
    if (failed := _delivered(world, "pinpoint", part)) != times:
        raise AssertionError(f"{times} refusals of the job's state, and {failed} failures told")
    jobs = [job for job in world.account.serving.inspect("pinpoint/jobs") if f"run={part.run}/" in job["Definition"]["S3Url"]]
    if len(jobs) != 1:
        raise AssertionError(f"{len(jobs)} jobs for the same files")
    return Expected((part,), 0.7, adapter="pinpoint")


@contextmanager
def _picky(refused: set[str]) -> Iterator[None]:
    """A Pinpoint that does not like these endpoints."""
    register = PinpointTwin._register

    def some(twin: PinpointTwin, app: str, update: Endpoint) -> Endpoint:
        if update.get("Id") in refused:
            raise InvalidEndpointError("planned")
        return register(twin, app, update)

    with patch.object(PinpointTwin, "_register", some):
        yield
