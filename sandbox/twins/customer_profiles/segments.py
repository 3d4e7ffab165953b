"""Segments: defined once, estimated, asked for membership."""

import uuid
from typing import Any

from sandbox.twins.customer_profiles.base import Body, only, page, without
from sandbox.twins.customer_profiles.book import Entry
from sandbox.twins.customer_profiles.conditions import UndecidableError, holds, unsupported
from sandbox.twins.customer_profiles.people import PeopleOperations
from sandbox.twins.errors import ServiceError

_LISTED = ("SegmentDefinitionName", "DisplayName", "Description", "SegmentDefinitionArn", "CreatedAt", "Tags", "SegmentType")
_ABSENT = 404


class SegmentOperations(PeopleOperations):
    """Segment definitions; there is no operation that changes one."""

    def create_segment_definition(self, request: Body) -> Body:
        """CreateSegmentDefinition by groups; SQL is refused, the sandbox does not run it."""
        domain, name = self.domain(request), request["SegmentDefinitionName"]
        if self.store.get(f"segment/{domain}", name) is not None:
            raise ServiceError("BadRequestException", f"segment definition {name} exists already; it cannot be changed, delete it first")
        self._check_query(domain, request, "SegmentGroups")
        arn = self.arn(f"domains/{domain}/segment-definitions/{name}")
        wanted = {**without(request, ("DomainName",)), "SegmentDefinitionArn": arn, "SegmentType": "CLASSIC", "Key": name}
        kept = self.put_stamped(f"segment/{domain}", name, wanted)
        return only(kept, (each for each in _LISTED if each != "SegmentType"))

    def get_segment_definition(self, request: Body) -> Body:
        """GetSegmentDefinition."""
        return without(self._segment(request), ("Key", "LastUpdatedAt"))

    def list_segment_definitions(self, request: Body) -> Body:
        """ListSegmentDefinitions."""
        return page([only(each, _LISTED) for each in self.store.all(f"segment/{self.domain(request)}")], request)

    def delete_segment_definition(self, request: Body) -> Body:
        """DeleteSegmentDefinition."""
        held = self._segment(request)
        self.store.delete(f"segment/{request['DomainName']}", held["Key"])
        return {"Message": f"OK - segment definition {held['Key']} is deleted"}

    def create_segment_estimate(self, request: Body) -> Body:
        """CreateSegmentEstimate: counted at once."""
        domain, key = self.domain(request), uuid.uuid4().hex
        self._check_query(domain, request, "SegmentQuery")
        estimate = {"DomainName": domain, "EstimateId": key, "Key": key}
        try:
            count = len(self._in(domain, request["SegmentQuery"]))
        except UndecidableError as error:
            estimate |= {"Status": "FAILED", "Message": str(error)[:255]}
        else:
            estimate |= {"Status": "SUCCEEDED", "Estimate": str(count)}
        self.store.put(f"estimate/{domain}", key, estimate)
        return {"DomainName": domain, "EstimateId": key, "StatusCode": 200}

    def get_segment_estimate(self, request: Body) -> Body:
        """GetSegmentEstimate."""
        held = self.found("estimate", self.domain(request), request["EstimateId"])
        return {**without(held, ("Key",)), "StatusCode": 200}

    def get_segment_membership(self, request: Body) -> Body:
        """GetSegmentMembership of profiles that exist; the others are failures."""
        domain, segment = self.domain(request), self._segment(request)
        entries = {key: self.book(domain).get(key) for key in request["ProfileIds"]}
        try:
            members = {key: self._holds(domain, segment["SegmentGroups"], entry) for key, entry in entries.items() if entry}
        except UndecidableError as error:
            raise ServiceError("BadRequestException", str(error)) from error
        return {
            "SegmentDefinitionName": segment["Key"],
            "LastComputedAt": self.context.now(),
            "Profiles": [{"ProfileId": key, "QueryResult": "PRESENT" if inside else "ABSENT"} for key, inside in members.items()],
            "Failures": [
                {"ProfileId": key, "Message": "no such profile", "Status": _ABSENT} for key, entry in entries.items() if entry is None
            ],
        }

    def members(self, domain: str, name: str) -> list[Entry]:
        """Every profile in a segment. UndecidableError where the service's answer is not documented."""
        return self._in(domain, self.found("segment", domain, name)["SegmentGroups"])

    def _in(self, domain: str, groups: Body) -> list[Entry]:
        with self.lock:
            entries = list(self.book(domain))
        return [entry for entry in entries if self._holds(domain, groups, entry)]

    def _holds(self, domain: str, groups: Body, entry: Entry) -> bool:
        return holds(groups, entry["profile"], lambda name: self.found("segment", domain, name)["SegmentGroups"])

    def _segment(self, request: Body) -> Any:
        return self.found("segment", self.domain(request), request["SegmentDefinitionName"])

    def _check_query(self, domain: str, request: Body, member: str) -> None:
        if "SegmentSqlQuery" in request:
            raise ServiceError("BadRequestException", f"the sandbox runs no segment SQL; give {member}")
        groups = request.get(member)
        if not groups or not groups.get("Groups"):
            raise ServiceError("BadRequestException", f"{member} needs at least one group")
        if reason := unsupported(groups):
            raise ServiceError("BadRequestException", reason)
        for source in (each for group in groups["Groups"] for each in group.get("SourceSegments", ())):
            self.found("segment", domain, source["SegmentDefinitionName"])
