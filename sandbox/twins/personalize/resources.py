"""What the control operations have in common: resources under ARNs, created in the background, listed and taken away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session

from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError

Document = dict[str, Any]
PENDING, IN_PROGRESS, ACTIVE, FAILED = "CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE", "CREATE FAILED"
_UNDER_WAY = (PENDING, IN_PROGRESS)


class WorkFailedError(Exception):
    """Creating a resource failed; the text is its `failureReason`."""


class Resources:
    """Documents of one twin by kind and ARN. Work goes on in threads; what a restart interrupted starts again."""

    def __init__(self, context: TwinContext) -> None:
        self._context = context
        self._store = context.store
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="personalize")

    def arn(self, resource: str) -> str:
        """The ARN of a resource of Personalize."""
        return self._context.arn("personalize", resource)

    def now(self) -> datetime:
        """The twin's clock."""
        return self._context.now()

    def get(self, kind: str, arn: str) -> Document:
        """The document; `ResourceNotFoundException` when there is none."""
        found = self._store.get(kind, arn)
        if found is None:
            raise ServiceError("ResourceNotFoundException", f"Could not find {kind} with given ARN: {arn}")
        return found

    def active(self, kind: str, arn: str) -> Document:
        """The document of something that is ready to be used; `ResourceInUseException` while it is not."""
        found = self.get(kind, arn)
        if found["status"] != ACTIVE:
            raise ServiceError("ResourceInUseException", f"{kind} {arn} is {found['status']}; it must be ACTIVE")
        return found

    def all(self, kind: str, **equal: str | None) -> list[Document]:
        """Documents of a kind whose members equal those given; None says that any will do."""
        wanted = {name: value for name, value in equal.items() if value is not None}
        return [each for each in self._store.all(kind) if all(each.get(name) == value for name, value in wanted.items())]

    def create(self, kind: str, arn: str, document: Document, work: Callable[[Document], object] | None = None) -> Document:
        """Keeps a new resource and, if there is work to do before it is ACTIVE, starts it."""
        if self._store.get(kind, arn) is not None:
            raise ServiceError("ResourceAlreadyExistsException", f"Another resource with ARN {arn} already exists.")
        now = self._context.now()
        created = {
            **document,
            f"{kind}Arn": arn,
            "creationDateTime": now,
            "lastUpdatedDateTime": now,
            "status": PENDING if work else ACTIVE,
        }
        self._store.put(kind, arn, created)
        if work:
            self.start(kind, arn, work)
        return created

    def start(self, kind: str, arn: str, work: Callable[[Document], object]) -> None:
        """Does the work in a thread: CREATE IN_PROGRESS, then ACTIVE or CREATE FAILED with its reason."""
        self._pool.submit(self._work, kind, arn, work)

    def background(self, work: Callable[..., object], *given: object) -> None:
        """Does something in a thread that changes no resource's status."""
        self._pool.submit(work, *given)

    def interrupted(self, kind: str) -> list[Document]:
        """Documents whose creation had not ended when the twin did."""
        return [each for each in self._store.all(kind) if each["status"] in _UNDER_WAY]

    def change(self, kind: str, arn: str, **changes: Any) -> Document:
        """Changes members of a document that exists."""
        updated = {**changes, "lastUpdatedDateTime": self._context.now()}
        return self._store.update(kind, arn, lambda document: {**document, **updated})

    def delete(self, kind: str, arn: str, *, unless: dict[str, list[Document]] | None = None) -> None:
        """Takes a resource away; `ResourceInUseException` while others stand on it or it is being created."""
        if self.get(kind, arn)["status"] in _UNDER_WAY:
            raise ServiceError("ResourceInUseException", f"{arn} is being created")
        if users := [name for name, found in (unless or {}).items() if found]:
            raise ServiceError("ResourceInUseException", f"{arn} still has {', '.join(users)}")
        self._store.delete(kind, arn)

    def close(self) -> None:
        """Waits for what is being done; what had not begun begins with the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, kind: str, arn: str, work: Callable[[Document], object]) -> None:
        document = self.change(kind, arn, status=IN_PROGRESS)
        try:
            work(document)
        except WorkFailedError as failed:
            self.change(kind, arn, status=FAILED, failureReason=str(failed))
        except Exception as error:
            self.change(kind, arn, status=FAILED, failureReason=f"internal: {type(error).__name__}: {error}")
            raise
        else:
            self.change(kind, arn, status=ACTIVE)


def shown(document: Document, shape: str) -> Document:
    """The members of the document that the service's shape has."""
    return {name: document[name] for name in _members(shape) if name in document}


def page(key: str, documents: list[Document], shape: str, request: Document) -> Document:
    """One page of a list, at most `maxResults` (100) long; `nextToken` counts what came before."""
    start, size = int(request.get("nextToken") or 0), request.get("maxResults") or 100
    rest = start + size
    token = str(rest) if rest < len(documents) else None
    return {key: [shown(each, shape) for each in documents[start:rest]], "nextToken": token}


@cache
def _members(shape: str) -> tuple[str, ...]:
    model: Any = botocore.session.get_session().get_service_model("personalize")
    return tuple(model.shape_for(shape).members)
