"""Personalize's live half: events in, recommendations out, on top of the control operations."""

import json
import uuid
from collections.abc import Collection
from typing import Any

import numpy as np

from sandbox.twins.context import TwinContext
from sandbox.twins.personalize.batches import Batches
from sandbox.twins.personalize.control import Body
from sandbox.twins.personalize.custom import Custom
from sandbox.twins.personalize.deletions import Deletions
from sandbox.twins.personalize.filters import Filtering
from sandbox.twins.personalize.live import LiveEvents
from sandbox.twins.personalize.model import Model, aged, weights
from sandbox.twins.personalize.recipes import NEEDS_ITEM, NEEDS_USER, Recipe, custom_recipe_of, recipe_of
from sandbox.twins.personalize.resources import ACTIVE, Document, Resources
from sandbox.twins.personalize.schemas import invalid, parsed, property_name
from sandbox.twins.personalize.training import Training
from sandbox.twins.records import Records

MAX_EVENT_BYTES = 10 * 1024
MAX_RESULTS = 500
_CREATED = {
    "CreateDatasetImportJob": "dataset-import-job",
    "CreateDataDeletionJob": "data-deletion-job",
    "CreateRecommender": "recommender",
    "CreateDatasetGroup": "dataset-group",
    "CreateSolution": "solution",
    "CreateCampaign": "campaign",
    "CreateFilter": "filter",
    "CreateBatchInferenceJob": "batch-inference-job",
}


