"""Publishing step: what scoring gave back becomes a score run whose manifest comes last.

Before the manifest: the parts, the buckets of features with the model that scored them, the evaluation, the drift.
"""

import pipelines.bare_xgboost  # noqa: F401 - first: before whatever imports XGBoost

# isort: split
import argparse
import hashlib
import io
import json
import logging
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.aws import iceberg
from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import client
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model, ScoreManifest, run_digest
from omnichannel.scoring.model import TrainedModel
from omnichannel.scoring.stored import FeatureIndex
from pipelines import archive, publishing
from pipelines.drift import Drift, Reference, summary
from pipelines.publishing import Rules, Spread
from pipelines.reasons import Explained, consented, read_consented
from pipelines.returned import Returned, decile_starts, gather

log = logging.getLogger(__name__)

PUTS_AT_ONCE = 8
VERSION_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What the model archive holds: the model, its evaluation, what drift compares with, and the archive itself."""

    model: TrainedModel
    evaluation: dict[str, Any]
    reference: Reference | None
    file: Path
    digest: str

    @property
    def version(self) -> str:
        """The name of these contents."""
        return self.digest[:VERSION_DIGITS]

    @classmethod
    def load(cls, path: Path, folder: Path) -> "Trained":
        """Unpacks `model.tar.gz` into a folder; raises `ModelVersionError` for a model that this code does not know."""
        archive.extract(path, folder)
        evaluation = folder / "evaluation.json"
        return cls(
            model=TrainedModel.load(folder),
            evaluation=json.loads(evaluation.read_text()) if evaluation.exists() else {},
            reference=Reference.load(folder),
            file=path,
            digest=archive.digest(archive.folder_files(folder)),
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a run is written."""

    s3: Any
    bucket: str
    scores: str
    features: str

    def put(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
        """An object below one of the prefixes."""
        objects.put(self.s3, self.bucket, key, body, content_type)

    def put_json(self, key: str, value: object) -> None:
        """A document."""
        self.put(key, json.dumps(value, indent=1, allow_nan=False).encode(), objects.JSON)

    def put_buckets(self, buckets: Iterable[tuple[int, str]]) -> None:
        """Packs and puts several at a time; every one of them is there at the end, or the first error is raised."""
        with ThreadPoolExecutor(PUTS_AT_ONCE) as pool:
            for done in [pool.submit(self._put_bucket, number, lines) for number, lines in buckets]:
                done.result()

    def _put_bucket(self, number: int, lines: str) -> None:
        self.put(zones.feature_bucket(self.features, number), publishing.packed(lines), objects.GZIP_JSON_LINES)


def publish(place: Place, returned: Returned, rules: Rules, trained: Trained, about: dict[str, Any]) -> ScoreManifest:
    """Puts everything, the manifest last: its arrival means that the run is complete. `about` is the rest of the manifest."""
    spread, drift, keys, digests = Spread(), Drift(trained.reference, rules.model.features), [], []
    for number in range(returned.parts):
        body = _part(place, returned, rules, number, spread, drift)
        if body:
            keys.append(f"{place.scores}part-{number:03d}.parquet")
            digests.append(hashlib.sha256(body).hexdigest())
            place.put(keys[-1], body)
    index = FeatureIndex(features=rules.model.features, buckets=returned.buckets, rows=spread.rows, model_version=trained.version)
    if spread.infinite:
        log.warning("infinite values counted as unknown: %s", ", ".join(f"{name} ({n})" for name, n in sorted(spread.infinite.items())))
    place.put(zones.feature_model(place.features), trained.file.read_bytes(), "application/gzip")
    place.put_json(place.features + zones.FEATURE_INDEX, asdict(index))
    place.put_json(place.scores + zones.EVALUATION, {**trained.evaluation, "scored": spread.to_dict()})
    report = drift.report()
    place.put_json(place.scores + zones.DRIFT, report)
    manifest = ScoreManifest(
        **about,
        model_version=trained.version,
        published=trained.model.published,
        parts=keys,
        rows=spread.rows,
        rows_in=returned.sent,
        cut_offs=dict(rules.cut_offs),
        decile_starts=list(rules.decile_starts),
        metrics=publishing.numbers(trained.evaluation),
        digest=run_digest(digests),
        features=place.features,
        drift=summary(report),
    )
    place.put_json(place.scores + zones.MANIFEST, manifest.to_dict())
    return manifest


def _part(place: Place, returned: Returned, rules: Rules, number: int, spread: Spread, drift: Drift) -> bytes:
    """One part's Parquet file, nothing for a part without customers; its buckets of features are put on the way."""
    rows = returned.table(number)
    if not rows.num_rows:
        return b""
    matrix = spread.known(publishing.matrix_of(rows, rules.model.features), rules.model.features)
    table = publishing.score_table(rows, matrix, rules, consented(returned, number))
    spread.add(table)
    drift.add(matrix, rows.column("score").to_numpy())
    spread.means.add(rules.model.features, matrix, rows.column("score").to_numpy())
    place.put_buckets(publishing.buckets(rows, matrix))
    return _parquet(table)


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The folders of earlier steps and where the run goes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Model, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--version", default="", help="the registered model package")
    parser.add_argument("--reasons", type=Explained, choices=list(Explained), default=Explained.CONTACTABLE)
    parser.add_argument("--database", help="the Glue database with the consents; needed for contactable")
    for folder in ("trained", "sent", "scored", "meta"):
        parser.add_argument(f"--{folder}", type=Path, required=True)
    args = parser.parse_args(argv)
    if args.reasons is Explained.CONTACTABLE and not args.database:
        parser.error("--reasons contactable needs --database, where the consents are; all and none do not")
    return args


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the folders of earlier steps and writes to the lake."""
    args = parse_args(argv)
    sent = [feature["name"] for feature in json.loads((args.meta / "features.json").read_text())]
    snapshot = json.loads((args.meta / "snapshot.json").read_text())["digest"]
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        trained = Trained.load(args.trained / "model.tar.gz", work / "model")
        publishing.check_features(sent, trained.model)
        returned = gather(args.sent, args.scored, sent, work / "parts")
        who = read_consented(iceberg.catalog(), args.database, args.as_of, returned) if args.reasons is Explained.CONTACTABLE else ""
        run = publishing.run_id(trained.digest, snapshot, args.as_of, f"{args.reasons.value}{who}")
        place = Place(
            s3=client("s3"),
            bucket=args.bucket,
            scores=zones.score_run(args.model, args.as_of, run),
            features=zones.feature_run(args.model, args.as_of, run),
        )
        rules = Rules(
            model=trained.model,
            cut_offs=trained.evaluation["cut_offs"],
            decile_starts=decile_starts(returned),
            explain=args.reasons,
            version=trained.version,
            as_of=args.as_of,
        )
        about = {"model": args.model, "run": run, "as_of": args.as_of.isoformat(), "snapshot": snapshot, "model_package": args.version}
        manifest = publish(place, returned, rules, trained, about)
    log.info("%s: %d customers in run %s, drift %s", args.model, manifest.rows, manifest.run, manifest.drift["verdict"])


if __name__ == "__main__":
    main()
