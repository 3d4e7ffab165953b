"""A first load by upload job, and everything that can go wrong with one: the same customers go by batches, under the same ids."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from omnichannel.activation import connect_load
from omnichannel.activation.connect_upload import GRACE, Uploads
from omnichannel.contracts.reasons import Reason
from sandbox.twins.customer_profiles.jobs import JobOperations
from tests.faults.channels import DOMAIN, REFUSED
from tests.faults.killing import Killed
from tests.faults.matrix import cell
from tests.faults.messaging import COUNT, FLOW, Expected, MessagingWorld


def _loaded(world: MessagingWorld, name: str, *answers: dict[str, Any]) -> Expected:
    part = world.part(name, 0.7)
    world.account.serving.twins.faults("customer-profiles").configure(answers=list(answers))
    world.connect.load(part)
    world.connect.deliver(part)
    return Expected((part,), 0.7)


@contextmanager
def _killed_at(operation: str) -> Iterator[None]:
    def killed(*_: object) -> None:
        raise Killed

    with patch.object(Uploads, operation, killed):
        try:
            yield
        except Killed:
            return
    raise AssertionError(f"nobody called {operation}")


@contextmanager
def _refusing(most: int) -> Iterator[None]:
    """A service that does not take the first so many rows of a file."""
    take, left = JobOperations._taken, [most]

    def taken(self: JobOperations, *asked: Any) -> str:
        left[0] -= 1
        return "planned" if left[0] >= 0 else take(self, *asked)

    with patch.object(JobOperations, "_taken", taken):
        yield


@cell("first load by a file", FLOW)
def whole(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Nothing goes wrong: one job, no batch."""
    return _loaded(world, name)


@cell("first load: killed before its job, its file, its start", FLOW)
def killed(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """A job that nobody started is given up, and its customers go by batches."""
    part = world.part(name, 0.7)
    with _killed_at(rng.choice(("create", "put", "start"))):
        world.connect.load(part)
    world.account.at += GRACE + timedelta(minutes=1)
    world.connect.load(part)
    world.connect.deliver(part)
    return Expected((part,), 0.7)


@cell("first load: killed after its start", FLOW)
def killed_later(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The next call follows the job that runs."""
    part = world.part(name, 0.7)
    with _killed_at("stand"):
        world.connect.load(part)
    world.connect.load(part)
    world.connect.deliver(part)
    return Expected((part,), 0.7)


@cell("first load: killed after its start, and never asked about again", FLOW)
def left_alone(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """The part goes by batches while its job runs: the job is stopped first, so nothing that it read later comes over them."""
    part = world.part(name, 0.7)
    with _killed_at("stand"):
        world.connect.load(part)
    world.connect.deliver(part)
    jobs = world.account.serving.inspect(f"customer-profiles/jobs?domain={DOMAIN}")
    assert jobs[-1]["Status"] in ("STOPPED", "SUCCEEDED"), "a job that nobody follows is at work"
    return Expected((part,), 0.7)


@cell("first load: started twice", FLOW)
def twice(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Two executions of the same part: the second finds the first one's job, or the job as started."""
    part = world.part(name, 0.7)
    start = Uploads.start

    def again(uploads: Uploads, job: str) -> None:
        start(uploads, job)
        start(uploads, job)

    with patch.object(Uploads, "start", again):
        world.connect.load(part)
    world.connect.load(part)
    world.connect.deliver(part)
    return Expected((part,), 0.7)


@cell("first load: path no longer valid", FLOW)
def expired(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Another one is asked for, three in all; then batches."""
    times, fresh = rng.randint(1, 4), Uploads._put
    left = [times]

    def put(uploads: Uploads, path: Any, body: bytes) -> bool:
        left[0] -= 1
        late = {**path, "Url": path["Url"].replace("X-Amz-Signature=", "X-Amz-Signature=old")} if left[0] >= 0 else path
        return fresh(uploads, late, body)

    with patch.object(Uploads, "_put", put):
        return _loaded(world, name)


@cell("first load: some rows fail", FLOW)
def partly(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Nobody can say which: everybody of the file goes by batches, to the same profiles."""
    with _refusing(rng.randint(1, COUNT - 1)):
        return _loaded(world, name)


@cell("first load: every row fails", FLOW)
def failed(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Everybody goes by batches."""
    with _refusing(COUNT):
        return _loaded(world, name)


@cell("first load: refused, throttled, answers lost", FLOW)
def refused(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Any call of it may fail: batches are right at any time."""
    operation = rng.choice(("CreateUploadJob", "GetUploadJobPath", "StartUploadJob", "GetUploadJob"))
    fault = rng.choice(
        ({"status": 400}, {"status": 403}, {"status": 429}, {"status": 500, "accept": True}, {"reset": True, "accept": True})
    )
    return _loaded(world, name, {"operation": operation, "times": rng.randint(1, 3), **fault})


@cell("first load: consent withdrawn while the file is made", FLOW)
def withdrawn(world: MessagingWorld, rng: random.Random, name: str) -> Expected:
    """Who says no after the gates were asked is not in the file."""
    part, first, rows = world.part(name, 0.7), world.first(name), connect_load._rows
    gone = list(range(first, first + rng.randint(1, 9)))

    def late(*asked: Any) -> Any:
        found = rows(*asked)
        world.account.customers(gone, consents={"marketing/email": REFUSED})
        return found

    with patch.object(connect_load, "_rows", late):
        world.connect.load(part)
    world.connect.deliver(part)
    return Expected((part,), 0.7, frozenset({Reason.NO_CONSENT}))
