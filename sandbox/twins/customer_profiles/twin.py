"""Customer Profiles: what IAM decides on, and what the twin tells about itself."""

from typing import Any

from sandbox.twins.customer_profiles.base import Body, without
from sandbox.twins.customer_profiles.book import keys_of
from sandbox.twins.customer_profiles.conditions import UndecidableError
from sandbox.twins.customer_profiles.domains import DomainOperations
from sandbox.twins.customer_profiles.jobs import JobOperations

_BELOW = {
    "ObjectTypeName": "object-types",
    "SegmentDefinitionName": "segment-definitions",
    "CalculatedAttributeName": "calculated-attributes",
    "Uri": "integrations",
}
_SHOWN = ("profiles", "objects", "segments", "members", "jobs", "snapshots")


class CustomerProfilesTwin(DomainOperations, JobOperations):
    """Everything that the adapters and the templates ask of the service."""

    PRINCIPAL = "profile"
    UNRECORDED = ("DeleteProfile", "DeleteProfileKey", "DeleteProfileObject")

    def resource(self, operation: str, request: Body) -> tuple[str, ...]:
        """ARNs that IAM decides on: the domain, and below it what the request names."""
        if "DomainName" not in request:
            return ("*",)
        domain = self.arn(f"domains/{request['DomainName']}")
        return (domain, *(f"{domain}/{kind}/{request[member]}" for member, kind in _BELOW.items() if member in request))

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """What the module says."""
        if what not in _SHOWN:
            raise ValueError(f"unknown {what!r}; expected {', '.join(_SHOWN)}")
        domain = query.get("domain") or next((each["DomainName"] for each in self.store.all("domain")), "")
        return getattr(self, f"_show_{what}")(domain, query)

    def _show_profiles(self, domain: str, query: dict[str, str]) -> list[Body]:
        with self.lock:
            book = self.book(domain)
            found = book.find(query["key"], query["value"]) if "key" in query else list(book)
            return [{**entry["profile"], "Keys": keys_of(entry), "Objects": len(entry["objects"])} for entry in found]

    def _show_objects(self, domain: str, query: dict[str, str]) -> list[Body]:
        with self.lock:
            book = self.book(domain)
            held = [{"unique": key, "profile": e["profile"]["ProfileId"], **value} for e in book for key, value in e["objects"].items()]
            return [*held, *({**each, "profile": None} for each in book.orphans())]

    def _show_segments(self, domain: str, query: dict[str, str]) -> list[Body]:
        return [{**without(each, ("Key",)), "members": self._count(domain, each["Key"])} for each in self.store.all(f"segment/{domain}")]

    def _show_members(self, domain: str, query: dict[str, str]) -> list[str]:
        return sorted(entry["profile"]["ProfileId"] for entry in self.members(domain, query.get("segment", "")))

    def _show_jobs(self, domain: str, query: dict[str, str]) -> list[Body]:
        return [without(each, ("Key", "Grant")) for each in self.store.all(f"upload/{domain}")]

    def _show_snapshots(self, domain: str, query: dict[str, str]) -> list[Body]:
        return [without(each, ("Key",)) for each in self.store.all(f"snapshot/{domain}")]

    def _count(self, domain: str, name: str) -> int | str:
        try:
            return len(self.members(domain, name))
        except UndecidableError as error:
            return str(error)
