"""Domains and what is defined in them: object types, integrations, calculated attributes."""

from sandbox.twins.customer_profiles.base import Body, Operations, only, page, without
from sandbox.twins.customer_profiles.mapping import check_type
from sandbox.twins.errors import ServiceError

MAX_DOMAINS, MAX_OBJECT_TYPES, MAX_INTEGRATIONS, MAX_CALCULATED = 100, 100, 50, 50
MAX_OBJECTS = 1000
_KINDS = ("object-type", "integration", "calculated-attribute", "segment", "estimate", "snapshot", "upload")
_CALCULATED = (
    "CalculatedAttributeName", "DisplayName", "Description", "CreatedAt", "LastUpdatedAt", "UseHistoricalData", "Status", "Tags",
)  # fmt: skip


class DomainOperations(Operations):
    """What marketing's data lies in."""

    def create_domain(self, request: Body) -> Body:
        """CreateDomain."""
        name = request["DomainName"]
        if self.store.get("domain", name) is not None:
            raise ServiceError("BadRequestException", f"domain {name} exists already")
        self.within("domain", name, MAX_DOMAINS)
        return _described(self.put_stamped("domain", name, request))

    def get_domain(self, request: Body) -> Body:
        """GetDomain, with how much is in it."""
        name = self.domain(request)
        objects = [held for entry in self.book(name) for held in entry["objects"].values()]
        stats = {
            "ProfileCount": len(self.book(name)),
            "MeteringProfileCount": len(self.book(name)),
            "ObjectCount": len(objects),
            "TotalSize": sum(len(held["object"].encode()) for held in objects),
        }
        return {**_described(self.store.get("domain", name) or {}), "Stats": stats}

    def update_domain(self, request: Body) -> Body:
        """UpdateDomain: what the request names."""
        held = self.store.get("domain", self.domain(request)) or {}
        return _described(self.put_stamped("domain", request["DomainName"], {**held, **request}))

    def delete_domain(self, request: Body) -> Body:
        """DeleteDomain, with everything in it."""
        name = self.domain(request)
        self.forget_book(name)
        for kind in _KINDS:
            for held in self.store.all(f"{kind}/{name}"):
                self.store.delete(f"{kind}/{name}", held["Key"])
        self.store.delete("domain", name)
        return {"Message": f"OK - domain {name} is deleted"}

    def list_domains(self, request: Body) -> Body:
        """ListDomains."""
        return page([only(each, ("DomainName", "CreatedAt", "LastUpdatedAt", "Tags")) for each in self.store.all("domain")], request)

    def put_profile_object_type(self, request: Body) -> Body:
        """PutProfileObjectType: makes one or replaces it; templates are not known here."""
        if request.get("TemplateId"):
            raise ServiceError("BadRequestException", "the sandbox knows no object type templates; give Fields and Keys")
        check_type(request)
        wanted = {"AllowProfileCreation": False, "MaxProfileObjectCount": MAX_OBJECTS, **request}
        return self._define("object-type", request["ObjectTypeName"], wanted, request, MAX_OBJECT_TYPES)

    def get_profile_object_type(self, request: Body) -> Body:
        """GetProfileObjectType."""
        return _defined(self.found("object-type", self.domain(request), request["ObjectTypeName"]))

    def delete_profile_object_type(self, request: Body) -> Body:
        """DeleteProfileObjectType, with its objects; profiles keep what they took from them."""
        domain, name = self.domain(request), request["ObjectTypeName"]
        self.found("object-type", domain, name)
        with self.lock:
            for entry in list(self.book(domain)):
                left = {unique: held for unique, held in entry["objects"].items() if held["type"] != name}
                if len(left) < len(entry["objects"]):
                    self.book(domain).put({**entry, "objects": left})
        return self._remove("object-type", domain, name)

    def list_profile_object_types(self, request: Body) -> Body:
        """ListProfileObjectTypes."""
        names = ("ObjectTypeName", "Description", "CreatedAt", "LastUpdatedAt", "MaxProfileObjectCount", "SourcePriority", "Tags")
        return page([only(each, names) for each in self.store.all(f"object-type/{self.domain(request)}")], request)

    def put_integration(self, request: Body) -> Body:
        """PutIntegration: written down only, nothing is pulled."""
        uri = request.get("Uri") or (request.get("FlowDefinition") or {}).get("FlowName")
        if not uri:
            raise ServiceError("BadRequestException", "an integration needs a Uri or a FlowDefinition")
        shown = {**without(request, ("FlowDefinition",)), "Uri": uri}
        self._define("integration", uri, shown, request, MAX_INTEGRATIONS)
        return self.get_integration({**request, "Uri": uri})

    def get_integration(self, request: Body) -> Body:
        """GetIntegration."""
        held = self.found("integration", self.domain(request), request["Uri"])
        return without(held, ("Key",))

    def list_integrations(self, request: Body) -> Body:
        """ListIntegrations."""
        return page([without(each, ("Key",)) for each in self.store.all(f"integration/{self.domain(request)}")], request)

    def delete_integration(self, request: Body) -> Body:
        """DeleteIntegration."""
        return self._remove("integration", self.domain(request), request["Uri"])

    def create_calculated_attribute_definition(self, request: Body) -> Body:
        """CreateCalculatedAttributeDefinition: written down only, no value is calculated."""
        domain, name = self.domain(request), request["CalculatedAttributeName"]
        if self.store.get(f"calculated-attribute/{domain}", name) is not None:
            raise ServiceError("BadRequestException", f"calculated attribute {name} exists already")
        return self._define("calculated-attribute", name, {**request, "Status": "COMPLETED"}, request, MAX_CALCULATED)

    def get_calculated_attribute_definition(self, request: Body) -> Body:
        """GetCalculatedAttributeDefinition."""
        return _defined(self.found("calculated-attribute", self.domain(request), request["CalculatedAttributeName"]))

    def update_calculated_attribute_definition(self, request: Body) -> Body:
        """UpdateCalculatedAttributeDefinition: names, description and conditions."""
        held = self.found("calculated-attribute", self.domain(request), request["CalculatedAttributeName"])
        answer = self._define("calculated-attribute", held["Key"], {**held, **request}, request, MAX_CALCULATED)
        return without(answer, ("Filter",))

    def list_calculated_attribute_definitions(self, request: Body) -> Body:
        """ListCalculatedAttributeDefinitions."""
        return page([only(each, _CALCULATED) for each in self.store.all(f"calculated-attribute/{self.domain(request)}")], request)

    def delete_calculated_attribute_definition(self, request: Body) -> Body:
        """DeleteCalculatedAttributeDefinition."""
        self._remove("calculated-attribute", self.domain(request), request["CalculatedAttributeName"])
        return {}

    def _define(self, kind: str, key: str, wanted: Body, request: Body, most: int) -> Body:
        place = f"{kind}/{self.domain(request)}"
        self.within(place, key, most)
        return _defined(self.put_stamped(place, key, {**wanted, "Key": key}))

    def _remove(self, kind: str, domain: str, key: str) -> Body:
        self.found(kind, domain, key)
        self.store.delete(f"{kind}/{domain}", key)
        return {"Message": f"OK - {kind} {key} is deleted"}


def _described(domain: Body) -> Body:
    """A domain as the service shows it; identity resolution is not done here, so its rules only come back."""
    rules = domain.get("RuleBasedMatching")
    return {**domain, "RuleBasedMatching": {**rules, "Status": "ACTIVE"} if rules else None}


def _defined(document: Body) -> Body:
    return without(document, ("DomainName", "Key"))
