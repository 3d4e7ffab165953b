"""What every group of the twin's operations shares."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.customer_profiles.book import Book
from sandbox.twins.errors import ServiceError
from sandbox.twins.store import Document

Body = dict[str, Any]
LOCATION = ("DomainName",)


class Operations:
    """Documents by kind and key below a domain, and the profiles of each domain."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context
        self.store = context.store
        self.lock = threading.RLock()
        self._books: dict[str, Book] = {}

    def domain(self, request: Body) -> str:
        """The name of the domain that the request is about, which must exist."""
        name = str(request["DomainName"])
        if self.store.get("domain", name) is None:
            raise ServiceError("ResourceNotFoundException", f"no domain {name}")
        return name

    def book(self, domain: str) -> Book:
        """The profiles of a domain, read from the store once."""
        with self.lock:
            if domain not in self._books:
                self._books[domain] = Book(self.store, domain)
            return self._books[domain]

    def forget_book(self, domain: str) -> None:
        """Deletes every profile of a domain."""
        with self.lock:
            self.book(domain).clear()
            del self._books[domain]

    def found(self, kind: str, domain: str, key: str) -> Document:
        """The document, or a ServiceError that says what is not there."""
        document = self.store.get(f"{kind}/{domain}", key)
        if document is None:
            raise ServiceError("ResourceNotFoundException", f"no {kind} {key} in domain {domain}")
        return document

    def put_stamped(self, kind: str, key: str, document: Body) -> Document:
        """Keeps a document with the times of its creation and of this change."""
        now = self.context.now()
        before = self.store.get(kind, key) or {}
        kept = {**document, "CreatedAt": before.get("CreatedAt", now), "LastUpdatedAt": now}
        self.store.put(kind, key, kept)
        return kept

    def within(self, kind: str, key: str, most: int) -> None:
        """Refuses one more document than the quota of the kind."""
        if self.store.get(kind, key) is None and len(self.store.all(kind)) >= most:
            raise ServiceError("BadRequestException", f"quota exceeded: {most} of {kind.partition('/')[0]}")

    def arn(self, resource: str) -> str:
        """An ARN of this service."""
        return self.context.arn("profile", resource)


def page(items: Sequence[Any], request: Body, size: int = 100) -> Body:
    """One page of a listing under `Items`; the token is the position of the next page."""
    start, size = int(request.get("NextToken", 0)), int(request.get("MaxResults", size))
    following = str(start + size) if start + size < len(items) else None
    return {"Items": list(items[start : start + size]), "NextToken": following}


def only(document: Document, names: Iterable[str]) -> Document:
    """The named members that the document has."""
    return {name: document[name] for name in names if name in document}


def without(document: Document, names: Iterable[str]) -> Document:
    """The document less the named members."""
    return {name: value for name, value in document.items() if name not in set(names)}
