"""Calls that go wrong: hangs, throttling, errors, resets, replies cut off, access that is denied for a while."""

import random

from tests.faults.files import BAD_ORDERS, File, events, orders
from tests.faults.matrix import cell
from tests.faults.world import PATIENCE_SECONDS, World, impatient

TARGETS = (("s3", "GetObject"), ("s3", "PutObject"), ("dynamodb", "PutItem"), ("dynamodb", "GetItem"), ("glue", "UpdateTable"))
"""The calls that onboarding stands on; a seed begins with another one."""


def _some(rng: random.Random, name: str) -> list[File]:
    return [orders(rng, f"{name}-{n}") for n in range(2)] + [events(name)]


def _rules(rng: random.Random, fault: dict[str, object], *, most: int) -> list[dict[str, object]]:
    """Every target fails a few times in a row, then works for a while."""
    return [{"service": s, "operation": o, "sequence": [rng.randint(1, most), rng.randint(3, 6)], **fault} for s, o in TARGETS]


@cell("timeout / hang")
def hangs(world: World, rng: random.Random, name: str) -> list[File]:
    """One call hangs beyond the client's patience; the next try answers."""
    service, operation = rng.choice(TARGETS)
    world.proxy.break_calls({"service": service, "operation": operation, "times": 1, "timeout_ms": 2000 * PATIENCE_SECONDS})
    with impatient():
        return _onboarded(world, _some(rng, name))


@cell("throttled")
def throttled(world: World, rng: random.Random, name: str) -> list[File]:
    """Each service says in its own words that it is too much."""
    words = {"s3": ("SlowDown", 503), "dynamodb": ("ProvisionedThroughputExceededException", 400), "glue": ("ThrottlingException", 400)}
    rules = _rules(rng, {}, most=3)
    for rule in rules:
        code, status = words[str(rule["service"])]
        rule["error"] = {"code": code, "status": status}
    world.proxy.break_calls(*rules)
    return _onboarded(world, _some(rng, name))


@cell("server errors")
def server_errors(world: World, rng: random.Random, name: str) -> list[File]:
    """500, 502 and 503 in turn."""
    error = {"code": "InternalError", "status": rng.choice((500, 502, 503))}
    world.proxy.break_calls(*_rules(rng, {"error": error}, most=3))
    return _onboarded(world, _some(rng, name))


@cell("connections reset")
def resets(world: World, rng: random.Random, name: str) -> list[File]:
    """The connection ends before the call was forwarded."""
    world.proxy.break_calls(*_rules(rng, {"reset": True}, most=2))
    return _onboarded(world, _some(rng, name))


@cell("reply cut off")
def cut_replies(world: World, rng: random.Random, name: str) -> list[File]:
    """The call took effect and its answer never arrived: what was done must not be done twice."""
    rules = _rules(rng, {"response": {"abort_bytes": 0}}, most=1)
    world.proxy.break_calls(*rules)
    return _onboarded(world, _some(rng, name))


@cell("access or key denied, then granted")
def denied(world: World, rng: random.Random, name: str) -> list[File]:
    """A role or key that is missing: loud, the source kept, and a replay after the fix completes."""
    files = _some(rng, name)
    resource = rng.choice(("lake", "quarantine", "history"))
    service = "dynamodb" if resource == "history" else "s3"
    files.append(orders(rng, f"{name}-bad", reasons=(rng.choice(list(BAD_ORDERS)),)))
    world.proxy.break_calls({"service": service, "resource": resource, "error": {"code": "AccessDeniedException", "status": 403}})
    world.land(*files)
    world.run()
    if not world.dead:
        raise AssertionError("nothing failed although access was denied")
    world.proxy.break_calls()
    world.replay()
    return files


def _onboarded(world: World, files: list[File]) -> list[File]:
    """Lands and works off the files with the rules on; what became a dead letter is replayed after the rules are gone."""
    world.land(*files)
    world.run()
    if not world.proxy.fired():
        raise AssertionError("no fault was injected")
    world.proxy.break_calls()
    world.replay()
    return files
