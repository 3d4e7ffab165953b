"""Scores on their way to Segment past clocks that are wrong, and past tables, lake and keys that are denied for a while."""

import random
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.contracts.reasons import Reason
from tests.faults.matrix import cell
from tests.faults.segment_runs import FLOW, NEWER, OLDER, at_services
from tests.faults.segment_world import Expected, SegmentWorld

DAY = 86_400.0
TRIES = 8
DENIED = ("AccessDeniedException", "AccessDenied", "KMSAccessDeniedException", "KMS.DisabledException")


@cell("clocks: a day off", FLOW)
def clocks(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """What is newer is said by the scores' date and not by the clock of the function that sends them."""
    ids = world.customers(name, 40)
    world.skew = -DAY * rng.uniform(0.5, 1.5)
    world.activate(world.audience(f"{name}-newer", ids, as_of=NEWER, traits={"churn_band": "high"}))
    world.skew = DAY * rng.uniform(0.5, 1.5)
    world.activate(world.audience(f"{name}-older", ids, as_of=OLDER))
    told = {event["traits"]["propensity_as_of"] for event in world.taken() if event["userId"].removeprefix("u-") in ids}
    if told != {NEWER}:
        raise AssertionError(f"Segment was told of scores of {sorted(told)}; the newest are of {NEWER}")
    return Expected({f"{name}-newer": 40, f"{name}-older": 40}, withheld=Counter({Reason.SUPERSEDED.value: 40}))


@cell("tables or lake denied, then granted", FLOW)
def denied(world: SegmentWorld, rng: random.Random, name: str) -> Expected:
    """A role or key that is missing for some calls: the run fails loudly, and begun again it completes under the same ids."""
    asked = world.audience(f"{name}-r", world.customers(name, 50))
    left, passed, code = [times := rng.randint(1, 4)], [rng.randint(0, 6)], rng.choice(DENIED)

    def refuse(model: Any, **_: object) -> None:
        passed[0] -= 1
        if passed[0] < 0 < left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": code, "Message": "planned"}}, model.name)

    failed = 0
    with at_services("before-call", refuse):
        while not _done(world, asked):
            failed += 1
            if failed > TRIES:
                raise AssertionError(f"not delivered after {failed} tries")
    if failed != times:
        raise AssertionError(f"{times} calls were denied, and {failed} failures told")
    return Expected({f"{name}-r": 50})


def _done(world: SegmentWorld, asked: list[dict[str, Any]]) -> bool:
    try:
        world.activate(asked)
    except ClientError:
        return False
    return True
