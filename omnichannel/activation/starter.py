"""When to activate: every model has a finished score run of a date; the newest of each is used, once."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.contracts.scores import Model
from omnichannel.contracts.zones import MANIFEST, SCORES

_RUN = rf"{SCORES}/model=(?P<model>[a-z_]+)/as_of=(?P<as_of>\d{{4}}-\d{{2}}-\d{{2}})/run=(?P<run>[^/]+)/"
_MANIFEST = re.compile(_RUN + re.escape(MANIFEST))
EXECUTION_CHARS, RUN_CHARS = 38, 16


class NotAManifest(Exception):
    """An event about an object that is no score run's manifest; it can never start anything."""


class Waiting(Exception):
    """Some model has no finished score run of the date yet."""


@dataclass(frozen=True, order=True)
class Manifest:
    """One finished score run; the later written is the greater."""

    written_at: datetime
    key: str
    model: Model
    as_of: date
    run: str


@dataclass(frozen=True, kw_only=True)
class Activation:
    """What a state machine is asked to activate; the same score runs always make the same activation."""

    as_of: date
    manifests: dict[Model, Manifest]

    @property
    def digest(self) -> str:
        """Names the date and the score runs."""
        names = [self.as_of.isoformat(), *(f"{model}={self.manifests[model].run}" for model in Model)]
        return hashlib.sha256("\n".join(names).encode()).hexdigest()

    @property
    def execution(self) -> str:
        """The execution's name: starting the same activation twice is refused by it."""
        return f"a-{self.digest[:EXECUTION_CHARS]}"

    @property
    def input(self) -> dict[str, Any]:
        """`run`, `as_of` and each model's manifest key."""
        keys = {model.value: manifest.key for model, manifest in self.manifests.items()}
        return {"run": self.digest[:RUN_CHARS], "as_of": self.as_of.isoformat(), "manifests": keys}


def parse(key: str) -> tuple[Model, date, str]:
    """Model, date and run of a manifest's key; raises `NotAManifest`."""
    found = _MANIFEST.fullmatch(key)
    try:
        if found:
            return Model(found["model"]), date.fromisoformat(found["as_of"]), found["run"]
    except ValueError:
        pass
    raise NotAManifest(f"{key!r} is no manifest of a score run; expected {SCORES}/model=…/as_of=YYYY-MM-DD/run=…/{MANIFEST}")


def newest(manifests: Iterable[Manifest]) -> dict[Model, Manifest]:
    """The latest written manifest of each model that has any."""
    return {manifest.model: manifest for manifest in sorted(manifests)}


def manifests_of(s3: Any, bucket: str, as_of: date) -> list[Manifest]:
    """Every finished score run of that date."""
    found = []
    for model in Model:
        prefix = f"{SCORES}/model={model}/as_of={as_of.isoformat()}/"
        for stored in objects.objects(s3, bucket, prefix):
            if stored["Key"].endswith(f"/{MANIFEST}"):
                _, _, run = parse(stored["Key"])
                found.append(Manifest(stored["LastModified"], stored["Key"], model, as_of, run))
    return found


def activation(s3: Any, bucket: str, as_of: date) -> Activation:
    """The activation of that date; raises `Waiting` while a model has no finished score run."""
    manifests = newest(manifests_of(s3, bucket, as_of))
    if missing := [model.value for model in Model if model not in manifests]:
        raise Waiting(f"no score run of {as_of.isoformat()} by {', '.join(missing)}: run its scoring, or look why it failed")
    return Activation(as_of=as_of, manifests=manifests)


def start(step_functions: Any, state_machine_arn: str, wanted: Activation) -> bool:
    """Starts the execution; False when it was started before."""
    try:
        step_functions.start_execution(stateMachineArn=state_machine_arn, name=wanted.execution, input=json.dumps(wanted.input))
    except ClientError as refused:
        if refused.response["Error"]["Code"] == "ExecutionAlreadyExists":
            return False
        raise
    return True
