"""Puts objects into Customer Profiles until each is taken, refused, or there is no time left.

At least once, and harmless more often: an object has the customer's id for its key. Nothing of an object is ever in a log or an error.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from omnichannel.activation import waits
from omnichannel.activation.sender import OutOfTime, SinkUnavailable, Unauthorized
from omnichannel.aws.clients import cause
from omnichannel.contracts.reasons import Reason

ITEMS_AT_ONCE = 10
"""Of BatchPutProfileObject (botocore's `BatchPutProfileObjectRequestItemList`)."""
TRIES = 8
"""Of a request that fails, on top of the client's own."""
TRIES_ALONE = 3
"""Of an item that the service could not take just now."""
LEAST_SECONDS = 1.0
"""With less than this left, no request is begun."""

_UNAUTHORIZED = frozenset({"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"})
_THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException", "Throttling"})
_REFUSED, _MISSING = frozenset({"BadRequestException", "ValidationException"}), "ResourceNotFoundException"


class Object(NamedTuple):
    """One object, serialised, and the id it is known by in requests: letters, digits, `_` and `-`, at most 64."""

    id: str
    body: str


class Answer(NamedTuple):
    """What became of some objects: taken (no reason), or refused for good."""

    objects: Sequence[Object]
    reason: Reason | None = None


Gate = Callable[[Sequence[Object]], Sequence[Object]]
"""Those of some objects that may leave at this moment."""


def open_gate(objects: Sequence[Object]) -> Sequence[Object]:
    """Lets everything out."""
    return objects


class _Refused(Exception):
    """The service refuses a request for what is in it."""


@dataclass(kw_only=True)
class ProfileSender:
    """One domain's object type; `remaining` tells how many seconds may still be spent."""

    profiles: Any = field(repr=False)
    domain: str
    object_type: str
    remaining: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    jitter: waits.Jitter = random.uniform
    requests: int = field(default=0, init=False)
    taken: int = field(default=0, init=False)

    def send(self, objects: Sequence[Object], gate: Gate = open_gate) -> Iterator[Answer]:
        """Puts at most 10 at a time; yields each answer as soon as it is known, so that it can be remembered.

        The gate is asked right before each request, after every wait; for what it keeps back there is no answer.
        A refused request is halved until the refused objects stand alone. Raises `SinkUnavailable`, `OutOfTime` or `Unauthorized`;
        what was not answered by then was not acknowledged.
        """
        pending = [list(objects[start : start + ITEMS_AT_ONCE]) for start in range(0, len(objects), ITEMS_AT_ONCE)][::-1]
        while pending:
            group = pending.pop()
            try:
                out, failed = self._put(group, gate)
            except _Refused:
                if len(group) == 1:
                    yield Answer(group, Reason.REFUSED_BY_SINK)
                else:
                    middle = len(group) // 2
                    pending += [group[middle:], group[:middle]]
                continue
            yield from self._answers(out, failed, gate)

    def _answers(self, group: Sequence[Object], failed: Mapping[str, int], gate: Gate) -> Iterator[Answer]:
        if taken := [each for each in group if each.id not in failed]:
            yield Answer(taken)
        for each in group:
            if each.id in failed:
                yield from self._alone(each, failed[each.id], gate)

    def _alone(self, item: Object, code: int, gate: Gate) -> Iterator[Answer]:
        """Tries one item by itself: the answer in the end, or none when the gate keeps it back."""
        for attempt in range(1, TRIES_ALONE + 1):
            if _passing(code):
                self._wait(waits.backoff(attempt, self.jitter))
            try:
                out, failed = self._put([item], gate)
            except _Refused:
                out, failed = [item], {item.id: 400}
            if not out:
                return
            code = failed.get(item.id, 0)
            if not _passing(code):
                yield Answer(out, Reason.REFUSED_BY_SINK if code else None)
                return
        yield Answer([item], Reason.SINK_UNAVAILABLE)

    def _put(self, wanted: Sequence[Object], gate: Gate) -> tuple[Sequence[Object], dict[str, int]]:
        """What the gate let out in the end, and the HTTP status of each item of it that was not taken, by its id.

        Raises `_Refused` when the request itself was refused.
        """
        failures, group = 0, wanted
        while True:
            self._wait(0.0)
            group = gate(group)
            if not group:
                return group, {}
            self.requests += 1
            try:
                answer = self.profiles.batch_put_profile_object(
                    DomainName=self.domain,
                    ObjectTypeName=self.object_type,
                    Items=[{"Id": each.id, "Object": each.body} for each in group],
                )
            except (ClientError, BotoCoreError) as failure:
                failures += 1
                self._failed(failure, failures)
            else:
                failed = _failed(group, answer)
                self.taken += len(group) - len(failed)
                return group, failed

    def _failed(self, failure: Exception, failures: int) -> None:
        """Waits after a failure that may pass; raises for one that will not, or the last of too many. Throttling may last."""
        code = failure.response["Error"]["Code"] if isinstance(failure, ClientError) else ""
        if code in _REFUSED:
            raise _Refused from failure
        if code in _UNAUTHORIZED:
            raise Unauthorized(f"Customer Profiles, domain {self.domain}: {cause(failure)}") from failure
        if code == _MISSING or (code not in _THROTTLED and failures >= TRIES):
            raise SinkUnavailable(f"Customer Profiles, domain {self.domain}: {cause(failure)}, {failures} tries") from failure
        self._wait(waits.backoff(failures, self.jitter))

    def _wait(self, seconds: float) -> None:
        if self.remaining() - seconds < LEAST_SECONDS:
            raise OutOfTime(f"Customer Profiles: {seconds:.1f} s to wait, {self.remaining():.1f} s left; run the part again")
        if seconds > 0:
            self.sleep(seconds)


def _failed(group: Sequence[Object], answer: Mapping[str, Any]) -> dict[str, int]:
    """What the answer does not call successful; of what it does not name at all, nothing is known: 500."""
    taken = {each["Id"] for each in answer.get("Successful", ())}
    named = {each["Id"]: int(each["Code"]) for each in answer.get("Failed", ())}
    return {each.id: named.get(each.id, 500) for each in group if each.id in named or each.id not in taken}


def _passing(code: int) -> bool:
    return code in (408, 429) or code >= 500
