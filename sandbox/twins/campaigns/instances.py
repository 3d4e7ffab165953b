"""Connect instances as far as campaigns need them: their integrations and their onboarding."""

from typing import Any

from sandbox.twins.campaigns.rules import domain_in
from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError

Body = dict[str, Any]
_NAMES = {"customerProfiles": "domainArn", "qConnect": "knowledgeBaseArn", "lambda": "functionArn"}


class InstanceOperations:
    """Set-up of an instance. Which instances exist only Connect knows; any id is taken."""

    def __init__(self, context: TwinContext) -> None:
        self.context = context
        self.store = context.store

    def put_connect_instance_integration(self, request: Body) -> Body:
        """PutConnectInstanceIntegration; a domain must be one of the Customer Profiles twin."""
        config = request["integrationConfig"]
        kind = next(iter(config))
        if kind == "customerProfiles":
            self.profiles.domain({"DomainName": domain_in(config[kind]["domainArn"])})
        self.store.put(f"integration/{request['connectInstanceId']}", f"{kind} {config[kind][_NAMES[kind]]}", config)
        return {}

    def list_connect_instance_integrations(self, request: Body) -> Body:
        """ListConnectInstanceIntegrations, all on one page."""
        return {"integrationSummaryList": self.store.all(f"integration/{request['connectInstanceId']}")}

    def delete_connect_instance_integration(self, request: Body) -> Body:
        """DeleteConnectInstanceIntegration."""
        ((kind, named),) = request["integrationIdentifier"].items()
        if not self.store.delete(f"integration/{request['connectInstanceId']}", f"{kind} {named[_NAMES[kind]]}"):
            raise ServiceError("ResourceNotFoundException", f"no {kind} integration {named[_NAMES[kind]]}")
        return {}

    def start_instance_onboarding_job(self, request: Body) -> Body:
        """StartInstanceOnboardingJob: done when next asked."""
        self.store.put("onboarding", request["connectInstanceId"], request)
        return {"connectInstanceOnboardingJobStatus": {"connectInstanceId": request["connectInstanceId"], "status": "IN_PROGRESS"}}

    def get_instance_onboarding_job_status(self, request: Body) -> Body:
        """GetInstanceOnboardingJobStatus."""
        key = self._onboarded(request)["connectInstanceId"]
        return {"connectInstanceOnboardingJobStatus": {"connectInstanceId": key, "status": "SUCCEEDED"}}

    def delete_instance_onboarding_job(self, request: Body) -> Body:
        """DeleteInstanceOnboardingJob."""
        self.store.delete("onboarding", self._onboarded(request)["connectInstanceId"])
        return {}

    def get_connect_instance_config(self, request: Body) -> Body:
        """GetConnectInstanceConfig."""
        held = self._onboarded(request)
        role = f"arn:aws:iam::{self.context.account}:role/aws-service-role/connect-campaigns.amazonaws.com/sandbox"
        config = {"encryptionConfig": held["encryptionConfig"], "serviceLinkedRoleArn": role}
        return {"connectInstanceConfig": {**config, "connectInstanceId": held["connectInstanceId"]}}

    def delete_connect_instance_config(self, request: Body) -> Body:
        """DeleteConnectInstanceConfig: refused while the instance has campaigns, unless they go too."""
        key = self._onboarded(request)["connectInstanceId"]
        campaigns = [each["id"] for each in self.store.all("campaign") if each["connectInstanceId"] == key]
        if campaigns and request.get("campaignDeletionPolicy") != "DELETE_ALL":
            raise ServiceError("InvalidStateException", f"the instance has {len(campaigns)} campaigns; delete them or say DELETE_ALL")
        for each in campaigns:
            self.store.delete("campaign", each)
        self.store.delete("onboarding", key)
        return {}

    @property
    def profiles(self) -> Any:
        """The Customer Profiles twin."""
        return self.context.twin("customer-profiles")

    def require_set_up(self, instance: str) -> None:
        """Refuses what needs an instance that is onboarded and knows its profiles."""
        kinds = {kind for each in self.store.all(f"integration/{instance}") for kind in each}
        if self.store.get("onboarding", instance) is None or "customerProfiles" not in kinds:
            raise ServiceError(
                "ValidationException",
                f"instance {instance} is not set up; first StartInstanceOnboardingJob and PutConnectInstanceIntegration (customerProfiles)",
            )

    def _onboarded(self, request: Body) -> Body:
        held = self.store.get("onboarding", request["connectInstanceId"])
        if held is None:
            raise ServiceError("ResourceNotFoundException", f"instance {request['connectInstanceId']} is not onboarded")
        return held
