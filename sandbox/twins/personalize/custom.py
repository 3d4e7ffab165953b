"""Custom solutions: their versions with metrics, campaigns, filters, and batch inference; beside the recommenders of the domain."""

import uuid
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.personalize.control import Body, Control
from sandbox.twins.personalize.filters import Filtering
from sandbox.twins.personalize.recipes import custom_recipe_of
from sandbox.twins.personalize.resources import ACTIVE, FAILED, IN_PROGRESS, PENDING, Document, page, shown
from sandbox.twins.personalize.schemas import invalid

MOST = {"solution": 10, "campaign": 5, "filter": 30}
"""Of a dataset group."""
PENDING_VERSIONS = 20


class Custom(Control):
    """The operations on solutions, solution versions, campaigns and filters. Subclasses set `_filtering`."""

    _filtering: Filtering

    def create_solution(self, request: Body) -> Body:
        """CreateSolution: automatic training is on unless the request says otherwise, as with AWS; the twin says so, and trains nothing."""
        group = self._resources.active("datasetGroup", request["datasetGroupArn"])["datasetGroupArn"]
        if not request.get("recipeArn"):
            raise invalid("a solution needs a recipeArn; the twin chooses none by itself")
        custom_recipe_of(request["recipeArn"])
        if self._training.interactions_dataset(group) is None:
            raise invalid("the dataset group has no Interactions dataset")
        self._space("solution", group)
        arn = self._resources.arn(f"solution/{request['name']}")
        automatic = request.get("performAutoTraining")
        self._resources.create("solution", arn, {**request, "performAutoTraining": automatic is not False}, _nothing)
        return {"solutionArn": arn}

    def describe_solution(self, request: Body) -> Body:
        """DescribeSolution, with its latest version."""
        solution = self._resources.get("solution", request["solutionArn"])
        versions = self._resources.all("solutionVersion", solutionArn=request["solutionArn"])
        latest = {"latestSolutionVersion": shown(versions[-1], "SolutionVersionSummary")} if versions else {}
        return {"solution": {**shown(solution, "Solution"), **latest}}

    def list_solutions(self, request: Body) -> Body:
        """ListSolutions."""
        return page(
            "solutions", self._resources.all("solution", datasetGroupArn=request.get("datasetGroupArn")), "SolutionSummary", request
        )

    def update_solution(self, request: Body) -> Body:
        """UpdateSolution: automatic training on or off."""
        arn = self._resources.active("solution", request["solutionArn"])["solutionArn"]
        if request.get("performAutoTraining") is not None:
            self._resources.change("solution", arn, performAutoTraining=request["performAutoTraining"])
        return {"solutionArn": arn}

    def delete_solution(self, request: Body) -> Body:
        """DeleteSolution with all its versions; none that a campaign serves or that is being trained."""
        arn = request["solutionArn"]
        versions = self._resources.all("solutionVersion", solutionArn=arn)
        training = [each for each in versions if each["status"] in (PENDING, IN_PROGRESS)]
        used = {"campaigns": self._resources.all("campaign", solutionArn=arn), "versions being trained": training}
        self._resources.delete("solution", arn, unless=used)
        for version in versions:
            self._resources.delete("solutionVersion", version["solutionVersionArn"])
        return {}

    def create_solution_version(self, request: Body) -> Body:
        """CreateSolutionVersion; training starts at once, on what is imported now."""
        solution = self._resources.active("solution", request["solutionArn"])
        mode = request.get("trainingMode") or "FULL"
        if mode != "FULL":
            raise invalid(f"trainingMode {mode} is for recipes that the twin has not; expected FULL")
        if len(self._resources.interrupted("solutionVersion")) >= PENDING_VERSIONS:
            raise ServiceError("LimitExceededException", f"{PENDING_VERSIONS} solution versions are being trained")
        arn = f"{solution['solutionArn']}/{uuid.uuid4().hex[:8]}"
        taken = {name: solution[name] for name in ("solutionArn", "datasetGroupArn", "recipeArn", "performAutoTraining")}
        named = {"name": request["name"]} if request.get("name") else {}
        document = {**taken, **named, "trainingMode": mode, "trainingType": "MANUAL"}
        self._resources.create("solutionVersion", arn, document, self._training.train_version)
        return {"solutionVersionArn": arn}

    def describe_solution_version(self, request: Body) -> Body:
        """DescribeSolutionVersion."""
        return {"solutionVersion": shown(self._resources.get("solutionVersion", request["solutionVersionArn"]), "SolutionVersion")}

    def list_solution_versions(self, request: Body) -> Body:
        """ListSolutionVersions."""
        versions = self._resources.all("solutionVersion", solutionArn=request.get("solutionArn"))
        return page("solutionVersions", versions, "SolutionVersionSummary", request)

    def get_solution_metrics(self, request: Body) -> Body:
        """GetSolutionMetrics of a trained version."""
        version = self._resources.active("solutionVersion", request["solutionVersionArn"])
        return {"solutionVersionArn": version["solutionVersionArn"], "metrics": version["metrics"]}

    def create_campaign(self, request: Body) -> Body:
        """CreateCampaign: serves a trained version, for at least one request a second."""
        version = self._resources.active("solutionVersion", request["solutionVersionArn"])
        self._space("campaign", version["datasetGroupArn"])
        arn = self._resources.arn(f"campaign/{request['name']}")
        taken = {name: version[name] for name in ("solutionArn", "datasetGroupArn")}
        document = {**request, **taken, "minProvisionedTPS": request.get("minProvisionedTPS") or 1}
        self._resources.create("campaign", arn, document, _nothing)
        return {"campaignArn": arn}

    def describe_campaign(self, request: Body) -> Body:
        """DescribeCampaign, with its latest change."""
        return {"campaign": shown(self._resources.get("campaign", request["campaignArn"]), "Campaign")}

    def list_campaigns(self, request: Body) -> Body:
        """ListCampaigns."""
        return page("campaigns", self._resources.all("campaign", solutionArn=request.get("solutionArn")), "CampaignSummary", request)

    def update_campaign(self, request: Body) -> Body:
        """UpdateCampaign: another version of its solution, or another throughput; what it serves goes on until then."""
        campaign = self._resources.active("campaign", request["campaignArn"])
        if campaign.get("latestCampaignUpdate", {}).get("status") in (PENDING, IN_PROGRESS):
            raise ServiceError("ResourceInUseException", "an update of the campaign is under way")
        wanted = {name: request.get(name) or campaign[name] for name in ("solutionVersionArn", "minProvisionedTPS")}
        if self._resources.active("solutionVersion", wanted["solutionVersionArn"])["solutionArn"] != campaign["solutionArn"]:
            raise invalid("the solution version is of another solution")
        now = self._resources.now()
        update = {**wanted, "status": PENDING, "creationDateTime": now, "lastUpdatedDateTime": now}
        self._resources.change("campaign", campaign["campaignArn"], latestCampaignUpdate=update)
        self._resources.background(self._updated, campaign["campaignArn"])
        return {"campaignArn": campaign["campaignArn"]}

    def delete_campaign(self, request: Body) -> Body:
        """DeleteCampaign."""
        self._resources.delete("campaign", request["campaignArn"])
        return {}

    def create_filter(self, request: Body) -> Body:
        """CreateFilter: an expression that the twin can evaluate; others are refused with what it cannot."""
        group = self._resources.active("datasetGroup", request["datasetGroupArn"])["datasetGroupArn"]
        self._space("filter", group)
        self._filtering.check(group, request["filterExpression"])
        arn = self._resources.arn(f"filter/{request['name']}")
        self._resources.create("filter", arn, request, _nothing)
        return {"filterArn": arn}

    def describe_filter(self, request: Body) -> Body:
        """DescribeFilter."""
        return {"filter": shown(self._resources.get("filter", request["filterArn"]), "Filter")}

    def list_filters(self, request: Body) -> Body:
        """ListFilters; the service spells its key with a capital."""
        return page("Filters", self._resources.all("filter", datasetGroupArn=request.get("datasetGroupArn")), "FilterSummary", request)

    def delete_filter(self, request: Body) -> Body:
        """DeleteFilter."""
        self._resources.delete("filter", request["filterArn"])
        return {}

    def resume_custom(self) -> None:
        """Starts again what a restart interrupted."""
        work: dict[str, Any] = {
            "solution": _nothing,
            "solutionVersion": self._training.train_version,
            "campaign": _nothing,
            "filter": _nothing,
        }
        for kind, does in work.items():
            for each in self._resources.interrupted(kind):
                self._resources.start(kind, each[f"{kind}Arn"], does)
        for each in self._resources.all("campaign"):
            if each.get("latestCampaignUpdate", {}).get("status") in (PENDING, IN_PROGRESS):
                self._resources.background(self._updated, each["campaignArn"])

    def _updated(self, arn: str) -> None:
        campaign = self._resources.get("campaign", arn)
        update = {**campaign["latestCampaignUpdate"], "lastUpdatedDateTime": self._resources.now()}
        ready = self._resources.get("solutionVersion", update["solutionVersionArn"])["status"] == ACTIVE
        taken = {name: update[name] for name in ("solutionVersionArn", "minProvisionedTPS")} if ready else {}
        self._resources.change("campaign", arn, **taken, latestCampaignUpdate={**update, "status": ACTIVE if ready else FAILED})

    def _space(self, kind: str, group: str) -> None:
        held = self._resources.all(kind, datasetGroupArn=group)
        if len(held) >= MOST[kind]:
            raise ServiceError("LimitExceededException", f"{len(held)} of {MOST[kind]} {kind}s are in the dataset group")


def _nothing(document: Document) -> None:
    """Nothing has to be done: it is made, and then it is there."""
