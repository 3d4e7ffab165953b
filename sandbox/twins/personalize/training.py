"""What goes on in the background: imports are read, models are trained."""

import threading
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sandbox.twins.context import TwinContext
from sandbox.twins.personalize import data, schemas
from sandbox.twins.personalize.model import Interactions, Model, NotTrainableError, check
from sandbox.twins.personalize.quality import metrics
from sandbox.twins.personalize.recipes import custom_recipe_of, recipe_of
from sandbox.twins.personalize.resources import ACTIVE, Document, Resources, WorkFailedError


class Training:
    """Imported tables and the models trained on them, one a dataset group, shared by its recommenders and solutions."""

    def __init__(self, context: TwinContext, resources: Resources) -> None:
        self._context = context
        self._resources = resources
        self._lock = threading.Lock()
        self._models: dict[str, Model] = {}

    def resume(self) -> None:
        """Starts again what a restart interrupted, and trains what active recommenders need."""
        for job in self._resources.interrupted("datasetImportJob"):
            self._resources.start("datasetImportJob", job["datasetImportJobArn"], self.import_job)
        for recommender in self._resources.interrupted("recommender"):
            self._resources.start("recommender", recommender["recommenderArn"], self.train)
        for group in {each["datasetGroupArn"] for each in self._resources.all("recommender", status=ACTIVE)}:
            self._resources.background(self.model, group)

    def import_job(self, job: Document) -> None:
        """Reads the job's files as its role and keeps their rows; recommenders that are there learn them at once.

        Personalize retrains recommenders once a week; nobody waits a week for a laptop.
        """
        dataset = self._resources.get("dataset", job["datasetArn"])
        fields = schemas.parsed(self._resources.get("schema", dataset["schemaArn"])["schema"])
        try:
            s3 = self._context.cloud.client("s3", job["roleArn"], session="personalize-import")
            table = data.read(s3, job["dataSource"]["dataLocation"], fields, dataset["datasetType"])
        except data.ImportFailedError as failed:
            raise WorkFailedError(str(failed)) from failed
        except ClientError as refused:
            raise WorkFailedError(f"the role {job['roleArn']} cannot be assumed: {refused}") from refused
        held = self.table(dataset) if job["importMode"] == "INCREMENTAL" else None
        data.write(self._path(dataset), table if held is None else data.joined(held, table))
        group = dataset["datasetGroupArn"]
        if dataset["datasetType"] == "INTERACTIONS" and self._resources.all("recommender", datasetGroupArn=group, status=ACTIVE):
            self.refit(group)
        else:
            self._models.pop(group, None)

    def train(self, recommender: Document) -> None:
        """Checks the recipe's needs and trains the group's model, unless the newest import has one."""
        recipe, group = recipe_of(recommender["recipeArn"]), recommender["datasetGroupArn"]
        interactions = self._interactions(group)
        try:
            check(interactions, recipe.event_type, recipe.minimum)
        except NotTrainableError as failed:
            raise WorkFailedError(str(failed)) from failed
        with self._lock:
            if group not in self._models:
                self._models[group] = Model(interactions)

    def train_version(self, version: Document) -> None:
        """A solution version: checks the data, trains the group's model unless it has one, and measures it on hidden interactions."""
        interactions = self._interactions(version["datasetGroupArn"])
        try:
            check(interactions, None)
        except NotTrainableError as failed:
            raise WorkFailedError(str(failed)) from failed
        found = metrics(interactions, custom_recipe_of(version["recipeArn"]))
        self._resources.change("solutionVersion", version["solutionVersionArn"], metrics=found)
        self.model(version["datasetGroupArn"])

    def refit(self, group: str) -> None:
        """Trains the group's model anew; the old one answers until then."""
        model = Model(self._interactions(group))
        with self._lock:
            self._models[group] = model

    def model(self, group: str) -> Model:
        """The group's model; trained now if a restart forgot it."""
        with self._lock:
            if group not in self._models:
                self._models[group] = Model(self._interactions(group))
            return self._models[group]

    def interactions_dataset(self, group: str) -> Document | None:
        """The group's Interactions dataset, if it has one."""
        return next(iter(self._resources.all("dataset", datasetGroupArn=group, datasetType="INTERACTIONS")), None)

    def table(self, dataset: Document) -> Any:
        """What was imported into the dataset, None before the first import."""
        return data.load(self._path(dataset))

    def forget_users(self, dataset: Document, users: set[str]) -> int:
        """Drops the users' rows of what was imported; the model in use stays as it learnt until it is trained again. Gives how many."""
        table = self.table(dataset)
        if table is None or "USER_ID" not in table.column_names:
            return 0
        kept = data.without(table, "USER_ID", users)
        data.write(self._path(dataset), kept)
        return int(table.num_rows - kept.num_rows)

    def forget(self, dataset: Document) -> None:
        """Drops what was imported into the dataset, and what was learnt from it."""
        self._path(dataset).unlink(missing_ok=True)
        self._models.pop(dataset["datasetGroupArn"], None)

    def _interactions(self, group: str) -> Interactions:
        dataset = self.interactions_dataset(group)
        table = None if dataset is None else self.table(dataset)
        if table is None:
            raise WorkFailedError("no interactions were imported")
        return Interactions.of(table)

    def _path(self, dataset: Document) -> Path:
        return self._context.directory / f"{dataset['datasetArn'].rsplit('dataset/', 1)[-1].replace('/', '-')}.parquet"
