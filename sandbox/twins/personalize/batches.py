"""Batch inference jobs: lines of users (or items) from S3, each answered as the live service would, into one file beside each input."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.twins.context import TwinContext
from sandbox.twins.errors import ServiceError
from sandbox.twins.personalize.recipes import NEEDS_USER, custom_recipe_of
from sandbox.twins.personalize.resources import Document, Resources, WorkFailedError, page, shown
from sandbox.twins.personalize.schemas import invalid

KIND = "batchInferenceJob"
MOST_FILES, MOST_BYTES, MOST_LINES = 1000, 1_000_000_000, 50_000_000
MOST_RESULTS, USUAL_RESULTS = 500, 25
Body = dict[str, Any]
Recommend = Callable[[Document, Body], list[tuple[str, float]]]
"""What a solution version recommends for a request as GetRecommendations has it: items with their scores."""


class Batches:
    """The operations on batch inference jobs. A line that cannot be answered has its reason in `error`, and the job goes on."""

    def __init__(self, context: TwinContext, resources: Resources, recommend: Recommend) -> None:
        self._context = context
        self._resources = resources
        self._recommend = recommend

    def create(self, request: Body) -> Body:
        """CreateBatchInferenceJob."""
        version = self._resources.active("solutionVersion", request["solutionVersionArn"])
        if request.get("batchInferenceJobMode") not in (None, "BATCH_INFERENCE"):
            raise invalid("the twin generates no themes; expected batchInferenceJobMode BATCH_INFERENCE")
        if version["recipeArn"].endswith("aws-personalized-ranking-v2"):
            raise invalid("the twin's batches recommend, and rank no lists; expected a version of another recipe")
        if (request.get("numResults") or USUAL_RESULTS) > MOST_RESULTS:
            raise invalid(f"numResults {request['numResults']}; at most {MOST_RESULTS}")
        if not request["jobOutput"]["s3DataDestination"]["path"].endswith("/"):
            raise invalid("the output path must be a folder, and end with /")
        if request.get("filterArn"):
            self._resources.active("filter", request["filterArn"])
        arn = self._resources.arn(f"batch-inference-job/{request['jobName']}")
        document = {**request, "batchInferenceJobMode": "BATCH_INFERENCE", "datasetGroupArn": version["datasetGroupArn"]}
        self._resources.create(KIND, arn, document, self._run)
        return {"batchInferenceJobArn": arn}

    def describe(self, request: Body) -> Body:
        """DescribeBatchInferenceJob."""
        return {KIND: shown(self._resources.get(KIND, request[f"{KIND}Arn"]), "BatchInferenceJob")}

    def list(self, request: Body) -> Body:
        """ListBatchInferenceJobs."""
        jobs = self._resources.all(KIND, solutionVersionArn=request.get("solutionVersionArn"))
        return page(f"{KIND}s", jobs, "BatchInferenceJobSummary", request)

    def resume(self) -> None:
        """Runs again what a restart interrupted."""
        for job in self._resources.interrupted(KIND):
            self._resources.start(KIND, job[f"{KIND}Arn"], self._run)

    def _run(self, job: Document) -> None:
        source, target = (urlsplit(_path(job, *names)) for names in (("jobInput", "s3DataSource"), ("jobOutput", "s3DataDestination")))
        version = self._resources.get("solutionVersion", job["solutionVersionArn"])
        try:
            s3 = self._context.cloud.client("s3", job["roleArn"], session="personalize-batch")
            for key, body in _inputs(s3, source.netloc, source.path.lstrip("/")):
                answer = "".join(f"{json.dumps(line)}\n" for line in self._answers(job, version, body))
                name = f"{target.path.lstrip('/')}{key.rpartition('/')[2]}.out"
                s3.put_object(Bucket=target.netloc, Key=name, Body=answer.encode())
        except (ClientError, BotoCoreError) as refused:
            raise WorkFailedError(f"S3 or the role refused: {refused}") from refused

    def _answers(self, job: Document, version: Document, body: bytes) -> Iterator[Body]:
        for line in filter(None, map(bytes.strip, body.split(b"\n"))):
            try:
                asked = json.loads(line)
                yield {"input": asked, "output": self._output(job, version, asked), "error": None}
            except (ValueError, AttributeError):
                yield {"input": line.decode(errors="replace"), "output": None, "error": "the line is no JSON object"}
            except ServiceError as refused:
                yield {"input": asked, "output": None, "error": str(refused)}

    def _output(self, job: Document, version: Document, asked: Body) -> Body:
        needs = custom_recipe_of(version["recipeArn"]).needs
        if not asked.get(needs):
            raise invalid(f"{needs} is required by {version['recipeArn']}")
        request = {
            "numResults": job.get("numResults") or USUAL_RESULTS,
            **{name: asked[name] for name in ("filterValues",) if name in asked},
        }
        if job.get("filterArn"):
            request["filterArn"] = job["filterArn"]
        found = self._recommend(version, {**request, needs: str(asked[needs])})
        scores = {"scores": [score for _, score in found]} if needs == NEEDS_USER else {}
        return {"recommendedItems": [item for item, _ in found], **scores}


def _path(job: Document, side: str, member: str) -> str:
    return str(job[side][member]["path"])


def _inputs(s3: Any, bucket: str, prefix: str) -> list[tuple[str, bytes]]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    held = [each for listed in pages for each in listed.get("Contents", ()) if each["Size"] and not each["Key"].endswith(".out")]
    wanted = [each for each in held if each["Key"] == prefix or prefix.endswith("/")]
    if not wanted:
        raise WorkFailedError(f"no file with lines at s3://{bucket}/{prefix}")
    if len(wanted) > MOST_FILES or sum(each["Size"] for each in wanted) > MOST_BYTES:
        raise WorkFailedError(f"{len(wanted)} files of {sum(each['Size'] for each in wanted)} bytes; at most {MOST_FILES} of 1 GB")
    bodies = [(each["Key"], s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()) for each in wanted]
    if sum(body.count(b"\n") for _, body in bodies) > MOST_LINES:
        raise WorkFailedError(f"more than {MOST_LINES} lines")
    return bodies
