"""Faults that can be switched on in every AWS twin: planned answers by operation, and rates above which calls are refused.

`POST /inspect/<service>/configure {"answers": [...], "rates": {...}}` replaces either, `Twins.faults(name).configure` does it in process.
An answer is for the next calls of its operation (`*`: any), after validation and permission, the first that fits:

| member | means |
|---|---|
| `operation` | the operation's name as the service's model has it, or `*` |
| `status`, `code`, `message`, `headers` | the refusal; `code` is by default the modelled error of that status; without `status` none |
| `times`, `skip` | how many calls it is for (1), and how many it lets through before (0) |
| `accept` | the work is done, then the refusal or the reset takes the answer's place: a reply lost after the commit |
| `delay` | seconds before the answer; what is done is done before them |
| `reset` | the connection ends without an answer |
| `fail_items` | the first so many items of a batch fail with `code`, the others are done |

`rates` allows so many calls a second by operation, and lends one second's worth; above it the answer is the service's throttling error.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from botocore.model import OperationModel

from sandbox.twins.errors import ServiceError
from sandbox.twins.messages import Response
from sandbox.twins.store import Store
from sandbox.twins.wire import Call, Wire

ANY = "*"
_CODES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
Result = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One planned answer, as the module's table says."""

    operation: str
    status: int = 0
    code: str = ""
    message: str = "planned"
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    skip: int = 0
    accept: bool = False
    delay: float = 0
    reset: bool = False
    fail_items: int = 0


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch operation: the members that hold its items and its failures, and how one failure is told."""

    items: str
    failed: str
    told: Callable[[Mapping[str, Any], Fault], dict[str, Any]]


class Faults:
    """The plan of one twin, kept over restarts."""

    def __init__(self, store: Store, now: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep) -> None:
        self._store = store
        self._now = now
        self.sleep = sleep
        self._lock = threading.Lock()
        held = store.get("faults", "plan") or {}
        self._answers = [Fault(**each) for each in held.get("answers", [])]
        self._rates: dict[str, float] = held.get("rates", {})
        self._due: dict[str, datetime] = {}

    def configure(self, *, answers: list[dict[str, Any]] | None = None, rates: dict[str, float] | None = None) -> dict[str, Any]:
        """Replaces what is given and answers with the whole plan. ValueError for a member that no answer has."""
        with self._lock:
            if answers is not None:
                self._answers = [_fault(each) for each in answers]
            if rates is not None:
                self._rates = dict(rates)
                self._due.clear()
            return self._keep()

    def next(self, operation: str) -> Fault | None:
        """Takes the answer planned for this call; None when it goes its normal way."""
        with self._lock:
            for position, each in enumerate(self._answers):
                if each.operation not in (ANY, operation):
                    continue
                passes = each.skip > 0
                left = replace(each, skip=each.skip - 1) if passes else replace(each, times=each.times - 1)
                self._answers[position : position + 1] = [left] if left.times > 0 else []
                self._keep()
                return None if passes else each
        return None

    def throttled(self, operation: str) -> bool:
        """Whether the call comes above its operation's rate."""
        rate = self._rates.get(operation)
        if not rate:
            return False
        with self._lock:
            now = self._now()
            ahead = max(self._due.get(operation, now) - now, timedelta())
            if ahead >= timedelta(seconds=1):
                return True
            self._due[operation] = now + ahead + timedelta(seconds=1 / rate)
        return False

    def _keep(self) -> dict[str, Any]:
        plan = {"answers": [asdict(each) for each in self._answers], "rates": self._rates}
        self._store.put("faults", "plan", plan)
        return plan


def answered(
    faults: Faults, wire: Wire, call: Call, work: Callable[[Call], Result], batches: Mapping[str, Batch]
) -> tuple[Response, Fault | None]:
    """The answer to a call, and the fault in it when there is one. ServiceError when the service refuses."""
    operation = call.operation
    if faults.throttled(operation.name):
        raise ServiceError(code_of(operation, 429), "Rate exceeded", 429)
    fault = faults.next(operation.name)
    if fault is None:
        return wire.write(operation, work(call)), None
    return _faulty(faults, fault, wire, call, work, batches), fault


def code_of(operation: OperationModel, status: int) -> str:
    """The error of that status that the operation's model has, else the usual one."""
    named = [each.name for each in operation.error_shapes if each.metadata.get("error", {}).get("httpStatusCode") == status]
    return named[0] if named else _CODES.get(status, "InternalFailure")


def _faulty(faults: Faults, fault: Fault, wire: Wire, call: Call, work: Callable[[Call], Result], batches: Mapping[str, Batch]) -> Response:
    refused = bool(fault.status) and not fault.fail_items
    response = Response()
    if fault.accept or not (refused or fault.reset):
        result = _partly(fault, call, work, batches) if fault.fail_items else work(call)
        response = wire.write(call.operation, result)
    if fault.delay:
        faults.sleep(fault.delay)
    if fault.reset:
        return Response(reset=True)
    return _refusal(fault, wire, call.operation) if refused else response


def _refusal(fault: Fault, wire: Wire, operation: OperationModel) -> Response:
    error = wire.error(ServiceError(fault.code or code_of(operation, fault.status), fault.message, fault.status))
    return replace(error, headers={**error.headers, **fault.headers})


def _partly(fault: Fault, call: Call, work: Callable[[Call], Result], batches: Mapping[str, Batch]) -> Result:
    batch = batches.get(call.operation.name)
    if batch is None:
        raise ServiceError("InternalFailure", f"fail_items: {call.operation.name} is no batch; expected one of {', '.join(batches)}", 500)
    items = call.params[batch.items]
    failing, left = items[: fault.fail_items], items[fault.fail_items :]
    result = dict(work(replace(call, params={**call.params, batch.items: left}))) if left else {}
    result[batch.failed] = [*(batch.told(each, fault) for each in failing), *result.get(batch.failed, [])]
    return result


def _fault(entry: Mapping[str, Any]) -> Fault:
    known = [each.name for each in fields(Fault)]
    unknown = sorted(entry.keys() - set(known))
    if unknown or "operation" not in entry:
        raise ValueError(f"a planned answer has {', '.join(known)} and needs operation; got {', '.join(sorted(entry))}")
    fault = Fault(**entry)
    if not (fault.status or fault.delay or fault.reset or fault.fail_items):
        raise ValueError(f"a planned answer to {fault.operation} changes nothing; give it status, delay, reset or fail_items")
    return fault
