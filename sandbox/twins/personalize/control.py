"""Personalize's control operations: dataset groups, schemas, datasets, imports, event trackers and recommenders."""

import uuid
from typing import Any

from sandbox.twins.errors import ServiceError
from sandbox.twins.personalize import schemas
from sandbox.twins.personalize.deletions import Deletions
from sandbox.twins.personalize.recipes import RECIPES, recipe_of
from sandbox.twins.personalize.resources import ACTIVE, Document, Resources, page, shown
from sandbox.twins.personalize.schemas import invalid
from sandbox.twins.personalize.training import Training

LIMITS = {"datasetGroup": 5, "recommender": 5, "datasetImportJob": 5, "dataDeletionJob": 5, "schema": 500}
_WITHIN = ("dataset", "eventTracker", "recommender", "solution", "campaign", "filter")
Body = dict[str, Any]


class Control:
    """The operations of the service `personalize`; work goes on in the background."""

    def __init__(self, resources: Resources, training: Training, deletions: Deletions, account: str) -> None:
        self._resources = resources
        self._deletions = deletions
        self._training = training
        self._account = account

    # Dataset groups, schemas and datasets

    def create_dataset_group(self, request: Body) -> Body:
        """CreateDatasetGroup."""
        self._room("datasetGroup", self._resources.all("datasetGroup"))
        arn = self._resources.arn(f"dataset-group/{request['name']}")
        self._resources.create("datasetGroup", arn, request)
        return {"datasetGroupArn": arn, "domain": request.get("domain")}

    def describe_dataset_group(self, request: Body) -> Body:
        """DescribeDatasetGroup."""
        return {"datasetGroup": shown(self._resources.get("datasetGroup", request["datasetGroupArn"]), "DatasetGroup")}

    def list_dataset_groups(self, request: Body) -> Body:
        """ListDatasetGroups."""
        return page("datasetGroups", self._resources.all("datasetGroup"), "DatasetGroupSummary", request)

    def delete_dataset_group(self, request: Body) -> Body:
        """DeleteDatasetGroup: empty ones only."""
        arn = request["datasetGroupArn"]
        used = {f"{kind}s": self._resources.all(kind, datasetGroupArn=arn) for kind in _WITHIN}
        self._resources.delete("datasetGroup", arn, unless=used)
        return {}

    def create_schema(self, request: Body) -> Body:
        """CreateSchema: an Avro record as Personalize takes it."""
        self._room("schema", self._resources.all("schema"))
        schemas.parsed(request["schema"])
        arn = self._resources.arn(f"schema/{request['name']}")
        self._resources.create("schema", arn, request)
        return {"schemaArn": arn}

    def describe_schema(self, request: Body) -> Body:
        """DescribeSchema."""
        return {"schema": shown(self._resources.get("schema", request["schemaArn"]), "DatasetSchema")}

    def list_schemas(self, request: Body) -> Body:
        """ListSchemas."""
        return page("schemas", self._resources.all("schema"), "DatasetSchemaSummary", request)

    def delete_schema(self, request: Body) -> Body:
        """DeleteSchema: one that no dataset uses."""
        arn = request["schemaArn"]
        self._resources.delete("schema", arn, unless={"datasets": self._resources.all("dataset", schemaArn=arn)})
        return {}

    def create_dataset(self, request: Body) -> Body:
        """CreateDataset: one of each type in a group, its schema with the fields that type and domain require."""
        group = self._resources.active("datasetGroup", request["datasetGroupArn"])
        schema = self._resources.get("schema", request["schemaArn"])
        kind = request["datasetType"].upper()
        if schema.get("domain") != group.get("domain"):
            raise invalid(f"the schema's domain {schema.get('domain')} is not the dataset group's {group.get('domain')}")
        schemas.check_dataset(schemas.parsed(schema["schema"]), kind, group.get("domain"))
        arn = self._resources.arn(f"dataset/{group['name']}/{kind}")
        self._resources.create("dataset", arn, {**request, "datasetType": kind})
        return {"datasetArn": arn}

    def describe_dataset(self, request: Body) -> Body:
        """DescribeDataset."""
        return {"dataset": shown(self._resources.get("dataset", request["datasetArn"]), "Dataset")}

    def list_datasets(self, request: Body) -> Body:
        """ListDatasets."""
        return page("datasets", self._resources.all("dataset", datasetGroupArn=request.get("datasetGroupArn")), "DatasetSummary", request)

    def delete_dataset(self, request: Body) -> Body:
        """DeleteDataset, and what was imported into it."""
        dataset = self._resources.get("dataset", request["datasetArn"])
        recommenders = self._resources.all("recommender", datasetGroupArn=dataset["datasetGroupArn"])
        self._resources.delete("dataset", dataset["datasetArn"], unless={"recommenders": recommenders})
        self._training.forget(dataset)
        return {}

    def create_dataset_import_job(self, request: Body) -> Body:
        """CreateDatasetImportJob."""
        dataset = self._resources.active("dataset", request["datasetArn"])
        self._room("datasetImportJob", self._resources.interrupted("datasetImportJob"))
        if not request.get("roleArn") or not request["dataSource"].get("dataLocation"):
            raise invalid("an import job needs a roleArn and a dataLocation")
        mode = request.get("importMode") or "FULL"
        if mode == "INCREMENTAL" and self._training.table(dataset) is None:
            raise invalid("an INCREMENTAL import needs an earlier FULL one")
        arn = self._resources.arn(f"dataset-import-job/{request['jobName']}")
        self._resources.create("datasetImportJob", arn, {**request, "importMode": mode}, self._training.import_job)
        return {"datasetImportJobArn": arn}

    def describe_dataset_import_job(self, request: Body) -> Body:
        """DescribeDatasetImportJob."""
        job = self._resources.get("datasetImportJob", request["datasetImportJobArn"])
        return {"datasetImportJob": shown(job, "DatasetImportJob")}

    def list_dataset_import_jobs(self, request: Body) -> Body:
        """ListDatasetImportJobs."""
        jobs = self._resources.all("datasetImportJob", datasetArn=request.get("datasetArn"))
        return page("datasetImportJobs", jobs, "DatasetImportJobSummary", request)

    def create_data_deletion_job(self, request: Body) -> Body:
        """CreateDataDeletionJob: forgets the users of a CSV with one column, USER_ID."""
        self._resources.active("datasetGroup", request["datasetGroupArn"])
        self._room("dataDeletionJob", self._deletions.under_way())
        arn = self._resources.arn(f"data-deletion-job/{request['jobName']}")
        self._deletions.start(arn, request)
        return {"dataDeletionJobArn": arn}

    def describe_data_deletion_job(self, request: Body) -> Body:
        """DescribeDataDeletionJob."""
        return {"dataDeletionJob": shown(self._resources.get("dataDeletionJob", request["dataDeletionJobArn"]), "DataDeletionJob")}

    def list_data_deletion_jobs(self, request: Body) -> Body:
        """ListDataDeletionJobs, the newest first."""
        jobs = self._resources.all("dataDeletionJob", datasetGroupArn=request.get("datasetGroupArn"))
        return page("dataDeletionJobs", jobs[::-1], "DataDeletionJobSummary", request)

    def create_event_tracker(self, request: Body) -> Body:
        """CreateEventTracker: one a group."""
        group = self._resources.active("datasetGroup", request["datasetGroupArn"])["datasetGroupArn"]
        if self._resources.all("eventTracker", datasetGroupArn=group):
            raise ServiceError("LimitExceededException", "a dataset group has one event tracker, and this one has it")
        tracking_id = str(uuid.uuid4())
        arn = self._resources.arn(f"event-tracker/{tracking_id[:8]}")
        self._resources.create("eventTracker", arn, {**request, "trackingId": tracking_id, "accountId": self._account})
        return {"eventTrackerArn": arn, "trackingId": tracking_id}

    def describe_event_tracker(self, request: Body) -> Body:
        """DescribeEventTracker."""
        return {"eventTracker": shown(self._resources.get("eventTracker", request["eventTrackerArn"]), "EventTracker")}

    def list_event_trackers(self, request: Body) -> Body:
        """ListEventTrackers."""
        trackers = self._resources.all("eventTracker", datasetGroupArn=request.get("datasetGroupArn"))
        return page("eventTrackers", trackers, "EventTrackerSummary", request)

    def delete_event_tracker(self, request: Body) -> Body:
        """DeleteEventTracker."""
        self._resources.delete("eventTracker", request["eventTrackerArn"])
        return {}

    def list_recipes(self, request: Body) -> Body:
        """ListRecipes: those that the twin can train."""
        recipes = [{"name": name, "recipeArn": recipe.arn, "status": ACTIVE, "domain": "ECOMMERCE"} for name, recipe in RECIPES.items()]
        return page("recipes", [each for each in recipes if request.get("domain") in (None, "ECOMMERCE")], "RecipeSummary", request)

    def create_recommender(self, request: Body) -> Body:
        """CreateRecommender; training starts at once."""
        group = self._resources.active("datasetGroup", request["datasetGroupArn"])
        if group.get("domain") != "ECOMMERCE":
            raise invalid("recommenders need a dataset group of a domain")
        recipe_of(request["recipeArn"])
        if self._training.interactions_dataset(group["datasetGroupArn"]) is None:
            raise invalid("the dataset group has no Interactions dataset")
        self._room("recommender", self._resources.all("recommender", datasetGroupArn=group["datasetGroupArn"]))
        arn = self._resources.arn(f"recommender/{request['name']}")
        self._resources.create("recommender", arn, request, self._training.train)
        return {"recommenderArn": arn}

    def describe_recommender(self, request: Body) -> Body:
        """DescribeRecommender."""
        return {"recommender": shown(self._resources.get("recommender", request["recommenderArn"]), "Recommender")}

    def list_recommenders(self, request: Body) -> Body:
        """ListRecommenders."""
        recommenders = self._resources.all("recommender", datasetGroupArn=request.get("datasetGroupArn"))
        return page("recommenders", recommenders, "RecommenderSummary", request)

    def update_recommender(self, request: Body) -> Body:
        """UpdateRecommender: another configuration, and training anew."""
        recommender = self._resources.active("recommender", request["recommenderArn"])
        self._resources.change("recommender", recommender["recommenderArn"], recommenderConfig=request["recommenderConfig"])
        self._resources.background(self._training.refit, recommender["datasetGroupArn"])
        return {"recommenderArn": recommender["recommenderArn"]}

    def stop_recommender(self, request: Body) -> Body:
        """StopRecommender."""
        arn = self._resources.active("recommender", request["recommenderArn"])["recommenderArn"]
        self._resources.change("recommender", arn, status="INACTIVE")
        return {"recommenderArn": arn}

    def start_recommender(self, request: Body) -> Body:
        """StartRecommender: a stopped one."""
        recommender = self._resources.get("recommender", request["recommenderArn"])
        if recommender["status"] != "INACTIVE":
            raise ServiceError("ResourceInUseException", f"the recommender is {recommender['status']}; only an INACTIVE one starts")
        self._resources.start("recommender", recommender["recommenderArn"], self._training.train)
        return {"recommenderArn": recommender["recommenderArn"]}

    def delete_recommender(self, request: Body) -> Body:
        """DeleteRecommender."""
        self._resources.delete("recommender", request["recommenderArn"])
        return {}

    def _room(self, kind: str, held: list[Document]) -> None:
        if len(held) >= LIMITS[kind]:
            raise ServiceError("LimitExceededException", f"{len(held)} of {LIMITS[kind]} {kind}s are there")
