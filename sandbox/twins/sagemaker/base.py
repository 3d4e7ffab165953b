"""What every group of the twin's operations shares."""

from collections.abc import Sequence
from typing import Any

from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.store import Document

_PAGE = 100


class Operations:
    """Documents of one kind by key, in the shape in which the service describes them."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context
        self.store = context.store

    def arn(self, resource: str) -> str:
        """An ARN of this service."""
        return self.context.arn("sagemaker", resource)

    def found(self, kind: str, key: str, what: str, code: str = "ValidationException") -> Document:
        """The document, or a ServiceError that says what is not there."""
        document = self.store.get(kind, key)
        if document is None:
            raise ServiceError(code, f"{what} does not exist.")
        return document


def page(member: str, items: Sequence[Document], request: dict[str, Any]) -> dict[str, Any]:
    """One page of a listing; the token is the position of the next page."""
    start, size = int(request.get("NextToken", 0)), int(request.get("MaxResults", _PAGE))
    following = str(start + size) if start + size < len(items) else None
    return {member: list(items[start : start + size]), "NextToken": following}


def ordered(items: Sequence[Document], request: dict[str, Any], by: str, default: str = "Descending") -> list[Document]:
    """Items by a member, in the order that the request asks for; equal ones newest first when descending."""
    ascending = sorted(items, key=lambda item: item[by])
    return ascending if request.get("SortOrder", default) == "Ascending" else ascending[::-1]


def only(document: Document, names: Sequence[str]) -> Document:
    """The named members that the document has."""
    return {name: document[name] for name in names if name in document}
