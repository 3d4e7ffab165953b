"""A score run as it lies in the lake: its manifest, what stands beside it, its parts as files, and the digest of its content."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.reviews import ScoresChanged
from omnichannel.contracts.scores import run_digest

CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ScoreRun:
    """One model's score run; `digest` is of the parts' bytes, `seal` of what S3 says of them without reading."""

    model: str
    key: str
    manifest: Mapping[str, Any]
    evaluation: Mapping[str, Any]
    digest: str
    seal: str
    files: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def run(self) -> str:
        """The run's name."""
        return str(self.manifest["run"])

    def item(self) -> dict[str, Any]:
        """What a review keeps of it."""
        named = ("run", "as_of", "model_version", "model_package", "published", "rows")
        return {
            "manifest": self.key,
            **{n: self.manifest[n] for n in named if n in self.manifest},
            "digest": self.digest,
            "seal": self.seal,
        }


def fetch(s3: Any, bucket: str, model: str, key: str, folder: Path, *, checked: bool = True) -> ScoreRun:
    """Reads a run, its parts into `folder`. An absent object is the service's `NoSuchKey`.

    Raises `ScoresChanged` where the parts are not those that the manifest was written for, unless `checked` is off: an erasure
    takes a customer out of old runs.
    """
    manifest = json.loads(objects.get(s3, bucket, key))
    sealed = seal(s3, bucket, key)
    folder.mkdir(parents=True, exist_ok=True)
    files, digests = [], []
    for number, part in enumerate(part_keys(key, manifest)):
        files.append(folder / f"{number:05d}.parquet")
        digests.append(_copy(s3, bucket, part, files[-1]))
    found = run_digest(digests)
    if checked and manifest.get("digest", found) not in ("", found):
        raise ScoresChanged(f"the scores of {model} run {manifest['run']} are not those that its manifest was written for")
    return ScoreRun(
        model=model, key=key, manifest=manifest, evaluation=_evaluation(s3, bucket, key), digest=found, seal=sealed, files=tuple(files)
    )


def part_keys(manifest_key: str, manifest: Mapping[str, Any]) -> list[str]:
    """The keys of a run's parts; a manifest names them whole or below itself."""
    prefix = manifest_key.removesuffix(zones.MANIFEST)
    return [part if part.startswith(prefix) else prefix + part for part in manifest["parts"]]


def seal(s3: Any, bucket: str, manifest_key: str) -> str:
    """A digest of what S3 lists of the run's Parquet files: cheap, and another one as soon as one of them is written again."""
    prefix = manifest_key.removesuffix(zones.MANIFEST)
    listed = (o for o in objects.objects(s3, bucket, prefix) if o["Key"].endswith(".parquet"))
    return _digest(f"{found['Key']} {found['ETag']} {found['Size']}" for found in listed)


def refuse_changed(s3: Any, bucket: str, scores: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises `ScoresChanged` unless every run of a review holds the content that was reviewed.

    What was written again with the same content is the same: only then is it read.
    """
    for model, reviewed in scores.items():
        key = str(reviewed["manifest"])
        if seal(s3, bucket, key) != reviewed["seal"] and _content(s3, bucket, key) != reviewed["digest"]:
            raise ScoresChanged(f"the scores of {model} run {reviewed['run']} are not those that were reviewed; score again")


def _content(s3: Any, bucket: str, key: str) -> str:
    """The digest of the parts' bytes as they are now; empty when one is gone."""
    try:
        manifest = json.loads(objects.get(s3, bucket, key))
        return run_digest(_copy(s3, bucket, part, None) for part in part_keys(key, manifest))
    except ClientError as failure:
        if failure.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        return ""


def _copy(s3: Any, bucket: str, key: str, path: Path | None) -> str:
    """An object's SHA-256, and its bytes into a file where one is named; a piece at a time."""
    hashed, body = hashlib.sha256(), s3.get_object(Bucket=bucket, Key=key)["Body"]
    if path is None:
        for chunk in body.iter_chunks(CHUNK):
            hashed.update(chunk)
        return hashed.hexdigest()
    with path.open("wb") as file:
        for chunk in body.iter_chunks(CHUNK):
            hashed.update(chunk)
            file.write(chunk)
    return hashed.hexdigest()


def _evaluation(s3: Any, bucket: str, manifest_key: str) -> dict[str, Any]:
    """What was written beside the parts; nothing where a run has none."""
    key = manifest_key.removesuffix(zones.MANIFEST) + zones.EVALUATION
    return dict(json.loads(objects.get(s3, bucket, key))) if objects.exists(s3, bucket, key) else {}


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
