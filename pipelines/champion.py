"""The model in use, to compare a new one with: its archive, and what it says of the same customers."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

from omnichannel.aws.clients import client
from omnichannel.scoring.model import Matrix, ModelVersionError, TrainedModel
from pipelines import archive
from pipelines.customers import Customers

NONE = "none"


@dataclass(frozen=True)
class Champion:
    """What the model in use says of the test customers; `scores` is None where it cannot be compared, and `why` says so."""

    archive: str
    published: str | None
    scores: Matrix | None
    why: str


def champion(uri: str, customers: Customers) -> Champion:
    """From `s3://…/model.tar.gz`, or none.

    A model of another version, with features that are gone, or that has learned from the very labels it would be tested on, is not
    comparable, which is said.
    """
    if uri == NONE:
        return Champion(NONE, None, None, "there is no champion yet")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "champion"
        archive.extract(_fetched(uri, Path(scratch)), folder)
        try:
            model = TrainedModel.load(folder, known=customers.features)
        except ModelVersionError as other:
            return Champion(uri, None, None, f"not comparable: {other}".replace(str(folder), uri))
        known, tested = learned_until(folder), min(customers.when)
    if known > tested:
        return Champion(
            uri, model.published, None, f"not comparable: it has learned what customers did until {known}; the test is of {tested}"
        )
    places = [customers.features.index(name) for name in model.features]
    return Champion(uri, model.published, model.predict(customers.matrix[:, places]), "compared on the test window")


def learned_until(folder: Path) -> str:
    """The day on which the label windows ended that the model in a folder was grown on, as YYYY-MM-DD."""
    return str(json.loads((folder / "parameters.json").read_text())["dates"]["test"])


def _fetched(uri: str, folder: Path) -> Path:
    place = urlparse(uri)
    if place.scheme != "s3" or not place.path.strip("/"):
        raise ValueError(f"--champion {uri!r} is not an archive in S3; expected s3://bucket/…/model.tar.gz, or {NONE}")
    path = folder / "model.tar.gz"
    client("s3").download_file(place.netloc, place.path.lstrip("/"), str(path))
    return path