class PersonalizeTwin(Custom):
    """Keeps everything over restarts; what a restart interrupted starts again, and models are trained again."""

    def __init__(self, context: TwinContext) -> None:
        resources = Resources(context)
        training, self._live = Training(context, resources), LiveEvents(Records(context.directory / "events.jsonl", context.now))
        super().__init__(resources, training, Deletions(context, resources, training, self._live), context.account)
        self._store = context.store
        self._filtering = Filtering(resources, training, self._live, context.store)
        self._batches = Batches(context, resources, self._recommended)
        self.create_batch_inference_job = self._batches.create
        self.describe_batch_inference_job = self._batches.describe
        self.list_batch_inference_jobs = self._batches.list
        self._deletions.resume()
        self._training.resume()
        self.resume_custom()
        self._batches.resume()

    def close(self) -> None:
        """Ends the background work and closes the files."""
        self._resources.close()
        self._live.close()

    def resource(self, operation: str, request: Body) -> str:
        """The ARN that IAM decides on: the one thing that the request is about; lists and PutEvents are about no one thing."""
        if operation in _CREATED:
            return self._resources.arn(f"{_CREATED[operation]}/{request.get('jobName') or request.get('name')}")
        if operation.startswith("List") or operation == "PutEvents":
            return "*"
        # A filter is what a request is about where it is looked at or deleted; elsewhere it is one of its means.
        own = [name for name in request if name.endswith("Arn") and (name != "filterArn" or operation.endswith("Filter"))]
        return str(request[own[0]]) if own else "*"

    def inspect(self, what: str, query: dict[str, str]) -> Any:
        """`events`, `interactions`, `items` or `users`, as the package says."""
        if what == "events":
            return self._live.all(query)
        if what == "interactions":
            tables = {each["datasetArn"]: self._training.table(each) for each in self._resources.all("dataset")}
            return {arn: table.num_rows for arn, table in tables.items() if table is not None}
        if what in ("items", "users"):
            datasets = self._resources.all("dataset", datasetType=what.upper())
            return [entry for each in datasets for entry in self._store.all(f"{what.upper()} {each['datasetArn']}")]
        raise ValueError(f"unknown {what!r}; expected events, interactions, items or users")

    def put_events(self, request: Body) -> Body:
        """PutEvents: of a known tracker, each event at most 10 KB, properties a JSON object."""
        trackers = self._resources.all("eventTracker", trackingId=request["trackingId"])
        if not trackers:
            raise invalid("The specified tracking id is not valid")
        for event in request["eventList"]:
            if len(json.dumps(event, default=str).encode()) > MAX_EVENT_BYTES:
                raise invalid("an event of more than 10 KB")
            _check_properties(event)
        self._live.put(trackers[0]["datasetGroupArn"], request["sessionId"], request.get("userId"), request["eventList"])
        return {}

    def put_users(self, request: Body) -> Body:
        """PutUsers into a Users dataset."""
        return self._put(request, "USERS", request["users"], "userId")

    def put_items(self, request: Body) -> Body:
        """PutItems into an Items dataset."""
        return self._put(request, "ITEMS", request["items"], "itemId")

    def get_recommendations(self, request: Body) -> Body:
        """GetRecommendations of a recommender or a campaign; live events count from the moment they came."""
        items = [{"itemId": each, "score": score} for each, score in self._recommended(self._asked(request), request)]
        return {"itemList": items, "recommendationId": f"RID-{uuid.uuid4().hex[:32]}"}

    def get_personalized_ranking(self, request: Body) -> Body:
        """GetPersonalizedRanking of a campaign whose solution ranks: the given items, those that the user will like best first."""
        version = self._asked(request)
        if not version["recipeArn"].endswith("aws-personalized-ranking-v2"):
            raise invalid(f"{version['recipeArn']} ranks no lists")
        ranked = self._recommended(version, {**request, "numResults": None}, most=None)
        place = {item: n for n, (item, _) in enumerate(ranked)}
        scores, listed = dict(ranked), dict.fromkeys(request["inputList"])
        known = sorted((item for item in listed if item in place), key=place.__getitem__)
        items = [{"itemId": item, "score": scores[item]} for item in known]
        # What is not in the data comes last, in the order in which it was given; what a filter takes out does not come at all.
        unknown = [] if request.get("filterArn") else [{"itemId": item} for item in listed if item not in place]
        return {"personalizedRanking": [*items, *unknown], "recommendationId": f"RID-{uuid.uuid4().hex[:32]}"}

    def _asked(self, request: Body) -> Document:
        """The recommender that is asked, or the solution version that the campaign serves."""
        kind = "recommender" if request.get("recommenderArn") else "campaign"
        if not request.get(f"{kind}Arn"):
            raise invalid("expected a recommenderArn or a campaignArn")
        found = self._resources.get(kind, request[f"{kind}Arn"])
        if found["status"] != ACTIVE:
            raise invalid(f"the {kind} is {found['status']}; it must be ACTIVE")
        return found if kind == "recommender" else self._resources.get("solutionVersion", found["solutionVersionArn"])

    def _recommended(self, asked: Document, request: Body, most: int | None = MAX_RESULTS) -> list[tuple[str, float]]:
        """What a recommender or a solution version recommends; `most` is None for everything."""
        find = custom_recipe_of if "solutionVersionArn" in asked else recipe_of
        recipe, user, item = find(asked["recipeArn"]), request.get("userId", ""), request.get("itemId", "")
        if (recipe.needs == NEEDS_USER and not user) or (recipe.needs == NEEDS_ITEM and not item):
            raise invalid(f"{recipe.needs} is required by {recipe.arn}")
        group = asked["datasetGroupArn"]
        model = self._training.model(group)
        out: set[int] = set()
        if request.get("filterArn"):
            out = self._filtering.left_out(request["filterArn"], group, model, user, request.get("filterValues") or {})
        count = len(model.item_ids) if most is None else min(request.get("numResults") or 25, most)
        return self._ranked(model, recipe, group, user, item, count, out)

    def _ranked(self, model: Model, recipe: Recipe, group: str, user: str, item: str, count: int, out: set[int]) -> list[tuple[str, float]]:
        history, bought = self._history(model, group, user)
        position = model.positions.get(item)
        without = out | ({*bought, *(() if position is None else (position,))} if recipe.leaves_out_purchases else set())
        if recipe.needs == NEEDS_ITEM and position is not None:
            without.add(position)
        scores = recipe.scores(model, history, position)
        return model.ranked(scores, without, count, recipe.fill(model))

    def _history(self, model: Model, group: str, user: str) -> tuple[np.ndarray, set[int]]:
        """The user's imported and live history as weights, and the positions of what they bought."""
        history, bought = model.history_of(user), set(model.purchased_by(user).tolist())
        live = [(model.positions[i], kind, at) for i, kind, at in self._live.of_user(group, user) if i in model.positions] if user else []
        if live:
            positions, kinds, times = zip(*live, strict=True)
            names = tuple(dict.fromkeys(kinds))
            types = np.array([names.index(kind) for kind in kinds])
            newest = int(max(model.newest, *times))
            # What was imported has grown older since the newest live event.
            history = history * aged(newest - model.newest)
            np.add.at(history, np.array(positions), weights(types, np.array(times), names, newest))
            bought |= {position for position, kind, _ in live if kind == "Purchase"}
        return history, bought

    def _put(self, request: Body, kind: str, entries: list[Body], key: str) -> Body:
        dataset = self._resources.active("dataset", request["datasetArn"])
        if dataset["datasetType"] != kind:
            raise invalid(f"{dataset['datasetArn']} holds {dataset['datasetType']}, not {kind}")
        fields = {property_name(name) for name in parsed(self._resources.get("schema", dataset["schemaArn"])["schema"])}
        for entry in entries:
            _check_properties(entry, fields)
            self._store.put(f"{kind} {dataset['datasetArn']}", entry[key], entry)
        return {}


def _check_properties(entry: Body, fields: Collection[str] | None = None) -> None:
    """A JSON object as text; of items and users with names of their schema, in camel case."""
    if "properties" not in entry:
        return
    try:
        properties = json.loads(entry["properties"])
    except ValueError:
        properties = None
    if not isinstance(properties, dict):
        raise invalid("properties must be a JSON object as text")
    if fields is not None and (unknown := sorted(properties.keys() - fields)):
        raise invalid(f"properties are not in the schema: {', '.join(unknown)}")
