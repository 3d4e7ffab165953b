"""One customer's score now: the stored features of the newest score run, changed by what happened since, through that run's model."""

import gzip
import hashlib
import io
import json
import math
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Self

import numpy as np
from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Band, Model
from omnichannel.scoring import deltas
from omnichannel.scoring.deltas import LiveEvent
from omnichannel.scoring.model import ModelVersionError, TrainedModel
from omnichannel.scoring.stored import FeatureIndex, bucket_of, values_of

SCORED, UNKNOWN_CUSTOMER = "scored", "unknown-customer"
TOP_REASONS = 3
MOST_EVENTS = 1000


class UnusableQuestion(ValueError):
    """A question that cannot be answered; the message says what was expected."""


class NoScoreRun(LookupError):
    """No finished score run of that model with stored features."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whose score, by which model, after which events; as the run `run` of the date `as_of` scored, or the newest where none is named."""

    customer_id: str = field(repr=False)
    model: Model
    events: tuple[LiveEvent, ...] = ()
    run: str = ""
    as_of: date | None = None

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From `{"customer_id", "model", "events"?, "run"?, "as_of"?}`; raises `UnusableQuestion` or `UnusableEvent`."""
        customer_id, model, events = asked.get("customer_id"), asked.get("model"), asked.get("events") or []
        if not isinstance(customer_id, str) or not customer_id:
            raise UnusableQuestion("customer_id is missing; expected our id of a customer")
        if model not in tuple(Model):
            raise UnusableQuestion(f"unknown model; expected one of {', '.join(Model)}")
        if not isinstance(events, list) or len(events) > MOST_EVENTS:
            raise UnusableQuestion(f"events: expected a list of at most {MOST_EVENTS}, as the bus carries them")
        run, as_of = _run(asked.get("run"), asked.get("as_of"))
        return cls(customer_id=customer_id, model=Model(model), events=tuple(map(LiveEvent.of, events)), run=run, as_of=as_of)


def _run(run: object, as_of: object) -> tuple[str, date | None]:
    if run is None and as_of is None:
        return "", None
    try:
        if isinstance(run, str) and run and "/" not in run:
            return run, date.fromisoformat(str(as_of))
    except ValueError:
        pass
    raise UnusableQuestion("run and as_of: expected both, a score run's id and its date such as 2026-11-01, or neither")


class OnDemand:
    """Answers questions about one bucket's score runs; keeps the models that it has loaded, by version."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self.s3 = s3
        self.bucket = bucket
        self.models: dict[str, TrainedModel] = {}

    def answer(self, question: Question) -> dict[str, Any]:
        """`status` and, for a customer of the run, score, band, decile, reasons and what the events changed.

        Raises `NoScoreRun`, and `ModelVersionError` for a model that this code does not know or that did not score the run.
        """
        run = self.named(question.model, question.as_of, question.run) if question.as_of else self.newest(question.model)
        about = {name: run[name] for name in ("model", "as_of", "run", "model_version")}
        index = FeatureIndex.of(json.loads(objects.get(self.s3, self.bucket, run["features"] + zones.FEATURE_INDEX)))
        values = self._values(run, index, question.customer_id)
        if values is None:
            return {"status": UNKNOWN_CUSTOMER, **about, "detail": "not among the customers whom this run scored"}
        model = self._model(run, index)
        since = datetime.combine(date.fromisoformat(run["as_of"]), time(), tzinfo=UTC)
        fresh, changes = deltas.apply(dict(zip(index.features, values, strict=True)), question.events, since=since)
        return {
            "status": SCORED,
            "customer_id": question.customer_id,
            **about,
            **scored(model, [fresh[name] for name in model.features], run),
            "applied": [asdict(change) for change in changes],
        }

    def named(self, model: Model, as_of: date, run: str) -> dict[str, Any]:
        """The manifest of one run."""
        found = self._object(zones.score_manifest(model, as_of, run))
        manifest: dict[str, Any] = json.loads(found) if found is not None else {}
        if not manifest.get("features"):
            raise NoScoreRun(f"run {run} of {model} as of {as_of} is not there with its features; it is too old, or was never finished")
        return manifest

    def newest(self, model: Model) -> dict[str, Any]:
        """The manifest of the newest finished run, reviewed or not: the latest date's, and of one date the one that finished last."""
        for as_of in reversed(self._dates(model)):
            found = [o for o in objects.objects(self.s3, self.bucket, zones.score_runs(model, as_of)) if o["Key"].endswith(zones.MANIFEST)]
            for each in sorted(found, key=lambda o: o["LastModified"], reverse=True):
                manifest: dict[str, Any] = json.loads(objects.get(self.s3, self.bucket, each["Key"]))
                if manifest.get("features"):
                    return manifest
        raise NoScoreRun(f"no finished score run of {model} with stored features under {zones.SCORES}/; score first")

    def _dates(self, model: Model) -> list[date]:
        prefix = zones.score_runs(model, date.min).partition("as_of=")[0]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        names = [found["Prefix"][len(prefix) :] for page in pages for found in page.get("CommonPrefixes", ())]
        return sorted(date.fromisoformat(name.removeprefix("as_of=").rstrip("/")) for name in names)

    def _values(self, run: Mapping[str, Any], index: FeatureIndex, customer_id: str) -> list[float] | None:
        found = self._object(zones.feature_bucket(run["features"], bucket_of(customer_id, index.buckets)))
        # A bucket in which the hash put nobody is not written.
        return values_of(found, customer_id) if found is not None else None

    def _object(self, key: str) -> bytes | None:
        try:
            return objects.get(self.s3, self.bucket, key)
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in ("NoSuchKey", "404"):
                raise
            return None

    def _model(self, run: Mapping[str, Any], index: FeatureIndex) -> TrainedModel:
        version = run["model_version"]
        if index.model_version != version:
            raise ModelVersionError(
                f"run {run['run']} was scored by model {version}; the features beside it belong to {index.model_version}"
            )
        if version not in self.models:
            self.models[version] = load(objects.get(self.s3, self.bucket, zones.feature_model(run["features"])), version)
        model = self.models[version]
        if model.features != index.features:
            raise ModelVersionError(
                f"model {version} reads {len(model.features)} features; {len(index.features)} others are stored beside it"
            )
        return model


def load(packed: bytes, version: str) -> TrainedModel:
    """A model out of its archive's bytes; raises `ModelVersionError` unless its contents are those of that version."""
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
            tar.extractall(scratch, filter="data")
        found = contents_digest(Path(scratch))[: len(version)]
        if found != version:
            raise ModelVersionError(f"the archive beside the features is model {found}; the run was scored by {version}")
        return TrainedModel.load(Path(scratch))


def contents_digest(folder: Path) -> str:
    """The name of a model folder's contents: 64 hex digits, whose first ones are the version in manifests (`pipelines.archive.digest`)."""
    whole = hashlib.sha256()
    for name, path in sorted((str(p.relative_to(folder)), p) for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def scored(model: TrainedModel, values: Sequence[float], run: Mapping[str, Any]) -> dict[str, Any]:
    """Score, band, decile (with its bounds) and reasons of one row of features, by a run's cut-offs."""
    row = np.array([values], dtype=np.float64)
    score = float(model.predict(row)[0])
    starts = [(int(decile), float(start)) for decile, start in run["decile_starts"]]
    place = max(sum(start <= score for _, start in starts) - 1, 0)
    upper = starts[place + 1][1] if place + 1 < len(starts) else 1.0
    return {
        "score": score,
        "band": band(score, run["cut_offs"]),
        "decile": starts[place][0],
        "decile_bounds": [starts[place][1], upper],
        "reasons": model.reasons(row, TOP_REASONS)[0],
        "features_known": sum(not math.isnan(value) for value in values),
    }


def band(score: float, cut_offs: Mapping[str, float]) -> str:
    """A score in words; a band begins at its cut-off."""
    return str(next((b for b in (Band.HIGH, Band.MEDIUM) if score >= cut_offs[b.value]), Band.LOW))
